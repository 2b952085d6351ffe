package schema

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// other finds another table of the config and columns of it; missing says what is not there.
func (p *plan) other(name string, columns []string) (other *table.Table, missing string) {
	other, ok := p.tables[name]
	if !ok {
		return nil, fmt.Sprintf("table %s could not be read, or is not under data", name)
	}
	for _, column := range columns {
		if _, ok := other.Column(column); !ok {
			return nil, fmt.Sprintf("table %s has no column %s", name, column)
		}
	}
	return other, ""
}

// foreignKey adds the rule of values that stand in another table.
func (p *plan) foreignKey(k ForeignKey) {
	references := k.References
	if len(references) == 0 {
		references = k.Columns
	}
	r := rule{name: "foreign-key", columns: k.Columns, description: k.Description, severity: k.Severity, tags: k.Tags, pos: k.Pos, limit: allowing(k.Mostly),
		asked: fmt.Sprintf("%s stands in %s (%s)%s", strings.Join(k.Columns, ", "), k.Table, strings.Join(references, ", "), atLeast(k.Mostly))}
	other, missing := p.other(k.Table, references)
	if name := p.missing(k.Columns); name != "" {
		missing = fmt.Sprintf("column %s is missing", name)
	}
	if missing != "" {
		r.decided = &decision{finding.NotRun, finding.Missing, missing}
		p.add(r)
		return
	}
	ours, theirs := identifiers(k.Columns), identifiers(references)
	_, present := key(k.Columns)
	_, theirsPresent := key(references)
	for i, name := range k.Columns {
		theirColumn, _ := other.Column(references[i])
		if ourColumn := p.columns[p.index(name)]; ourColumn.Kind != theirColumn.Kind { // compared by their texts
			ours[i], theirs[i] = "CAST("+ours[i]+" AS VARCHAR)", "CAST("+theirs[i]+" AS VARCHAR)"
		}
	}
	r.alone, r.values = true, countIf(present)
	r.broken = fmt.Sprintf("%s AND %s NOT IN (SELECT %s FROM %s WHERE %s)", present, table.Tuple(ours...),
		table.Tuple(theirs...), other.Relation(), theirsPresent)
	p.add(r)
}

// agreement adds the rules of another table with as many rows or the same sums.
func (p *plan) agreement(a Agreement) {
	if a.Rows {
		p.agree(a, "rows", "count(*)", nil)
	}
	for _, column := range a.Sums {
		p.agree(a, "sum of "+column, sumOf(column), []string{column})
	}
}

func sumOf(column string) string { return "sum(" + table.Identifier(column) + ")" }

// tinySum is the relative difference of two sums that the order of their terms explains.
const tinySum = 1e-9

func (p *plan) agree(a Agreement, what, measure string, columns []string) {
	r := rule{name: "agrees", columns: columns, description: a.Description, severity: a.Severity, tags: a.Tags, pos: a.Pos,
		asked: fmt.Sprintf("%s as in %s", what, a.Table)}
	tolerance := 0.0
	if len(columns) > 0 {
		tolerance = tinySum
	}
	if a.Tolerance != nil {
		tolerance = a.Tolerance.Value
		r.asked += " within a share of " + a.Tolerance.Text
	}
	other, missing := p.other(a.Table, columns)
	for _, name := range columns {
		switch i := p.index(name); {
		case i < 0:
			missing = fmt.Sprintf("column %s is missing", name)
		case !p.columns[i].Kind.IsNumeric():
			missing = fmt.Sprintf("column %s is of type %s, which has no sum", name, p.columns[i].SQLType)
		}
	}
	if other != nil && missing == "" {
		for _, name := range columns {
			if theirs, _ := other.Column(name); !theirs.Kind.IsNumeric() {
				missing = fmt.Sprintf("column %s of %s is of type %s, which has no sum", name, a.Table, theirs.SQLType)
			}
		}
	}
	if missing != "" {
		r.decided = &decision{finding.NotRun, finding.Missing, missing}
		p.add(r)
		return
	}
	hidden := p.isSensitive(columns) || other.IsSensitive(columns...)
	r.measure = measure
	r.assess = func(ctx context.Context, ours table.Value) (decision, error) {
		theirs, err := other.Aggregate(ctx, measure)
		if err != nil {
			return decision{}, err
		}
		return agree(ours, theirs[0], tolerance, hidden), nil
	}
	p.add(r)
}

// agree compares two numbers; a sum of nothing agrees with no sum but another of nothing.
func agree(ours, theirs table.Value, tolerance float64, hidden bool) decision {
	message := fmt.Sprintf("%s here, %s there", orNothing(ours), orNothing(theirs))
	if hidden {
		message = "here and there compared, the values are sensitive"
	}
	equal := ours.Valid == theirs.Valid && ours.Text == theirs.Text && !math.IsNaN(ours.Number) && !math.IsInf(ours.Number, 0)
	if equal || ours.Valid && theirs.Valid && math.Abs(ours.Number-theirs.Number) <= tolerance*math.Abs(theirs.Number) && !math.IsInf(theirs.Number, 0) {
		return decision{outcome: finding.Pass, message: message}
	}
	return decision{outcome: finding.Fail, message: message}
}

func orNothing(v table.Value) string {
	if !v.Valid {
		return "no values"
	}
	return v.Text
}

// isSensitive reports whether one of the columns must not be shown.
func (c Contract) isSensitive(names []string) bool {
	for _, name := range names {
		for _, column := range c.Columns {
			if column.Name == name && column.Sensitive {
				return true
			}
		}
	}
	return false
}

// Sensitive are the columns whose values may not be shown anywhere.
func (c Contract) Sensitive() []string {
	var names []string
	for _, column := range c.Columns {
		if column.Sensitive {
			names = append(names, column.Name)
		}
	}
	return names
}

// Others are the tables that the contract names beside its own, with the place of each.
func (c Contract) Others() []source.At[string] {
	var all []source.At[string]
	for _, key := range c.ForeignKeys {
		all = append(all, source.At[string]{Value: key.Table, Pos: key.Pos})
	}
	for _, agreement := range c.Agrees {
		all = append(all, source.At[string]{Value: agreement.Table, Pos: agreement.Pos})
	}
	return all
}
