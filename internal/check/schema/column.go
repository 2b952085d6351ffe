package schema

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// rules are the rules of a column that the table has.
func (c Column) rules(actual table.Column, t *table.Table, now time.Time) []rule {
	c.Sensitive = c.Sensitive || t.IsSensitive(c.Name)
	b := builder{column: c, kind: actual.Kind, sqlType: actual.SQLType, sql: table.Identifier(c.Name), forms: t.DateFormats, now: now}
	return b.all()
}

// all are the rules of the column's promises.
func (b *builder) all() []rule {
	b.types()
	b.nulls()
	b.ranges()
	b.dates()
	b.texts()
	b.dateFormat()
	b.form()
	b.unique()
	b.monotone()
	b.outliers()
	b.aggregates()
	b.freshness()
	if len(b.rules) == 0 {
		b.decide("required", "required", b.column.Pos, finding.Pass, "the column is there")
	}
	return b.rules
}

// builder turns the promises of one column into rules.
type builder struct {
	column  Column
	kind    table.Kind
	sqlType string
	sql     string                    // the quoted name
	forms   func(table.Kind) []string // in which the files hold dates
	now     time.Time
	rules   []rule
}

func (b *builder) add(r rule) {
	r.columns = []string{b.column.Name}
	if r.severity == "" {
		r.severity = b.column.Severity
	}
	b.rules = append(b.rules, r)
}

func (b *builder) decide(name, asked string, pos source.Pos, outcome finding.Outcome, message string) {
	b.add(rule{name: name, asked: asked, pos: pos, decided: &decision{outcome: outcome, message: message}})
}

// value adds a rule on each value that is not null.
func (b *builder) value(name, asked string, pos source.Pos, broken string) {
	r := b.ofValues(name, asked, pos, b.column.Mostly)
	r.broken = b.present(broken)
	b.add(r)
}

func (b *builder) ofValues(name, asked string, pos source.Pos, mostly *source.Number) rule {
	return rule{name: name, asked: asked + atLeast(mostly), pos: pos, values: "count(" + b.sql + ")", limit: allowing(mostly)}
}

func (b *builder) present(condition string) string {
	return fmt.Sprintf("%s IS NOT NULL AND (%s)", b.sql, condition)
}

// castTypes are the engine's types that a text must convert to.
var castTypes = map[Type]string{Integer: "HUGEINT", Number: "DOUBLE", Decimal: "DECIMAL(38, 10)", Boolean: "BOOLEAN", Date: "DATE", Time: "TIME",
	Timestamp: "TIMESTAMP", TimestampWithZone: "TIMESTAMP WITH TIME ZONE"}

var kindsOf = map[Type][]table.Kind{
	String: {table.String}, Integer: {table.Integer}, Boolean: {table.Boolean}, Date: {table.Date}, Time: {table.Time}, Timestamp: {table.Timestamp},
	Number: {table.Integer, table.Float, table.Decimal}, Decimal: {table.Integer, table.Decimal}, Nested: {table.Nested},
}

// is reports whether the column's own type is the promised one.
func (b *builder) is(promised Type) bool {
	switch promised {
	case TimestampWithZone:
		return b.sqlType == "TIMESTAMP WITH TIME ZONE"
	case List:
		return strings.HasSuffix(b.sqlType, "]")
	}
	return slices.Contains(kindsOf[promised], b.kind)
}

// types compares the column's type. A text column that should be something else is looked at value by value, so that the
// rows that spoil it are named.
func (b *builder) types() {
	if b.column.Type == nil {
		return
	}
	promised, pos := b.column.Type.Value, b.column.Type.Pos
	asked := "type " + string(promised)
	cast, isCast := castTypes[promised]
	switch {
	case b.is(promised):
		b.decide("type", asked, pos, finding.Pass, b.found())
	case b.kind == table.String && isCast:
		b.value("type", asked, pos, fmt.Sprintf("TRY_CAST(%s AS %s) IS NULL", b.sql, cast))
	case promised == Integer && b.kind.IsNumeric():
		b.value("type", asked, pos, fmt.Sprintf("NOT (%s = trunc(%s) AND abs(CAST(%s AS DOUBLE)) < 1e300)", b.sql, b.sql, b.sql))
	default:
		b.decide("type", asked, pos, finding.Fail, b.found())
	}
}

// found is the type that the column has, in the words of contracts and of the engine.
func (b *builder) found() string { return fmt.Sprintf("its type is %s (%s)", b.kind, b.sqlType) }

func (b *builder) nulls() {
	isNull := b.sql + " IS NULL"
	if n := b.column.Nullable; n != nil && !n.Value {
		b.add(rule{name: "nullable", asked: "no nulls", pos: n.Pos, broken: isNull})
	}
	if share := b.column.MaxNullShare; share != nil {
		b.add(rule{name: "max-null-share", asked: "null share ≤ " + share.Text, pos: share.Pos, broken: isNull, limit: share.Rat()})
	}
}

// ranges are written so that NaN breaks them: the engine takes NaN for the largest number.
func (b *builder) ranges() {
	if low := b.column.Min; low != nil {
		b.bound("min", "≥ ", ">=", low)
	}
	if high := b.column.Max; high != nil {
		b.bound("max", "≤ ", "<=", high)
	}
}

func (b *builder) bound(name, sign, operator string, limit *source.Number) {
	number, ok := b.number()
	if !ok {
		b.decide(name, sign+limit.Text, limit.Pos, finding.Fail, "a column of type "+b.sqlType+" has no numeric range")
		return
	}
	holds := fmt.Sprintf("%s %s %s", number, operator, sqlNumber(*limit))
	if b.kind == table.Float || b.kind == table.String {
		holds += fmt.Sprintf(" AND NOT isnan(%s)", number)
	}
	b.value(name, sign+limit.Text, limit.Pos, fmt.Sprintf("NOT coalesce(%s, false)", holds))
}

// number is the SQL of the column's values as numbers; a text is read as one.
func (b *builder) number() (sql string, ok bool) {
	if b.kind == table.String {
		return fmt.Sprintf("TRY_CAST(%s AS DOUBLE)", b.sql), true
	}
	return b.sql, b.kind.IsNumeric()
}

var plainDecimal = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// sqlNumber keeps a plain decimal as it was written, so that an integer column compares exactly.
func sqlNumber(n source.Number) string {
	if plainDecimal.MatchString(n.Text) && len(n.Text) < 30 {
		return n.Text
	}
	return strconv.FormatFloat(n.Value, 'e', -1, 64)
}

// moment is the SQL of the column's values as points in time; a text is read as one.
func (b *builder) moment() (sql string, ok bool) {
	switch b.kind {
	case table.Date, table.Timestamp:
		return fmt.Sprintf("CAST(%s AS TIMESTAMP)", b.sql), true
	case table.String:
		if form := b.column.DateFormat; form != nil {
			return fmt.Sprintf("try_strptime(%s, %s)", b.sql, table.Literal(form.Value)), true
		}
		return fmt.Sprintf("TRY_CAST(%s AS TIMESTAMP)", b.sql), true
	}
	return "", false
}

// dates bound points in time; what is none breaks the bound.
func (b *builder) dates() {
	for _, bound := range []struct {
		name, asked, operator string
		limit                 *source.At[string]
	}{{"earliest", "not before ", ">=", b.column.Earliest}, {"latest", "not after ", "<=", b.column.Latest}} {
		if bound.limit == nil {
			continue
		}
		asked := bound.asked + bound.limit.Value
		moment, ok := b.moment()
		if !ok {
			b.decide(bound.name, asked, bound.limit.Pos, finding.Fail, "a column of type "+b.sqlType+" has no dates")
			continue
		}
		limit := "TIMESTAMP " + table.Literal(bound.limit.Value)
		if bound.operator == "<=" && isDay(bound.limit.Value) { // all of that day
			bound.operator, limit = "<", limit+" + INTERVAL 1 DAY"
		}
		b.value(bound.name, asked, bound.limit.Pos, fmt.Sprintf("NOT coalesce(%s %s %s, false)", moment, bound.operator, limit))
	}
}

// dateFormat holds texts against a form of dates. Of a column that was read as dates, the form in its files counts.
func (b *builder) dateFormat() {
	form := b.column.DateFormat
	if form == nil {
		return
	}
	asked := "dates as " + form.Value
	forms := b.forms(b.kind)
	switch {
	case b.kind == table.String:
		moment, _ := b.moment()
		b.value("date-format", asked, form.Pos, moment+" IS NULL")
	case b.kind != table.Date && b.kind != table.Timestamp:
		b.decide("date-format", asked, form.Pos, finding.Fail, "a column of type "+b.sqlType+" has no dates")
	case len(forms) > 0 && !slices.ContainsFunc(forms, func(actual string) bool { return actual != form.Value }):
		b.decide("date-format", asked, form.Pos, finding.Pass, "its dates have this form")
	default:
		read := "ISO 8601"
		if len(forms) > 0 {
			read = strings.Join(forms, ", ")
		}
		b.decide("date-format", asked, form.Pos, finding.Fail, "its dates were read as "+read)
	}
}

func isDay(text string) bool { return len(text) == len("2006-01-02") }

func (b *builder) texts() {
	text := fmt.Sprintf("CAST(%s AS VARCHAR)", b.sql)
	if allowed := b.column.Allowed; allowed != nil {
		b.value("allowed", fmt.Sprintf("one of %d values", len(allowed.Value)), allowed.Pos, b.notIn(text, allowed.Value))
	}
	if pattern := b.column.Pattern; pattern != nil {
		b.value("pattern", "matches "+pattern.Value, pattern.Pos, noMatch(text, pattern.Value))
	}
	if low := b.column.MinLength; low != nil {
		b.value("min-length", "length ≥ "+low.Text, low.Pos, fmt.Sprintf("length(%s) < %s", text, sqlNumber(*low)))
	}
	if high := b.column.MaxLength; high != nil {
		b.value("max-length", "length ≤ "+high.Text, high.Pos, fmt.Sprintf("length(%s) > %s", text, sqlNumber(*high)))
	}
}

func noMatch(text, pattern string) string {
	return fmt.Sprintf("NOT regexp_full_match(%s, %s)", text, table.Literal(pattern))
}

// notIn compares numbers as numbers, so that 1 and 1.0 are one value, and everything else as text.
func (b *builder) notIn(text string, allowed []string) string {
	literals := make([]string, len(allowed))
	for i, value := range allowed {
		literals[i] = table.Literal(value)
	}
	if b.kind.IsNumeric() {
		if numbers, ok := sqlNumbers(allowed); ok {
			return fmt.Sprintf("%s NOT IN (%s)", b.sql, strings.Join(numbers, ", "))
		}
	}
	return fmt.Sprintf("%s NOT IN (%s)", text, strings.Join(literals, ", "))
}

func sqlNumbers(texts []string) ([]string, bool) {
	numbers := make([]string, len(texts))
	for i, text := range texts {
		n, err := source.ParseNumber(text, source.Pos{})
		if err != nil {
			return nil, false
		}
		numbers[i] = sqlNumber(n)
	}
	return numbers, true
}

// patterns are the well-known forms that a regular expression tells. The address of a mail is HTML's definition of a valid
// one (https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address) with a dot in its domain; a URI needs a
// scheme and something after it (RFC 3986 §3); a host name follows RFC 1123 §2.1.
var patterns = map[Format]string{
	"email":    `[a-zA-Z0-9.!#$%&'*+/=?^_{|}~\x60-]+@` + label + `(\.` + label + `)+`,
	"uuid":     `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`,
	"uri":      `[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>"{}|\\^\x60]+`,
	"ipv4":     octet + `(\.` + octet + `){3}`,
	"hostname": label + `(\.` + label + `)*`,
}

const (
	label = `[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?`
	octet = `(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])`
)

// TellingFormats are the forms that no word of a language has by chance, the narrowest first.
func TellingFormats() []Format { return []Format{"uuid", "ipv4", "email", "uri"} }

// Pattern is the regular expression (RE2) of a form that one tells; "" for dates.
func (f Format) Pattern() string { return patterns[f] }

// Matches reports whether a text has the form, as far as its pattern tells.
func (f Format) Matches(text string) bool {
	matched, err := regexp.MatchString("^(?:"+patterns[f]+")$", text)
	return err == nil && matched
}

// form holds the values against a well-known form. A column that the engine already reads as a date or a UUID has it.
func (b *builder) form() {
	if b.column.Format == nil {
		return
	}
	form, pos := b.column.Format.Value, b.column.Format.Pos
	text := fmt.Sprintf("CAST(%s AS VARCHAR)", b.sql)
	asked := "format " + string(form)
	switch {
	case form == "date" && b.kind == table.Date, form == "date-time" && b.kind == table.Timestamp, form == "uuid" && b.sqlType == "UUID":
		b.decide("format", asked, pos, finding.Pass, b.found())
	case form == "date":
		b.value("format", asked, pos, fmt.Sprintf("%s OR TRY_CAST(%s AS DATE) IS NULL", noMatch(text, `[0-9]{4}-[0-9]{2}-[0-9]{2}`), text))
	case form == "date-time": // RFC 3339 §5.6, with a space for the T as it allows
		b.value("format", asked, pos, fmt.Sprintf("%s OR TRY_CAST(%s AS TIMESTAMP WITH TIME ZONE) IS NULL",
			noMatch(text, `[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})`), text))
	default:
		b.value("format", asked, pos, noMatch(text, patterns[form]))
	}
}

func (b *builder) unique() {
	if b.column.Unique.Get(false) {
		r := unique("unique", []string{b.column.Name}, "unique", b.column.Unique.Pos)
		r.values = "count(" + b.sql + ")"
		b.add(r)
	}
}

// monotone compares each value with the highest, or lowest, that stands before it in its file.
func (b *builder) monotone() {
	if b.column.Monotone == nil {
		return
	}
	direction, pos := b.column.Monotone.Value, b.column.Monotone.Pos
	extreme, operator := "max", "<"
	if direction == Decreasing {
		extreme, operator = "min", ">"
	}
	r := b.ofValues("monotone", string(direction), pos, b.column.Mostly)
	r.window = fmt.Sprintf("%s(%s) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", extreme, b.sql)
	r.broken = b.present(fmt.Sprintf("%s %s %s", b.sql, operator, table.Window))
	if b.kind == table.Float {
		r.broken = b.present(fmt.Sprintf("isnan(%s) OR %s %s %s", b.sql, b.sql, operator, table.Window))
		r.window = fmt.Sprintf("%s(CASE WHEN NOT isnan(%s) THEN %s END) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", extreme, b.sql, b.sql)
	}
	b.add(r)
}

// outliers needs the middle and the spread first. NaN, an infinity and a text that is no number are always outliers.
func (b *builder) outliers() {
	o := b.column.Outliers
	if o == nil {
		return
	}
	mostly := o.Mostly
	if mostly == nil {
		mostly = b.column.Mostly
	}
	limit := map[OutlierMethod]float64{ZScore: 3, IQR: 1.5}[o.Method]
	if o.Limit != nil {
		limit = o.Limit.Value
	}
	asked := fmt.Sprintf("within %s standard deviations", strconv.FormatFloat(limit, 'g', -1, 64))
	if o.Method == IQR {
		asked = fmt.Sprintf("within %s times the middle half", strconv.FormatFloat(limit, 'g', -1, 64))
	}
	number, ok := b.number()
	if !ok {
		b.decide("outliers", asked, o.Pos, finding.Fail, "a column of type "+b.sqlType+" has no numbers")
		return
	}
	double := fmt.Sprintf("CAST(%s AS DOUBLE)", number)
	finite := " FILTER (WHERE " + tame(double) + ")"
	r := b.ofValues("outliers", asked, o.Pos, mostly)
	r.needs = []string{"avg(" + double + ")" + finite, "stddev_samp(" + double + ")" + finite}
	if o.Method == IQR {
		r.needs = []string{"quantile_cont(" + double + ", 0.25)" + finite, "quantile_cont(" + double + ", 0.75)" + finite}
	}
	r.finish = func(needed []table.Value) string {
		low, high, ok := o.Method.fence(needed, limit)
		if !ok {
			return b.present("NOT coalesce(" + tame(double) + ", false)")
		}
		return b.present(fmt.Sprintf("NOT coalesce(isfinite(%s) AND %s BETWEEN CAST(%s AS DOUBLE) AND CAST(%s AS DOUBLE), false)", double, double,
			strconv.FormatFloat(low, 'e', -1, 64), strconv.FormatFloat(high, 'e', -1, 64)))
	}
	b.add(r)
}

// tame is the condition that a number's square can be summed: the engine ends a query whose variance overflows.
func tame(double string) string { return "abs(" + double + ") < 1e140" }

// fence is the range beyond which a value is an outlier; none where there are too few values for a spread.
func (m OutlierMethod) fence(needed []table.Value, limit float64) (low, high float64, ok bool) {
	if !needed[0].Valid || !needed[1].Valid {
		return 0, 0, false
	}
	first, second := needed[0].Number, needed[1].Number
	low, high = first-limit*second, first+limit*second
	if m == IQR {
		width := second - first
		low, high = first-limit*width, second+limit*width
	}
	return low, high, !math.IsInf(low, 0) && !math.IsInf(high, 0)
}
