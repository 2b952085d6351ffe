package schema

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// Anew is the result with its outcomes taken from the counts of broken rows under a contract, which may allow and cost other than the one that
// it was made by, and the rules that the contract promises and the result does not tell. tags pick rules, none all. What a rule without counts
// says (a type, an aggregate, the order of columns) is the result's word; where it is broken, the contract says what that costs.
func (r Result) Anew(contract Contract, tags []string) (again Result, untold []string) {
	promised := contract.promised(Input{Tags: tags})
	again = r
	again.Tags, again.Rules = tags, checking{contract: contract, input: Input{Tags: tags}, rules: promised}.rowCount(r.Rows)
	left := map[string][]rule{}
	for _, p := range promised {
		left[p.key()] = append(left[p.key()], p)
	}
	for _, done := range r.Rules {
		if done.Rule == "rows" {
			continue
		}
		if rules := left[done.key()]; len(rules) > 0 {
			done = done.under(rules[0], r.Rows)
			left[done.key()] = rules[1:]
		} else if done.Rule == "required" && done.Outcome != finding.Pass {
			done.Outcome = contract.severityOf(done.Column).Broken()
		}
		again.Rules = append(again.Rules, done)
	}
	for _, p := range promised {
		rules := left[p.key()]
		if len(rules) == 0 || r.lacks(contract, p) {
			continue
		}
		left[p.key()] = rules[1:]
		untold = append(untold, strings.TrimSpace(p.name+" "+strings.Join(p.columns, ", ")))
	}
	return again, untold
}

// promised are the rules that a contract comes to on a table of all its columns. Nothing can be looked at by them.
func (c Contract) promised(input Input) []rule {
	p := &plan{Contract: c}
	for _, promised := range c.Columns {
		p.columns = append(p.columns, table.Column{Name: promised.Name, Kind: table.String})
	}
	p.ofTable()
	for _, s := range c.Rules {
		p.add(rule{name: "sql", asked: s.name(), severity: s.Severity, tags: s.Tags, limit: allowing(s.Mostly)})
	}
	p.ofColumns(func(promised Column, actual table.Column) []rule {
		b := builder{column: promised, kind: actual.Kind, sql: table.Identifier(promised.Name), forms: func(table.Kind) []string { return nil }, now: time.Now()}
		return b.all()
	})
	p.complete()
	picking := checking{input: input, rules: p.rules}
	picking.pickTagged()
	return picking.rules
}

// key tells rules of one contract apart, as far as a result names them.
func (r rule) key() string { return keyOf(r.name, strings.Join(r.columns, ", "), r.asked) }

func (d RuleDone) key() string { return keyOf(d.Rule, d.Column, d.Asked) }

func keyOf(name, columns, asked string) string {
	if name == "sql" { // which columns it reads only the engine knows, and how many may break it is not who it is
		columns, _, _ = strings.Cut(asked, mostlyWord)
	}
	return name + "\x00" + columns
}

// under is the answer of a rule from its counts, in a table of so many rows.
func (d RuleDone) under(r rule, rows int64) RuleDone {
	d.Pos = r.pos
	switch {
	case d.Broken != 0 && d.isBeyond(r.limit, rows):
		if d.Outcome == finding.Pass {
			d.Message = fmt.Sprintf("%d rows or values break it, more than may", d.Broken)
		}
		d.Outcome, d.Cause = r.severity.Broken(), ""
	case d.Broken != 0 && d.Outcome != finding.NotRun:
		d.Outcome = finding.Pass
	case d.Outcome == finding.Fail, d.Outcome == finding.Warn && d.Rule != maxAge: // data from the future warns
		d.Outcome = r.severity.Broken()
	}
	return d
}

// isBeyond reports whether more are broken than a limit allows, nil none. What is no count of rows is.
func (d RuleDone) isBeyond(limit *big.Rat, rows int64) bool {
	if limit == nil || d.Broken < 0 || d.Of <= 0 || d.Of > rows {
		return true
	}
	return big.NewRat(d.Broken, d.Of).Cmp(limit) > 0
}

// lacks reports whether a rule is of a column that the table does not have, which is told by itself or allowed.
func (r Result) lacks(contract Contract, p rule) bool {
	if len(p.columns) != 1 {
		return false
	}
	isThere, isTold := false, false
	for _, done := range r.Rules {
		if done.Column == p.columns[0] {
			isTold = isTold || done.Rule == "required" && done.Outcome != finding.Pass
			isThere = isThere || done.Rule != "required" || done.Outcome == finding.Pass
		}
	}
	return isTold || !isThere && !contract.requires(p.columns[0])
}

// requires reports whether a column must be there.
func (c Contract) requires(column string) bool {
	for _, promised := range c.Columns {
		if promised.Name == column {
			return promised.Required.Get(true)
		}
	}
	return true
}

// severityOf is what a broken rule of a column costs.
func (c Contract) severityOf(column string) finding.Severity {
	for _, promised := range c.Columns {
		if promised.Name == column && promised.Severity != "" {
			return promised.Severity
		}
	}
	return c.Severity
}
