package translate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// expectation is one entry of a Great Expectations suite (https://docs.greatexpectations.io) on its way into a contract.
type expectation struct {
	*reading
	kwargs   fields
	severity finding.Severity
}

// known is what is understood of a kind of expectation: its arguments, and what they become. apply reports false where the
// arguments say something that has no counterpart.
type known struct {
	arguments []string
	apply     func(expectation) bool
}

// expectations by their type, the same in the suites of versions 0 and 1.
var expectations = map[string]known{
	"expect_column_to_exist":                           {nil, func(e expectation) bool { e.column(); return true }},
	"expect_column_values_to_not_be_null":              {[]string{"mostly"}, expectation.notNull},
	"expect_column_values_to_be_unique":                {nil, func(e expectation) bool { e.column().Unique = at(true); return true }},
	"expect_compound_columns_to_be_unique":             {[]string{"column_list"}, expectation.compound},
	"expect_column_values_to_be_between":               {[]string{"min_value", "max_value", "strict_min", "strict_max", "mostly"}, expectation.between},
	"expect_column_value_lengths_to_be_between":        {[]string{"min_value", "max_value", "mostly"}, expectation.lengths},
	"expect_column_value_lengths_to_equal":             {[]string{"value", "mostly"}, expectation.length},
	"expect_column_values_to_be_in_set":                {[]string{"value_set", "mostly"}, expectation.inSet},
	"expect_column_values_to_not_be_in_set":            {[]string{"value_set", "mostly"}, expectation.notInSet},
	"expect_column_values_to_match_regex":              {[]string{"regex", "mostly"}, expectation.regex},
	"expect_column_values_to_match_strftime_format":    {[]string{"strftime_format"}, expectation.strftime},
	"expect_column_values_to_be_of_type":               {[]string{"type_"}, expectation.ofType},
	"expect_column_values_to_be_increasing":            {[]string{"strictly"}, func(e expectation) bool { return e.monotone(schema.Increasing) }},
	"expect_column_values_to_be_decreasing":            {[]string{"strictly"}, func(e expectation) bool { return e.monotone(schema.Decreasing) }},
	"expect_column_mean_to_be_between":                 {bounds, func(e expectation) bool { return e.aggregate(schema.Aggregate{Of: schema.Mean}) }},
	"expect_column_median_to_be_between":               {bounds, func(e expectation) bool { return e.aggregate(schema.Aggregate{Of: schema.Median}) }},
	"expect_column_stdev_to_be_between":                {bounds, func(e expectation) bool { return e.aggregate(schema.Aggregate{Of: schema.Stdev}) }},
	"expect_column_sum_to_be_between":                  {bounds, func(e expectation) bool { return e.aggregate(schema.Aggregate{Of: schema.Sum}) }},
	"expect_column_unique_value_count_to_be_between":   {bounds, func(e expectation) bool { return e.aggregate(schema.Aggregate{Of: schema.Distinct}) }},
	"expect_column_pair_values_a_to_be_greater_than_b": {[]string{"column_A", "column_B", "or_equal", "ignore_row_if", "mostly"}, expectation.pair},
	"expect_column_pair_values_to_be_equal":            {[]string{"column_A", "column_B", "ignore_row_if", "mostly"}, expectation.equal},
	"expect_table_row_count_to_be_between":             {bounds, expectation.rowCount},
	"expect_table_row_count_to_equal":                  {[]string{"value"}, expectation.rowsEqual},
	"expect_table_columns_to_match_ordered_list":       {[]string{"column_list"}, expectation.orderedColumns},
	"expect_table_columns_to_match_set":                {[]string{"column_set", "exact_match"}, expectation.columnSet},
}

var bounds = []string{"min_value", "max_value"}

// bookkeeping are arguments that say nothing of the data.
var bookkeeping = []string{"column", "batch_id", "result_format", "include_config", "catch_exceptions", "meta"}

func fromSuite(path string, data []byte) (schema.Contract, []Loss, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var suite struct {
		Expectations []struct {
			Old      string         `json:"expectation_type"`
			New      string         `json:"type"`
			Kwargs   map[string]any `json:"kwargs"`
			Severity string         `json:"severity"`
		} `json:"expectations"`
	}
	if err := decoder.Decode(&suite); err != nil || suite.Expectations == nil {
		reason := "has no expectations"
		if err != nil {
			reason = fmt.Sprintf("is no suite of expectations: %v", err)
		}
		return schema.Contract{}, nil, source.Problems{{Pos: source.Pos{File: path}, Message: reason, Hint: "name a suite of Great Expectations as JSON"}}
	}
	r := reading{contract: schema.Contract{Version: 1}}
	for _, entry := range suite.Expectations {
		e := expectation{reading: &r, kwargs: entry.Kwargs}
		name := entry.Old + entry.New
		if entry.Severity == "warning" || entry.Severity == "info" {
			e.severity = finding.SeverityWarn
		}
		e.translate(name)
	}
	return r.contract, r.losses, nil
}

// translate adds what the expectation says, or lists it as lost.
func (e expectation) translate(name string) {
	where, _ := e.kwargs["column"].(string)
	how, ok := expectations[name]
	if !ok {
		e.lose(where, name)
		return
	}
	for key, value := range e.kwargs {
		if value != nil && value != false && !slices.Contains(how.arguments, key) && !slices.Contains(bookkeeping, key) {
			e.lose(where, name+" with "+key)
			return
		}
	}
	if strings.HasPrefix(name, "expect_column_") && !strings.HasPrefix(name, "expect_column_pair_") && where == "" || !how.apply(e) {
		e.lose(where, name+" with these arguments")
		return
	}
	if e.severity != "" && !strings.Contains(name, "_to_be_between") {
		e.lose(where, name+": its severity")
	}
}

// column is the contract's column of that name, made where it is not there yet.
func (e expectation) column() *schema.Column { return e.columnOf(fmt.Sprint(e.kwargs["column"])) }

func (r *reading) columnOf(name string) *schema.Column {
	for i := range r.contract.Columns {
		if r.contract.Columns[i].Name == name {
			return &r.contract.Columns[i]
		}
	}
	r.contract.Columns = append(r.contract.Columns, schema.Column{Name: name})
	return &r.contract.Columns[len(r.contract.Columns)-1]
}

func (e expectation) sql() string { return table.Identifier(fmt.Sprint(e.kwargs["column"])) }

// rule adds a condition in SQL, for what a column's own keys cannot say: several shares on one column, say.
func (e expectation) rule(condition string) bool {
	e.contract.Rules = append(e.contract.Rules, schema.SQLRule{Severity: e.severity,
		Condition: schema.Condition{Rule: at(condition), Mostly: e.kwargs.number("mostly")}})
	return true
}

func (e expectation) hasMostly() bool { return e.kwargs["mostly"] != nil }

func (e expectation) notNull() bool {
	c := e.column()
	mostly := e.kwargs.number("mostly")
	if mostly == nil || mostly.Value == 1 {
		c.Nullable = at(false)
		return true
	}
	share, _ := new(big.Rat).Sub(big.NewRat(1, 1), mostly.Rat()).Float64()
	c.MaxNullShare = &source.Number{Text: fmt.Sprint(share), Value: share}
	return true
}

func (e expectation) compound() bool {
	names := e.kwargs.names("column_list")
	e.contract.Unique = append(e.contract.Unique, schema.Unique{Columns: names, Severity: e.severity})
	return len(names) > 0
}

// literal is a value of a suite in SQL.
func literal(value any) string {
	switch value := value.(type) {
	case json.Number:
		return value.String()
	case bool:
		return fmt.Sprint(value)
	}
	return table.Literal(fmt.Sprint(value))
}

func (e expectation) between() bool {
	low, high := e.kwargs["min_value"], e.kwargs["max_value"]
	strictLow, strictHigh := e.kwargs["strict_min"] == true, e.kwargs["strict_max"] == true
	lowNumber, highNumber := e.kwargs.number("min_value"), e.kwargs.number("max_value")
	if c := e.column(); !strictLow && !strictHigh && !e.hasMostly() && (low == nil || lowNumber != nil) && (high == nil || highNumber != nil) && c.Min == nil && c.Max == nil && e.severity == "" {
		c.Min, c.Max = lowNumber, highNumber
		return low != nil || high != nil
	}
	var parts []string
	for _, bound := range []struct {
		value            any
		operator, strict string
		isStrict         bool
	}{{low, ">=", ">", strictLow}, {high, "<=", "<", strictHigh}} {
		if bound.value == nil {
			continue
		}
		operator := bound.operator
		if bound.isStrict {
			operator = bound.strict
		}
		parts = append(parts, e.sql()+" "+operator+" "+literal(bound.value))
	}
	return len(parts) > 0 && e.rule(strings.Join(parts, " AND "))
}

func (e expectation) lengths() bool {
	low, high := e.kwargs.number("min_value"), e.kwargs.number("max_value")
	if low == nil && high == nil {
		return false
	}
	if !e.hasMostly() && e.severity == "" {
		c := e.column()
		c.MinLength, c.MaxLength = low, high
		return true
	}
	var parts []string
	if low != nil {
		parts = append(parts, "length("+e.sql()+") >= "+low.Text)
	}
	if high != nil {
		parts = append(parts, "length("+e.sql()+") <= "+high.Text)
	}
	return e.rule(strings.Join(parts, " AND "))
}

func (e expectation) length() bool {
	e.kwargs["min_value"], e.kwargs["max_value"] = e.kwargs["value"], e.kwargs["value"]
	return e.lengths()
}

func (e expectation) set() ([]string, []string, bool) {
	values, ok := e.kwargs["value_set"].([]any)
	texts, literals := make([]string, len(values)), make([]string, len(values))
	for i, value := range values {
		texts[i], literals[i] = fmt.Sprint(value), literal(value)
	}
	return texts, literals, ok && len(values) > 0 && !slices.Contains(values, nil)
}

func (e expectation) inSet() bool {
	texts, literals, ok := e.set()
	if !ok {
		return false
	}
	if c := e.column(); !e.hasMostly() && c.Allowed == nil && e.severity == "" {
		c.Allowed = at(texts)
		return true
	}
	return e.rule(e.sql() + " IN (" + strings.Join(literals, ", ") + ")")
}

func (e expectation) notInSet() bool {
	_, literals, ok := e.set()
	return ok && e.rule(e.sql()+" NOT IN ("+strings.Join(literals, ", ")+")")
}

// regex: a suite looks for the expression anywhere in the value, a contract's pattern matches all of it.
func (e expectation) regex() bool {
	pattern, ok := e.kwargs["regex"].(string)
	if _, err := regexp.Compile(pattern); !ok || err != nil {
		return false
	}
	inner, atStart := strings.CutPrefix(pattern, "^")
	inner, atEnd := strings.CutSuffix(inner, "$")
	if c := e.column(); atStart && atEnd && !strings.ContainsAny(inner, `|\`) && !e.hasMostly() && c.Pattern == nil && e.severity == "" {
		c.Pattern = at(inner)
		return true
	}
	return e.rule("regexp_matches(" + e.sql() + ", " + table.Literal(pattern) + ")")
}

func (e expectation) strftime() bool {
	format, ok := e.kwargs["strftime_format"].(string)
	e.column().DateFormat = at(format)
	return ok && strings.Contains(format, "%")
}

// typeNames are the names that pandas, Spark and SQL give to types. What pandas calls datetime64 may be a date or a time, and
// so has no name here.
var typeNames = map[string]schema.Type{
	"int": schema.Integer, "int8": schema.Integer, "int16": schema.Integer, "int32": schema.Integer, "int64": schema.Integer, "uint8": schema.Integer, "uint16": schema.Integer,
	"uint32": schema.Integer, "uint64": schema.Integer, "integer": schema.Integer, "bigint": schema.Integer, "longtype": schema.Integer, "integertype": schema.Integer,
	"float": schema.Number, "float32": schema.Number, "float64": schema.Number, "double": schema.Number, "doubletype": schema.Number, "floattype": schema.Number,
	"str": schema.String, "string": schema.String, "string[python]": schema.String, "string[pyarrow]": schema.String, "object": schema.String, "varchar": schema.String, "text": schema.String,
	"stringtype": schema.String, "bool": schema.Boolean, "boolean": schema.Boolean, "booleantype": schema.Boolean, "date": schema.Date, "datetype": schema.Date,
	"timestamp": schema.Timestamp, "timestamptype": schema.Timestamp, "datetime": schema.Timestamp,
}

func (e expectation) ofType() bool {
	name, _ := e.kwargs["type_"].(string)
	typ, ok := typeNames[strings.ToLower(name)]
	if ok {
		e.column().Type = at(typ)
	}
	return ok
}

func (e expectation) monotone(direction schema.Monotone) bool {
	c := e.column()
	c.Monotone = at(direction)
	if e.kwargs["strictly"] == true {
		c.Unique = at(true)
	}
	return true
}

func (e expectation) aggregate(a schema.Aggregate) bool {
	a.Min, a.Max, a.Severity = e.kwargs.number("min_value"), e.kwargs.number("max_value"), e.severity
	if a.Min == nil && a.Max == nil {
		return false
	}
	c := e.column()
	c.Aggregates = append(c.Aggregates, a)
	return true
}

// pairOf compares two columns. Unless it says otherwise, a suite counts a row with one null as broken, and leaves out one with
// two.
func (e expectation) pairOf(operator string) bool {
	first, okA := e.kwargs["column_A"].(string)
	second, okB := e.kwargs["column_B"].(string)
	a, b := table.Identifier(first), table.Identifier(second)
	condition := a + " " + operator + " " + b
	switch e.kwargs["ignore_row_if"] {
	case nil, "both_values_are_missing":
		condition = fmt.Sprintf("CASE WHEN %s IS NOT NULL OR %s IS NOT NULL THEN coalesce(%s, false) END", a, b, condition)
	case "either_value_is_missing":
	default:
		return false
	}
	return okA && okB && e.rule(condition)
}

func (e expectation) pair() bool {
	if e.kwargs["or_equal"] == true {
		return e.pairOf(">=")
	}
	return e.pairOf(">")
}

func (e expectation) equal() bool { return e.pairOf("=") }

func (e expectation) rowCount() bool {
	e.contract.Rows.Min, e.contract.Rows.Max = e.kwargs.number("min_value"), e.kwargs.number("max_value")
	return e.contract.Rows != schema.Rows{}
}

func (e expectation) rowsEqual() bool {
	n := e.kwargs.number("value")
	e.contract.Rows = schema.Rows{Min: n, Max: n}
	return n != nil
}

func (e expectation) orderedColumns() bool {
	names := e.kwargs.names("column_list")
	e.contract.OtherColumns, e.contract.ColumnOrder = at(false), at(true)
	known := e.contract.Columns
	e.contract.Columns = nil
	for _, name := range names {
		c := e.columnOf(name)
		if i := slices.IndexFunc(known, func(k schema.Column) bool { return k.Name == name }); i >= 0 {
			*c = known[i]
		}
	}
	for _, c := range known {
		if !slices.Contains(names, c.Name) {
			e.contract.Columns = append(e.contract.Columns, c)
		}
	}
	return len(names) > 0
}

func (e expectation) columnSet() bool {
	names := e.kwargs.names("column_set")
	for _, name := range names {
		e.columnOf(name)
	}
	if exact, said := e.kwargs["exact_match"]; !said || exact == nil || exact == true {
		e.contract.OtherColumns = at(false)
	}
	return len(names) > 0
}
