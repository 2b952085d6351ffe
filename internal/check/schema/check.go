package schema

import (
	"context"
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is the answer of one contract on one table.
type Result struct {
	Table    string     `json:"table"`
	Contract string     `json:"contract"` // the file
	Rows     int64      `json:"rows"`
	Files    int        `json:"files"` // how many files the table was read from
	Rules    []RuleDone `json:"rules"`
}

// RuleDone is one rule and how it came out.
type RuleDone struct {
	Rule     string          `json:"rule"`
	Column   string          `json:"column,omitempty"` // several are joined by commas; "" for the whole table
	Asked    string          `json:"asked"`
	Pos      source.Pos      `json:"position,omitzero"`
	Outcome  finding.Outcome `json:"outcome"`
	Cause    finding.Cause   `json:"cause,omitempty"`
	Message  string          `json:"message"`
	Broken   int64           `json:"broken"` // rows that break the rule
	Examples []Example       `json:"examples,omitempty"`
}

// Example is one row that breaks a rule.
type Example struct {
	File  string `json:"file"`
	Row   int64  `json:"row"`   // data record in its own file, from 1, header not counted
	Value string `json:"value"` // cut to 60 characters
	Null  bool   `json:"null,omitempty"`
}

// maxExamples is how many rows a broken rule shows.
const maxExamples = 5

// maxValue bounds the characters of a shown value.
const maxValue = 60

// Check holds a table against a contract: one scan for all rules, then one look for the examples of each broken rule.
func Check(ctx context.Context, t *table.Table, contract Contract, file string) (Result, error) {
	var result Result
	err := table.Settled(func() error {
		var err error
		result, err = check(ctx, t, contract, file)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("check %s against %s: %w", t.Name(), file, err)
	}
	return result, nil
}

func check(ctx context.Context, t *table.Table, contract Contract, file string) (Result, error) {
	rules := contract.rules(t.Columns())
	counts, err := count(ctx, t, rules)
	if err != nil {
		return Result{}, err
	}
	result := Result{Table: t.Name(), Contract: file, Rows: counts.rows, Files: len(t.Files())}
	result.Rules = append(result.Rules, contract.rowCount(counts.rows)...)
	for i, r := range rules {
		done := r.judge(counts.rows, counts.broken[i], counts.values[i])
		if done.Broken > 0 && done.Outcome != finding.Pass && r.broken != "" {
			if done.Examples, err = examples(ctx, t, r); err != nil {
				return Result{}, err
			}
		}
		result.Rules = append(result.Rules, done)
	}
	return result, nil
}

// counts are what the one scan found: for each rule the rows that break it, and the values that it looked at.
type counts struct {
	rows           int64
	broken, values []int64
}

func count(ctx context.Context, t *table.Table, rules []rule) (counts, error) {
	expressions := []string{"count(*)"}
	for _, r := range rules {
		expressions = append(expressions, orOne(r.count), orOne(r.values))
	}
	row, err := t.Aggregate(ctx, expressions...)
	if err != nil {
		return counts{}, err
	}
	found := counts{rows: int64(row[0].Number)}
	for i := range rules {
		found.broken = append(found.broken, int64(row[1+2*i].Number))
		found.values = append(found.values, int64(row[2+2*i].Number))
	}
	return found, nil
}

// orOne stands in for an aggregate that the rule does not need.
func orOne(expression string) string {
	if expression == "" {
		return "1"
	}
	return expression
}

// rowCount holds the number of rows against its bounds. A table without a row fails even where no bound says so: nothing
// could be checked on it.
func (c Contract) rowCount(rows int64) []RuleDone {
	var done []RuleDone
	add := func(asked string, holds bool, pos source.Pos) {
		outcome := finding.Pass
		if !holds {
			outcome = c.Severity.Broken()
		}
		done = append(done, RuleDone{Rule: "rows", Asked: asked, Pos: pos, Outcome: outcome,
			Message: fmt.Sprintf("the table has %d rows", rows)})
	}
	if low := c.Rows.Min; low != nil {
		add("at least "+low.Text+" rows", float64(rows) >= low.Value, low.Pos)
	}
	if high := c.Rows.Max; high != nil {
		add("at most "+high.Text+" rows", float64(rows) <= high.Value, high.Pos)
	}
	if rows == 0 && c.Rows.Min == nil {
		done = append(done, RuleDone{Rule: "rows", Asked: "any rows", Pos: c.Pos, Outcome: finding.NotRun,
			Cause: finding.Missing, Message: "the table is empty"})
	}
	if len(done) == 0 && len(c.Columns) == 0 && c.PrimaryKey == nil && c.OtherColumns == nil {
		done = append(done, RuleDone{Rule: "rows", Asked: "any rows", Pos: c.Pos, Outcome: finding.Warn,
			Message: "the contract promises nothing"})
	}
	return done
}

// judge turns a count into an answer.
func (r rule) judge(rows, broken, values int64) RuleDone {
	done := RuleDone{Rule: r.name, Column: strings.Join(r.columns, ", "), Asked: r.asked, Pos: r.pos}
	switch {
	case r.decided != nil:
		done.Outcome, done.Message = r.decided.outcome, r.decided.message
	case rows == 0:
		done.Outcome, done.Cause, done.Message = finding.NotRun, finding.Missing, "there is no row to look at"
	case r.values != "" && values == 0:
		done.Outcome, done.Cause, done.Message = finding.NotRun, finding.Missing, "the column has no values, only nulls"
	default:
		done.Broken = broken
		done.Outcome, done.Message = r.verdict(rows, broken)
	}
	return done
}

func (r rule) verdict(rows, broken int64) (finding.Outcome, string) {
	share := float64(broken) / float64(rows)
	message := fmt.Sprintf("%d of %d rows break it", broken, rows)
	if broken == 0 {
		message = "no row breaks it"
	}
	if share <= r.limit {
		return finding.Pass, message
	}
	return r.severity.Broken(), message
}

func examples(ctx context.Context, t *table.Table, r rule) ([]Example, error) {
	where := strings.ReplaceAll(r.broken, relationMark, t.Relation())
	rows, err := t.Examples(ctx, where, r.columns, maxExamples)
	if err != nil {
		return nil, err
	}
	shown := make([]Example, len(rows))
	for i, row := range rows {
		shown[i] = Example{File: row.File, Row: row.Row}
		shown[i].Value, shown[i].Null = show(row.Values)
	}
	return shown, nil
}

// show joins the values of a row's columns; null only where all are.
func show(values []table.Value) (text string, null bool) {
	texts := make([]string, len(values))
	null = true
	for i, value := range values {
		texts[i] = value.Text
		null = null && !value.Valid
	}
	runes := []rune(strings.Join(texts, ", "))
	if len(runes) > maxValue {
		return string(runes[:maxValue]) + "…", null
	}
	return string(runes), null
}
