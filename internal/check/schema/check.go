package schema

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

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
	Exported string     `json:"exported,omitempty"` // the Parquet file with all rows that break a rule
	Tags     []string   `json:"tags,omitempty"`     // only rules with one of these were looked at
	LeftOut  int        `json:"left-out,omitempty"` // rules with none of them
}

// RuleDone is one rule and how it came out.
type RuleDone struct {
	Rule     string          `json:"rule"`
	Column   string          `json:"column,omitempty"` // several are joined by commas; "" for the whole table
	Asked    string          `json:"asked"`
	Why      string          `json:"why,omitempty"` // the rule's description in the contract
	Tags     []string        `json:"tags,omitempty"`
	Pos      source.Pos      `json:"position,omitzero"`
	Outcome  finding.Outcome `json:"outcome"`
	Cause    finding.Cause   `json:"cause,omitempty"`
	Message  string          `json:"message"`
	Broken   int64           `json:"broken"`       // rows that break the rule
	Of       int64           `json:"of,omitempty"` // rows, or values, that it looked at; 0 for a query
	Examples []Example       `json:"examples,omitempty"`
}

// Example is one row that breaks a rule. Values and keys are cut to 60 characters; those of sensitive columns are left out.
type Example struct {
	File   string `json:"file"`
	Row    int64  `json:"row"`           // data record in its own file, from 1, header not counted
	Key    string `json:"key,omitempty"` // of the contract's primary key
	Value  string `json:"value,omitempty"`
	Null   bool   `json:"null,omitempty"`
	Hidden bool   `json:"hidden,omitempty"` // the value is sensitive
}

// maxExamples is how many rows a broken rule shows.
const maxExamples = 5

// maxValue bounds the characters of a shown value.
const maxValue = 60

// Input is what a check needs beside the table.
type Input struct {
	File   string                  // the contract's
	Tables map[string]*table.Table // that the contract may name, of the same engine: a fenced one where the contract has SQL
	Now    time.Time               // for the age of data
	Export string                  // Parquet file for all rows that break a rule; "" for none
	Tags   []string                // only rules with one of these; none: all
}

// Check holds a table against a contract: one scan for all rules, one more where a rule needs to know the spread of its
// column first, one for each rule on other tables or on the order of rows, and a look for the examples of each broken rule.
func Check(ctx context.Context, t *table.Table, contract Contract, input Input) (Result, error) {
	var result Result
	err := table.Settled(func() error {
		c := checking{ctx: ctx, table: t, contract: contract, input: input}
		var err error
		result, err = c.result()
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("check %s against %s: %w", t.Name(), input.File, err)
	}
	return result, nil
}

// checking is one check under way.
type checking struct {
	ctx      context.Context
	table    *table.Table
	contract Contract
	input    Input
	rules    []rule
}

func (c checking) result() (Result, error) {
	var err error
	if c.rules, err = c.contract.rulesOn(c.ctx, c.table, c.input); err != nil {
		return Result{}, err
	}
	left := c.pickTagged()
	if err := c.finishConditions(); err != nil {
		return Result{}, err
	}
	rows, counts, err := c.scan()
	if err != nil {
		return Result{}, err
	}
	result := Result{Table: c.table.Name(), Contract: c.input.File, Rows: rows, Files: len(c.table.Files()), Tags: c.input.Tags, LeftOut: left}
	result.Rules = append(result.Rules, c.rowCount(rows)...)
	for i, r := range c.rules {
		done, err := r.judge(c.ctx, rows, counts[i])
		if err != nil {
			return Result{}, err
		}
		result.Rules = append(result.Rules, done)
	}
	done := result.Rules[len(result.Rules)-len(c.rules):]
	if err := c.findExamples(done); err != nil {
		return Result{}, err
	}
	result.Exported, err = c.export(done)
	return result, err
}

// pickTagged keeps the rules that the tags pick, and counts the others.
func (c *checking) pickTagged() (left int) {
	before := len(c.rules)
	c.rules = slices.DeleteFunc(c.rules, func(r rule) bool { return !c.input.picks(r.tags) })
	return before - len(c.rules)
}

// picks reports whether a rule of these tags is looked at.
func (i Input) picks(tags []string) bool {
	return len(i.Tags) == 0 || slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(i.Tags, tag) })
}

// finishConditions asks in one scan for all that rules need to know before they can be counted.
func (c checking) finishConditions() error {
	var expressions []string
	for _, r := range c.rules {
		expressions = append(expressions, r.needs...)
	}
	values, err := c.table.Aggregate(c.ctx, expressions...)
	if err != nil {
		return err
	}
	for i := range c.rules {
		r := &c.rules[i]
		if len(r.needs) > 0 {
			r.broken = r.finish(values[:len(r.needs)])
			r.count = countIf(r.broken)
			values = values[len(r.needs):]
		}
	}
	return nil
}

// found is what a scan gave for one rule.
type found struct {
	broken, values int64
	measure        table.Value
}

// scan counts all rules in one pass; those that no aggregate can count have a query each. Where a rule ends the pass (a user's
// SQL, a form of dates that there is not), each is counted by itself, so that only those fail that are wrong.
func (c checking) scan() (rows int64, all []found, err error) {
	own := make([]int, 0, len(c.rules))
	users := false
	for i, r := range c.rules {
		own = append(own, i)
		users = users || r.isUsers
	}
	ctx, cancel := c.ctx, context.CancelFunc(func() {})
	if users {
		ctx, cancel = context.WithTimeout(c.ctx, sqlLimit)
	}
	defer cancel()
	all = make([]found, len(c.rules))
	rows, err = c.aggregate(ctx, own, all)
	if c.isOfRule(err) {
		if rows, err = c.aggregate(c.ctx, nil, all); err == nil {
			err = c.eachAlone(all)
		}
	}
	if err != nil {
		return 0, nil, err
	}
	return rows, all, c.askAlone(all)
}

// aggregate counts some of the rules in one pass.
func (c checking) aggregate(ctx context.Context, which []int, all []found) (rows int64, err error) {
	expressions := []string{"count(*)"}
	for _, i := range which {
		r := c.rules[i]
		expressions = append(expressions, orOne(r.count), orOne(r.values), orOne(r.measure))
	}
	row, err := c.table.Aggregate(ctx, expressions...)
	if err != nil {
		return 0, err
	}
	for n, i := range which {
		values := row[1+3*n:]
		all[i] = found{broken: int64(values[0].Number), values: int64(values[1].Number), measure: values[2]}
	}
	return int64(row[0].Number), nil
}

// eachAlone counts the rules one by one.
func (c checking) eachAlone(all []found) error {
	for i := range c.rules {
		if r := &c.rules[i]; r.decided == nil {
			err := c.limited(func(ctx context.Context) error {
				_, err := c.aggregate(ctx, []int{i}, all)
				return err
			})
			if err := c.orFailed(r, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// limited runs a user's SQL for as long as it may.
func (c checking) limited(work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(c.ctx, sqlLimit)
	defer cancel()
	return work(ctx)
}

// isOfRule reports whether an error may come from one rule and not from the files, the machine or a cancelled run.
func (c checking) isOfRule(err error) bool {
	var retyped *table.RetypedError
	return err != nil && c.ctx.Err() == nil && !errors.As(err, &retyped) && (table.IsRefusal(err) || errors.Is(err, context.DeadlineExceeded))
}

// orFailed makes such an error the answer of its rule.
func (c checking) orFailed(r *rule, err error) error {
	if !c.isOfRule(err) {
		return err
	}
	r.decided = c.failedSQL(table.Reason(err))
	return nil
}

// askAlone asks the questions that no aggregate answers.
func (c checking) askAlone(all []found) error {
	for i := range c.rules {
		r := &c.rules[i]
		if r.decided != nil || !r.alone && r.window == "" && r.query == "" {
			continue
		}
		err := c.limited(func(ctx context.Context) (err error) {
			all[i].broken, all[i].values, err = c.countAlone(ctx, *r, all[i].values)
			return err
		})
		if err := c.orFailed(r, err); err != nil {
			return err
		}
	}
	return nil
}

func (c checking) countAlone(ctx context.Context, r rule, values int64) (broken, looked int64, err error) {
	switch {
	case r.query != "":
		broken, err = c.table.CountResult(ctx, r.query)
	case r.window != "":
		broken, err = c.table.CountOrdered(ctx, c.condition(r), r.window)
	default:
		broken, err = c.table.CountRows(ctx, c.condition(r))
		if err == nil && r.looked != "" {
			values, err = c.table.CountRows(ctx, r.looked)
		}
	}
	return broken, values, err
}

// orOne stands in for an aggregate that the rule does not need.
func orOne(expression string) string {
	if expression == "" {
		return "1"
	}
	return expression
}

// condition is a rule's, with the table's name in it.
func (c checking) condition(r rule) string {
	return strings.ReplaceAll(r.broken, relationMark, c.table.Relation())
}

// rowCount holds the number of rows against its bounds. A table without a row fails even where no bound says so: nothing
// could be checked on it.
func (c checking) rowCount(rows int64) []RuleDone {
	var done []RuleDone
	contract := c.contract
	add := func(asked string, holds bool, pos source.Pos) {
		outcome := finding.Pass
		if !holds {
			outcome = contract.Severity.Broken()
		}
		done = append(done, RuleDone{Rule: "rows", Asked: asked, Pos: pos, Tags: contract.Tags, Outcome: outcome,
			Message: fmt.Sprintf("the table has %d rows", rows)})
	}
	if low := contract.Rows.Min; low != nil && c.input.picks(contract.Tags) {
		add("at least "+low.Text+" rows", float64(rows) >= low.Value, low.Pos)
	}
	if high := contract.Rows.Max; high != nil && c.input.picks(contract.Tags) {
		add("at most "+high.Text+" rows", float64(rows) <= high.Value, high.Pos)
	}
	if rows == 0 && contract.Rows.Min == nil {
		done = append(done, RuleDone{Rule: "rows", Asked: "any rows", Pos: contract.Pos, Outcome: finding.NotRun,
			Cause: finding.Missing, Message: "the table is empty"})
	}
	if len(done) == 0 && len(c.rules) == 0 {
		message := "nothing of what the contract promises is there to be looked at"
		if len(c.input.Tags) > 0 {
			message = "no rule of the contract has one of the tags " + list(c.input.Tags)
		}
		done = append(done, RuleDone{Rule: "rows", Asked: "any rule", Pos: contract.Pos, Outcome: finding.NotRun, Cause: finding.Missing, Message: message})
	}
	return done
}

// judge turns what was found into an answer.
func (r rule) judge(ctx context.Context, rows int64, f found) (RuleDone, error) {
	done := RuleDone{Rule: r.name, Column: strings.Join(r.columns, ", "), Asked: r.asked, Why: r.description, Tags: r.tags, Pos: r.pos}
	var err error
	var d decision
	switch {
	case r.decided != nil:
		d = *r.decided
	case rows == 0 && r.name != "agrees":
		d = decision{finding.NotRun, finding.Missing, "there is no row to look at"}
	case r.measure != "":
		d, err = r.assess(ctx, f.measure)
	case r.query != "":
		done.Broken = f.broken
		d = decision{outcome: finding.Pass, message: "no row came back"}
		if f.broken > 0 {
			d = decision{outcome: finding.Fail, message: counted(f.broken, "row") + " came back"}
		}
	case (r.values != "" || r.looked != "") && f.values == 0:
		d = decision{finding.NotRun, finding.Missing, "the column has no values, only nulls"}
		if r.isUsers {
			d.message = "there is no row on which the condition is true or false"
		}
	default:
		done.Broken = f.broken
		done.Of, d = r.verdict(rows, f)
	}
	done.Outcome, done.Cause, done.Message = d.outcome, d.cause, d.message
	if d.outcome == finding.Fail {
		done.Outcome = r.severity.Broken()
	}
	return done, err
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// verdict holds the share of broken rows, or of broken values, against the highest allowed.
func (r rule) verdict(rows int64, f found) (of int64, d decision) {
	of, what := rows, "rows"
	if r.values != "" || r.looked != "" {
		of, what = f.values, "values"
	}
	if f.broken == 0 {
		return of, decision{outcome: finding.Pass, message: "no row breaks it"}
	}
	d = decision{outcome: finding.Fail, message: fmt.Sprintf("%d of %d %s break it", f.broken, of, what)}
	if r.limit != nil && big.NewRat(f.broken, of).Cmp(r.limit) <= 0 {
		d.outcome = finding.Pass
	}
	return of, d
}
