package schema

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// rule is one promise of a contract, ready to be looked at. It is of one of four sorts: decided without a row, a condition
// on rows, a measure of the whole table, or a query.
type rule struct {
	name        string
	columns     []string // whose values an example shows
	asked       string   // what was asked, as a reader writes it
	description string   // why, in the contract's words
	severity    finding.Severity
	tags        []string
	pos         source.Pos

	decided *decision

	broken string                            // condition that is true for a row that breaks the rule
	count  string                            // aggregate that counts those rows; "" where the condition says it all
	values string                            // aggregate that counts the values that the rule looks at; "" where it looks at rows
	window string                            // what the condition knows as table.Window; see table.CountOrdered
	alone  bool                              // the condition holds a subquery, which no aggregate may
	looked string                            // condition for the values that the rule looks at, of a rule that is alone
	needs  []string                          // aggregates that have to be known before the condition is
	finish func(needed []table.Value) string // the condition, from their values
	limit  *big.Rat                          // highest share of broken rows or values that is allowed; nil: none

	measure string                                               // aggregate of the whole table
	assess  func(context.Context, table.Value) (decision, error) // what its value means

	query   string // a user's SELECT that must return nothing
	isUsers bool   // it holds a user's SQL: it may fail or take forever, and must not take other rules with it
}

// decision is the answer of a rule that needs no rows. A Fail costs what the rule's severity says.
type decision struct {
	outcome finding.Outcome
	cause   finding.Cause
	message string
}

// plan is a contract on its way to rules on one table.
type plan struct {
	Contract
	columns []table.Column
	tables  map[string]*table.Table
	rules   []rule
}

// rulesOn lists the promises of the contract on a table, in the order of the contract.
func (c Contract) rulesOn(ctx context.Context, t *table.Table, input Input) ([]rule, error) {
	p := &plan{Contract: c, columns: t.Columns(), tables: input.Tables}
	p.ofTable()
	for _, s := range c.Rules {
		if err := p.sqlRule(ctx, t.Engine(), s); err != nil {
			return nil, err
		}
	}
	p.ofColumns(func(promised Column, actual table.Column) []rule { return promised.rules(actual, t, input.Now) })
	p.complete()
	return p.rules, nil
}

// ofTable adds the rules of the whole table, but for those in SQL.
func (p *plan) ofTable() {
	p.namedColumns()
	p.primaryKey()
	for _, u := range p.Unique {
		p.unique(u)
	}
	for _, key := range p.ForeignKeys {
		p.foreignKey(key)
	}
	for _, agreement := range p.Agrees {
		p.agreement(agreement)
	}
}

// ofColumns adds the rules of columns; rules gives those of one that the table has.
func (p *plan) ofColumns(rules func(Column, table.Column) []rule) {
	for _, promised := range p.Columns {
		first := len(p.rules)
		if i := p.index(promised.Name); i >= 0 {
			p.rules = append(p.rules, rules(promised, p.columns[i])...)
		} else {
			p.absent(promised)
		}
		tag(p.rules[first:], promised.Tags)
	}
}

// complete gives rules what they have of the contract.
func (p *plan) complete() {
	tag(p.rules, p.Tags)
	for i := range p.rules {
		if p.rules[i].severity == "" {
			p.rules[i].severity = p.Severity
		}
		if p.rules[i].broken != "" && p.rules[i].count == "" && !p.rules[i].alone && p.rules[i].window == "" {
			p.rules[i].count = countIf(p.rules[i].broken)
		}
	}
}

// tag gives rules more tags.
func tag(rules []rule, tags []string) {
	for i := range rules {
		rules[i].tags = slices.Concat(rules[i].tags, tags)
	}
}

func (p *plan) add(r rule) { p.rules = append(p.rules, r) }

func (p *plan) index(name string) int {
	return slices.IndexFunc(p.columns, func(actual table.Column) bool { return actual.Name == name })
}

// missing is the first of the names that the table does not have; "" where it has all.
func (p *plan) missing(names []string) string {
	if i := slices.IndexFunc(names, func(name string) bool { return p.index(name) < 0 }); i >= 0 {
		return names[i]
	}
	return ""
}

// maxNamed bounds how many names a message lists.
const maxNamed = 10

func list(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// namedColumns holds the table's header against the contract's list.
func (p *plan) namedColumns() {
	isPromised := func(name string) bool {
		return slices.ContainsFunc(p.Columns, func(promised Column) bool { return promised.Name == name })
	}
	var known, others []string
	for _, actual := range p.columns {
		if isPromised(actual.Name) {
			known = append(known, actual.Name)
		} else {
			others = append(others, actual.Name)
		}
	}
	if asked := p.OtherColumns; asked != nil && !asked.Value {
		done := decision{outcome: finding.Pass, message: "no column but the promised ones"}
		if len(others) > 0 {
			done = decision{outcome: finding.Fail, message: fmt.Sprintf("%d columns that the contract does not name: %s", len(others), list(others))}
		}
		p.add(rule{name: "other-columns", asked: "no other columns", pos: asked.Pos, decided: &done})
	}
	if asked := p.ColumnOrder; asked != nil && asked.Value {
		var wanted []string
		for _, promised := range p.Columns {
			if p.index(promised.Name) >= 0 {
				wanted = append(wanted, promised.Name)
			}
		}
		done := decision{outcome: finding.Pass, message: "the columns stand in the contract's order"}
		for i := range wanted {
			if wanted[i] != known[i] {
				done = decision{outcome: finding.Fail, message: fmt.Sprintf("column %s stands where %s should", known[i], wanted[i])}
				break
			}
		}
		p.add(rule{name: "column-order", asked: "columns in order", pos: asked.Pos, decided: &done})
	}
}

// absent adds the rule of a column that the table does not have.
func (p *plan) absent(c Column) {
	if !c.Required.Get(true) {
		return
	}
	pos := c.Pos
	if c.Required != nil {
		pos = c.Required.Pos
	}
	p.add(rule{name: "required", columns: []string{c.Name}, asked: "required", pos: pos, severity: c.Severity,
		decided: &decision{outcome: finding.Fail, message: "the column is missing"}})
}

// primaryKey is two rules: no part of the key is null, and no key stands twice.
func (p *plan) primaryKey() {
	if p.PrimaryKey == nil {
		return
	}
	names, pos := p.PrimaryKey.Value, p.PrimaryKey.Pos
	asked := "primary key " + strings.Join(names, ", ")
	if name := p.missing(names); name != "" {
		p.add(rule{name: "primary-key", asked: asked, pos: pos,
			decided: &decision{outcome: finding.Fail, message: fmt.Sprintf("key column %s is missing", name)}})
		return
	}
	nulls := make([]string, len(names))
	for i, name := range identifiers(names) {
		nulls[i] = name + " IS NULL"
	}
	p.add(rule{name: "primary-key", columns: names, asked: asked + " is never null", pos: pos, broken: strings.Join(nulls, " OR ")})
	p.add(unique("primary-key", names, asked+" is never twice the same", pos))
}

// unique adds the rule of columns that are together unique.
func (p *plan) unique(u Unique) {
	asked := strings.Join(u.Columns, ", ") + " together unique"
	r := unique("unique", u.Columns, asked, u.Pos)
	if name := p.missing(u.Columns); name != "" {
		r = rule{name: "unique", columns: u.Columns, asked: asked, pos: u.Pos,
			decided: &decision{outcome: finding.Fail, message: fmt.Sprintf("column %s is missing", name)}}
	}
	r.severity, r.description, r.tags = u.Severity, u.Description, u.Tags
	p.add(r)
}

// unique counts the rows beyond the first of each value; its examples are all rows whose value stands more than once.
func unique(name string, columns []string, asked string, pos source.Pos) rule {
	tuple, present := key(columns)
	return rule{name: name, columns: columns, asked: asked, pos: pos,
		count: fmt.Sprintf("count(*) FILTER (WHERE %s) - count(DISTINCT %s) FILTER (WHERE %s)", present, tuple, present),
		broken: fmt.Sprintf("%s AND %s IN (SELECT %s FROM %s WHERE %s GROUP BY ALL HAVING count(*) > 1)",
			present, tuple, tuple, relationMark, present)}
}

// key is columns as one value, and the condition that none of them is null.
func key(columns []string) (tuple, present string) {
	quoted := identifiers(columns)
	return table.Tuple(quoted...), strings.Join(quoted, " IS NOT NULL AND ") + " IS NOT NULL"
}

func identifiers(names []string) []string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = table.Identifier(name)
	}
	return quoted
}

// relationMark stands in conditions for the table's own name, which a rule does not know.
const relationMark = "\x01relation\x01"

func countIf(condition string) string { return "count(*) FILTER (WHERE " + condition + ")" }

// allowing is the highest share of broken ones where mostly is the lowest share of whole ones.
func allowing(mostly *source.Number) *big.Rat {
	if mostly == nil {
		return nil
	}
	return new(big.Rat).Sub(big.NewRat(1, 1), mostly.Rat())
}

const mostlyWord = ", mostly "

// atLeast says a share in the words of a rule; "" where all is asked for.
func atLeast(mostly *source.Number) string {
	if mostly == nil {
		return ""
	}
	return mostlyWord + mostly.Text
}
