package schema

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// rule is one promise of a contract, ready to be counted. Either decided is set (the answer needs no rows), or count is
// an aggregate expression that gives the number of rows that break the rule.
type rule struct {
	name     string
	columns  []string // whose values an example shows
	asked    string   // what was asked, as a reader writes it
	severity finding.Severity
	pos      source.Pos
	decided  *decision
	count    string
	broken   string  // condition that is true for a row that breaks the rule
	limit    float64 // highest share of broken rows that is allowed
	values   string  // aggregate that counts the values that the rule looks at; "" where an empty column is no gap
}

// decision is the answer of a rule that needs no rows.
type decision struct {
	outcome finding.Outcome
	message string
}

// rules lists the promises of the contract on a table with these columns, in the order of the contract.
func (c Contract) rules(columns []table.Column) []rule {
	rules := c.tableRules(columns)
	for _, promised := range c.Columns {
		i := slices.IndexFunc(columns, func(actual table.Column) bool { return actual.Name == promised.Name })
		if i < 0 {
			rules = append(rules, promised.absent()...)
			continue
		}
		rules = append(rules, promised.rules(columns[i])...)
	}
	for i := range rules {
		if rules[i].severity == "" {
			rules[i].severity = c.Severity
		}
	}
	return rules
}

func (c Contract) tableRules(columns []table.Column) []rule {
	var rules []rule
	if c.OtherColumns != nil && !c.OtherColumns.Value {
		rules = append(rules, c.otherColumns(columns))
	}
	if key := c.PrimaryKey; key != nil {
		rules = append(rules, primaryKey(key, columns)...)
	}
	return rules
}

// maxNamed bounds how many names a message lists.
const maxNamed = 10

func (c Contract) otherColumns(columns []table.Column) rule {
	var others []string
	for _, actual := range columns {
		if !slices.ContainsFunc(c.Columns, func(promised Column) bool { return promised.Name == actual.Name }) {
			others = append(others, actual.Name)
		}
	}
	r := rule{name: "other-columns", asked: "no other columns", pos: c.OtherColumns.Pos, severity: c.Severity}
	if len(others) == 0 {
		r.decided = &decision{finding.Pass, "no column but the promised ones"}
	} else {
		r.decided = &decision{c.Severity.Broken(), fmt.Sprintf("%d columns that the contract does not name: %s", len(others), list(others))}
	}
	return r
}

func list(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// primaryKey is two rules: no part of the key is null, and no key stands twice.
func primaryKey(key *source.At[[]string], columns []table.Column) []rule {
	asked := strings.Join(key.Value, ", ")
	for _, name := range key.Value {
		if !slices.ContainsFunc(columns, func(c table.Column) bool { return c.Name == name }) {
			return []rule{{name: "primary-key", asked: asked, pos: key.Pos,
				decided: &decision{finding.Fail, fmt.Sprintf("key column %s is missing", name)}}}
		}
	}
	quoted, nulls := make([]string, len(key.Value)), make([]string, len(key.Value))
	for i, name := range key.Value {
		quoted[i] = table.Identifier(name)
		nulls[i] = quoted[i] + " IS NULL"
	}
	missing := strings.Join(nulls, " OR ")
	return []rule{
		{name: "primary-key", columns: key.Value, asked: asked + " is never null", pos: key.Pos, broken: missing, count: countIf(missing)},
		unique("primary-key", key.Value, quoted, asked+" is never twice the same", key.Pos),
	}
}

// unique counts the rows beyond the first of each value; its examples are all rows whose value stands more than once.
func unique(name string, columns, quoted []string, asked string, pos source.Pos) rule {
	tuple := table.Tuple(quoted...)
	present := strings.Join(quoted, " IS NOT NULL AND ") + " IS NOT NULL"
	return rule{name: name, columns: columns, asked: asked, pos: pos,
		count: fmt.Sprintf("count(*) FILTER (WHERE %s) - count(DISTINCT %s) FILTER (WHERE %s)", present, tuple, present),
		broken: fmt.Sprintf("%s AND %s IN (SELECT %s FROM %s WHERE %s GROUP BY ALL HAVING count(*) > 1)",
			present, tuple, tuple, relationMark, present)}
}

// relationMark stands in conditions for the table's own name, which a rule does not know.
const relationMark = "\x01relation\x01"

func countIf(condition string) string { return "count(*) FILTER (WHERE " + condition + ")" }

// absent are the rules of a column that the table does not have.
func (c Column) absent() []rule {
	if !c.Required.Get(true) {
		return nil
	}
	pos := c.Pos
	if c.Required != nil {
		pos = c.Required.Pos
	}
	return []rule{{name: "required", columns: []string{c.Name}, asked: "required", severity: c.Severity, pos: pos,
		decided: &decision{c.Severity.Broken(), "the column is missing"}}}
}

// rules are the rules of a column that the table has.
func (c Column) rules(actual table.Column) []rule {
	b := builder{column: c, kind: actual.Kind, sqlType: actual.SQLType, sql: table.Identifier(c.Name)}
	b.types()
	b.nulls()
	b.ranges()
	b.texts()
	if c.Unique.Get(false) {
		r := unique("unique", []string{c.Name}, []string{b.sql}, "unique", c.Unique.Pos)
		r.values = "count(" + b.sql + ")"
		b.add(r)
	}
	if len(b.rules) == 0 {
		b.add(rule{name: "required", asked: "required", pos: c.Pos, decided: &decision{finding.Pass, "the column is there"}})
	}
	return b.rules
}

// builder turns the promises of one column into rules.
type builder struct {
	column  Column
	kind    table.Kind
	sqlType string
	sql     string // the quoted name
	rules   []rule
}

func (b *builder) add(r rule) {
	r.columns, r.severity = []string{b.column.Name}, b.column.Severity
	b.rules = append(b.rules, r)
}

// value adds a rule on each value that is not null.
func (b *builder) value(name, asked string, pos source.Pos, broken string) {
	condition := fmt.Sprintf("%s IS NOT NULL AND (%s)", b.sql, broken)
	b.add(rule{name: name, asked: asked, pos: pos, broken: condition, count: countIf(condition), values: "count(" + b.sql + ")"})
}

// castTypes are the engine's types that a text must convert to.
var castTypes = map[Type]string{Integer: "HUGEINT", Number: "DOUBLE", Boolean: "BOOLEAN", Date: "DATE", Timestamp: "TIMESTAMP"}

var kindsOf = map[Type][]table.Kind{
	String: {table.String}, Integer: {table.Integer}, Boolean: {table.Boolean}, Date: {table.Date}, Timestamp: {table.Timestamp},
	Number: {table.Integer, table.Float, table.Decimal},
}

// types compares the column's type. A text column that should be something else is looked at value by value, so that the
// rows that spoil it are named.
func (b *builder) types() {
	if b.column.Type == nil {
		return
	}
	promised, pos := b.column.Type.Value, b.column.Type.Pos
	asked := "type " + string(promised)
	switch {
	case slices.Contains(kindsOf[promised], b.kind):
		b.add(rule{name: "type", asked: asked, pos: pos, decided: &decision{finding.Pass, b.found()}})
	case b.kind == table.String:
		b.value("type", asked, pos, fmt.Sprintf("TRY_CAST(%s AS %s) IS NULL", b.sql, castTypes[promised]))
	case promised == Integer && b.kind.IsNumeric():
		b.value("type", asked, pos, fmt.Sprintf("NOT (%s = trunc(%s) AND abs(CAST(%s AS DOUBLE)) < 1e300)", b.sql, b.sql, b.sql))
	default:
		b.add(rule{name: "type", asked: asked, pos: pos,
			decided: &decision{b.column.Severity.Broken(), b.found()}})
	}
}

// found is the type that the column has, in the words of contracts and of the engine.
func (b *builder) found() string { return fmt.Sprintf("its type is %s (%s)", b.kind, b.sqlType) }

func (b *builder) nulls() {
	isNull := b.sql + " IS NULL"
	if n := b.column.Nullable; n != nil && !n.Value {
		b.add(rule{name: "nullable", asked: "no nulls", pos: n.Pos, broken: isNull, count: countIf(isNull)})
	}
	if share := b.column.MaxNullShare; share != nil {
		b.add(rule{name: "max-null-share", asked: "null share ≤ " + share.Text, pos: share.Pos, broken: isNull,
			count: countIf(isNull), limit: share.Value})
	}
}

// ranges are written so that NaN breaks them: the engine takes NaN for the largest number.
func (b *builder) ranges() {
	low, high := b.column.Min, b.column.Max
	if low == nil && high == nil {
		return
	}
	if low != nil {
		b.bound("min", "≥ ", ">=", low)
	}
	if high != nil {
		b.bound("max", "≤ ", "<=", high)
	}
}

func (b *builder) bound(name, sign, operator string, limit *source.Number) {
	number := b.sql
	switch {
	case b.kind == table.String:
		number = fmt.Sprintf("TRY_CAST(%s AS DOUBLE)", b.sql)
	case !b.kind.IsNumeric():
		b.add(rule{name: name, asked: sign + limit.Text, pos: limit.Pos,
			decided: &decision{finding.Fail, "a column of type " + b.sqlType + " has no numeric range"}})
		return
	}
	holds := fmt.Sprintf("%s %s %s", number, operator, sqlNumber(*limit))
	if b.kind == table.Float || b.kind == table.String {
		holds += fmt.Sprintf(" AND NOT isnan(%s)", number)
	}
	b.value(name, sign+limit.Text, limit.Pos, fmt.Sprintf("NOT coalesce(%s, false)", holds))
}

var plainDecimal = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// sqlNumber keeps a plain decimal as it was written, so that an integer column compares exactly.
func sqlNumber(n source.Number) string {
	if plainDecimal.MatchString(n.Text) && len(n.Text) < 30 {
		return n.Text
	}
	return strconv.FormatFloat(n.Value, 'e', -1, 64)
}

func (b *builder) texts() {
	text := fmt.Sprintf("CAST(%s AS VARCHAR)", b.sql)
	if allowed := b.column.Allowed; allowed != nil {
		b.value("allowed", fmt.Sprintf("one of %d values", len(allowed.Value)), allowed.Pos, b.notIn(text, allowed.Value))
	}
	if pattern := b.column.Pattern; pattern != nil {
		b.value("pattern", "matches "+pattern.Value, pattern.Pos,
			fmt.Sprintf("NOT regexp_full_match(%s, %s)", text, table.Literal(pattern.Value)))
	}
	if low := b.column.MinLength; low != nil {
		b.value("min-length", "length ≥ "+low.Text, low.Pos, fmt.Sprintf("length(%s) < %s", text, sqlNumber(*low)))
	}
	if high := b.column.MaxLength; high != nil {
		b.value("max-length", "length ≤ "+high.Text, high.Pos, fmt.Sprintf("length(%s) > %s", text, sqlNumber(*high)))
	}
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
