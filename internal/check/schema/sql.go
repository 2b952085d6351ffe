package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// HasSQL reports whether the contract holds SQL of its author's, which runs behind a fence only.
func (c Contract) HasSQL() bool { return len(c.Rules) > 0 }

// name is what the author called the rule, or the SQL itself.
func (r SQLRule) name() string {
	switch {
	case r.Name != "":
		return r.Name
	case r.Query != nil:
		return "no row from " + oneLine(r.Query.Value)
	case r.Where != nil:
		return oneLine(r.Rule.Value) + " where " + oneLine(r.Where.Value)
	}
	return oneLine(r.Rule.Value)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// sqlRule adds a rule in SQL. What does not parse was refused when the contract was read; here it cannot be judged.
func (p *plan) sqlRule(ctx context.Context, engine *table.Engine, s SQLRule) error {
	r := rule{name: "sql", asked: s.name(), description: s.Description, severity: s.Severity, tags: s.Tags, pos: s.Pos, isUsers: true}
	if s.Query != nil {
		r.pos = s.Query.Pos
		if err := engine.ParseSelect(ctx, s.Query.Value); err != nil {
			return p.unparsed(r, err)
		}
		r.query = s.Query.Value
		p.add(r)
		return nil
	}
	r.pos = s.Rule.Pos
	parsed, err := engine.ParseCondition(ctx, s.Rule.Value)
	if err != nil {
		return p.unparsed(r, err)
	}
	about := "true"
	if s.Where != nil {
		where, err := engine.ParseCondition(ctx, s.Where.Value)
		if err != nil {
			return p.unparsed(r, err)
		}
		parsed.Columns, parsed.HasQuery = append(parsed.Columns, where.Columns...), parsed.HasQuery || where.HasQuery
		about = enclosed(s.Where.Value)
	}
	kept := enclosed(s.Rule.Value)
	r.columns, r.alone, r.limit = p.known(parsed.Columns), parsed.HasQuery, allowing(s.Mostly)
	r.asked += atLeast(s.Mostly)
	r.broken = fmt.Sprintf("%s AND NOT %s", about, kept)
	if r.values = countIf(fmt.Sprintf("%s AND %s IS NOT NULL", about, kept)); r.alone {
		r.values = ""
		r.looked = fmt.Sprintf("%s AND %s IS NOT NULL", about, kept)
	}
	p.add(r)
	return nil
}

// enclosed keeps SQL that parsed by itself together: a comment at its end does not reach what follows.
func enclosed(sql string) string { return "(\n" + sql + "\n)" }

func (p *plan) unparsed(r rule, err error) error {
	var wrong *table.SyntaxError
	if !errors.As(err, &wrong) {
		return err
	}
	r.decided = &decision{finding.NotRun, finding.Undefined, "the SQL is wrong: " + wrong.Reason}
	p.add(r)
	return nil
}

// known are the columns of the table among names that SQL uses, whose case does not count.
func (p *plan) known(names []string) []string {
	var known []string
	for _, name := range names {
		for _, actual := range p.columns {
			if strings.EqualFold(actual.Name, name) && !slices.Contains(known, actual.Name) {
				known = append(known, actual.Name)
			}
		}
	}
	return known
}

// isDiscreet reports whether something that SQL may have read under any name must not be shown.
func (c checking) isDiscreet() bool {
	return len(c.contract.Sensitive())+len(c.table.Spec().Sensitive) > 0
}

// sqlLimit is how long one scan may take in which a user's SQL takes part.
const sqlLimit = 10 * time.Minute

// cameBeforeData reports whether the engine refused SQL for its words alone: no value can be in such a message.
func cameBeforeData(err error) bool {
	kind, _, _ := strings.Cut(err.Error(), ": ")
	return slices.Contains([]string{"Parser Error", "Binder Error", "Catalog Error"}, kind)
}

// failedSQL is the answer of a rule whose SQL ended in an error. The engine's words may repeat values: they are left out
// where something is sensitive.
func (c checking) failedSQL(err error) *decision {
	message := "the SQL failed: " + err.Error()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		message = "the SQL took longer than " + sqlLimit.String()
	case c.isDiscreet() && !cameBeforeData(err):
		message = "the SQL failed on a row; the reason is not shown, since there are sensitive columns"
	}
	return &decision{finding.NotRun, finding.Undefined, message}
}
