package prediction

import (
	"context"
	"math"
	"strconv"

	"github.com/assay-ml/assay/internal/data/table"
)

// form is how the values of a column are held.
type form int

const (
	texts   form = iota // as they are
	codes               // as numbers of a dictionary
	numbers             // NaN for a null
)

// role is a column that is asked for, and what for.
type role struct {
	column string
	form   form
}

// column is the values of a role.
type column struct {
	texts   []string
	codes   []int32 // −1 for a null
	names   []string
	index   map[string]int32
	numbers []float64
	isNull  []bool // nil until a null is met
	isWide  bool   // some whole number lies beyond 2⁵³
	isText  bool   // texts stand where numbers are needed
}

// file is what was read of one file.
type file struct {
	side    string
	rows    int
	columns map[role]*column
}

// read takes the columns of a table that are there in one scan.
func read(ctx context.Context, t *table.Table, side string, roles []role) (*file, error) {
	var names []string
	var present []role
	for _, r := range roles {
		if _, ok := t.Column(r.column); ok {
			names, present = append(names, r.column), append(present, r)
		}
	}
	f := &file{side: side}
	if len(names) == 0 {
		rows, err := t.Rows(ctx)
		f.rows = int(rows)
		return f, err
	}
	err := table.Settled(func() error {
		*f = file{side: side, columns: map[role]*column{}}
		for _, r := range present {
			f.columns[r] = &column{index: map[string]int32{}}
		}
		return t.Scan(ctx, names, func(chunk *table.Chunk) error {
			for i, r := range present {
				f.columns[r].add(&chunk.Columns[i], chunk.Len, r.form)
			}
			f.rows += chunk.Len
			return nil
		})
	})
	return f, err
}

func (c *column) add(v *table.Vector, rows int, as form) {
	for i := range rows {
		valid := v.Valid(i)
		c.noteNull(valid)
		switch as {
		case numbers:
			c.addNumber(v, i, valid)
		case codes:
			c.codes = append(c.codes, c.code(v, i, valid))
		default:
			c.texts = append(c.texts, c.text(v, i, valid))
		}
	}
}

// noteNull keeps which rows are null once one is.
func (c *column) noteNull(valid bool) {
	switch {
	case c.isNull != nil:
		c.isNull = append(c.isNull, !valid)
	case !valid:
		c.isNull = append(make([]bool, c.length()), true)
	}
}

func (c *column) length() int { return len(c.texts) + len(c.codes) + len(c.numbers) } // one of them is in use

func (c *column) addNumber(v *table.Vector, i int, valid bool) {
	value := math.NaN()
	if valid && v.Numbers != nil {
		value = v.Numbers[i]
	}
	c.isText = c.isText || v.Numbers == nil
	c.numbers = append(c.numbers, value)
}

func (c *column) code(v *table.Vector, i int, valid bool) int32 {
	if !valid {
		return -1
	}
	text := c.text(v, i, valid)
	code, ok := c.index[text]
	if !ok {
		code = int32(len(c.names))
		c.index[text], c.names = code, append(c.names, text)
	}
	return code
}

// maxExact is the largest whole number up to which all are floats.
const maxExact = 1 << 53

// text is a value as a text, a number in its shortest form: 1 and 1.0 are one class.
func (c *column) text(v *table.Vector, i int, valid bool) string {
	switch {
	case !valid:
		return ""
	case v.Strings != nil:
		return v.Strings[i]
	case v.Kind == table.Boolean:
		return strconv.FormatBool(v.Numbers[i] != 0)
	}
	c.isWide = c.isWide || v.Kind == table.Integer && math.Abs(v.Numbers[i]) >= maxExact
	return strconv.FormatFloat(v.Numbers[i], 'f', -1, 64)
}
