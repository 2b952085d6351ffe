package evidently

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
)

// dtype is the type that pandas gives a column.
type dtype string

// The dtypes; mixed and bools are both "object" to pandas.
const (
	int64s    dtype = "int64"
	float64s  dtype = "float64"
	uint64s   dtype = "uint64"
	bools     dtype = "bool"
	nullBools dtype = "object (booleans and nulls)"
	texts     dtype = "str"
	datetimes dtype = "datetime64"
	objects   dtype = "object"
)

// isNumeric reports whether Evidently compares a reference of this dtype with numbers.
func (d dtype) isNumeric() bool { return d == int64s || d == float64s || d == uint64s }

// hasNumbers reports whether the values are kept as numbers here; True is 1, as in Python.
func (d dtype) hasNumbers() bool { return d.isNumeric() || d == bools || d == nullBools }

// typing finds the dtype that pandas.read_csv (3.0, C engine, low_memory=False) gives the texts of a column.
type typing struct {
	values, nulls            int64
	notBool, notNumber       bool
	fraction                 bool // a number that is not written as a whole number
	big, huge                bool // whole numbers beyond int64, and beyond uint64 too
	negative, hugeBeforehand bool // a minus; a huge number before the first fraction
}

func (t *typing) add(text string) {
	t.values++
	t.notBool = t.notBool || !isBool(text)
	if t.notNumber {
		return
	}
	digits, isWhole := "", false
	if !t.fraction { // whole numbers after a fraction tell nothing more
		digits, isWhole = wholeNumber(text)
	}
	if !isWhole {
		_, isNumber := parseNumber(text)
		t.notNumber = !isNumber
		t.hugeBeforehand = t.hugeBeforehand || !t.fraction && t.huge
		t.fraction = true
		return
	}
	t.negative = t.negative || digits[0] == '-'
	if _, err := strconv.ParseInt(digits, 10, 64); errors.Is(err, strconv.ErrRange) {
		_, err := strconv.ParseUint(digits, 10, 64)
		t.big, t.huge = true, t.huge || err != nil
	}
}

func (t *typing) dtype() dtype {
	switch {
	case t.values == 0:
		return float64s
	case !t.notBool && t.nulls > 0:
		return nullBools
	case !t.notBool:
		return bools
	case t.notNumber, t.hugeBeforehand:
		return texts
	case t.fraction:
		return float64s
	case t.huge:
		return objects
	case t.big && (t.negative || t.nulls > 0):
		return texts
	case t.big:
		return uint64s
	case t.nulls > 0:
		return float64s
	}
	return int64s
}

func isBool(text string) bool {
	return strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
}

// spaces may stand around a number.
const spaces = " \t\n\v\f\r"

// wholeNumber is the sign and digits of a text that read_csv takes for a whole number.
func wholeNumber(text string) (digits string, ok bool) {
	text = strings.Trim(text, spaces)
	bare := strings.TrimLeft(text, "+-")
	if bare == "" || len(text)-len(bare) > 1 || strings.Trim(bare, "0123456789") != "" {
		return "", false
	}
	return text, true
}

// parseNumber is the value of a text that read_csv takes for a number.
func parseNumber(text string) (float64, bool) {
	switch strings.ToLower(strings.TrimPrefix(text, "+")) {
	case "inf", "infinity":
		return math.Inf(1), true
	case "-inf", "-infinity":
		return math.Inf(-1), true
	}
	text = strings.Trim(text, spaces)
	if strings.Trim(text, "+-.0123456789eE") != "" {
		return 0, false // such as 0x10, 1_000 and nan, which Go reads
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return v, true
}

// stored is the dtype that pandas gives a column of a typed file, such as Parquet.
func stored(column table.Column, nulls int64) dtype {
	switch column.Kind {
	case table.Integer:
		switch {
		case column.SQLType == "HUGEINT" || column.SQLType == "UHUGEINT" || column.SQLType == "BIGNUM":
			return objects
		case nulls > 0:
			return float64s
		case column.SQLType[0] == 'U':
			return uint64s
		}
		return int64s
	case table.Float:
		return float64s
	case table.Boolean:
		if nulls > 0 {
			return nullBools
		}
		return bools
	case table.String:
		return texts
	case table.Timestamp:
		return datetimes
	}
	return objects
}

// pandasNulls are the fields that pandas.read_csv takes for null by default (3.0, documented under na_values).
var pandasNulls = map[string]bool{"": true, "#N/A": true, "#N/A N/A": true, "#NA": true, "-1.#IND": true, "-1.#QNAN": true, "-NaN": true,
	"-nan": true, "1.#IND": true, "1.#QNAN": true, "<NA>": true, "N/A": true, "NA": true, "NULL": true, "NaN": true, "None": true,
	"n/a": true, "nan": true, "null": true}
