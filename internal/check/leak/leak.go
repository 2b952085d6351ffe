// Package leak looks for what a test table shares with the table that the model learned from: whole rows, keys, and rows
// that contradict each other. It knows the table engine, and nothing of what is done about a leak.
package leak

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is the answer of one leakage check.
type Result struct {
	Train  string     `json:"train"`
	Test   string     `json:"test"`
	Rows   int64      `json:"rows"` // of the test table
	Checks []Check    `json:"checks"`
	Pos    source.Pos `json:"position,omitzero"`
}

// Check is one way in which the tables may overlap.
type Check struct {
	Rule     string          `json:"rule"` // shared-rows, shared-keys, label-conflicts, columns
	Columns  []string        `json:"columns,omitempty"`
	Outcome  finding.Outcome `json:"outcome"`
	Cause    finding.Cause   `json:"cause,omitempty"`
	Count    int64           `json:"count"` // rows of the test table concerned
	Message  string          `json:"message"`
	Examples []Example       `json:"examples,omitempty"`
}

// Example is one row of the test table.
type Example struct {
	File   string `json:"file"`
	Row    int64  `json:"row"`
	Values string `json:"values"`
}

const (
	maxExamples = 5
	maxValue    = 60
)

// Run compares the tables. The key defaults to that of the train table's declaration.
//
// shared-rows: rows of test that stand in train too, equal in every column that both have, keys left out, nulls equal to
// nulls. shared-keys: rows of test whose key stands in train. label-conflicts: rows of test that equal a row of train
// in every such column but the label. The engine compares by hash and spills to disk, so memory stays bounded.
func Run(ctx context.Context, train, test *table.Table, spec Spec) (Result, error) {
	var result Result
	err := table.Settled(func() error {
		var err error
		result, err = run(ctx, train, test, spec)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("look for leakage from %s to %s: %w", train.Name(), test.Name(), err)
	}
	return result, nil
}

func run(ctx context.Context, train, test *table.Table, spec Spec) (Result, error) {
	s := search{ctx: ctx, train: train, test: test, spec: spec, key: spec.Key}
	if len(s.key) == 0 {
		s.key = train.Spec().Key
	}
	result := Result{Train: train.Name(), Test: test.Name(), Pos: spec.Pos}
	var err error
	if result.Rows, err = test.Rows(ctx); err != nil {
		return Result{}, err
	}
	trainRows, err := train.Rows(ctx)
	if err != nil {
		return Result{}, err
	}
	if result.Rows == 0 || trainRows == 0 {
		result.Checks = []Check{{Rule: "shared-rows", Outcome: finding.NotRun, Cause: finding.Missing, Message: "one of the tables is empty"}}
		return result, nil
	}
	for _, look := range []func() (Check, error){s.rows, s.keys, s.conflicts} {
		check, err := look()
		if err != nil {
			return Result{}, err
		}
		if check.Rule != "" {
			result.Checks = append(result.Checks, check)
		}
	}
	return result, nil
}

// search is one comparison under way.
type search struct {
	ctx         context.Context
	train, test *table.Table
	spec        Spec
	key         []string
}

// shared lists the columns that both tables have, without those named.
func (s search) shared(without ...string) []string {
	var names []string
	for _, column := range s.test.Columns() {
		if _, ok := s.train.Column(column.Name); ok && !slices.Contains(without, column.Name) {
			names = append(names, column.Name)
		}
	}
	return names
}

func (s search) rows() (Check, error) {
	columns := s.shared(s.key...)
	if len(columns) == 0 {
		return Check{Rule: "shared-rows", Outcome: finding.NotRun, Cause: finding.Missing,
			Message: "the tables have no column in common besides the key"}, nil
	}
	return s.overlap("shared-rows", columns, s.in(columns), "rows of %s stand in %s too")
}

func (s search) keys() (Check, error) {
	if len(s.key) == 0 {
		return Check{}, nil
	}
	if missing := s.missing(s.key); len(missing) > 0 {
		return absent("shared-keys", missing), nil
	}
	return s.overlap("shared-keys", s.key, s.in(s.key), "rows of %s have a key that stands in %s too")
}

func (s search) conflicts() (Check, error) {
	if s.spec.Label == "" {
		return Check{}, nil
	}
	if missing := s.missing([]string{s.spec.Label}); len(missing) > 0 {
		return absent("label-conflicts", missing), nil
	}
	columns := s.shared(append([]string{s.spec.Label}, s.key...)...)
	if len(columns) == 0 {
		return Check{Rule: "label-conflicts", Outcome: finding.NotRun, Cause: finding.Missing,
			Message: "the tables have no column in common besides the key and the label"}, nil
	}
	all := append(slices.Clone(columns), s.spec.Label)
	condition := s.in(columns) + " AND NOT " + s.in(all)
	return s.overlap("label-conflicts", all, condition, "rows of %s equal a row of %s but for the label")
}

func absent(rule string, missing []string) Check {
	return Check{Rule: rule, Columns: missing, Outcome: finding.NotRun, Cause: finding.Missing,
		Message: "not a column of both tables: " + strings.Join(missing, ", ")}
}

// missing lists the names that are no column of both tables.
func (s search) missing(names []string) []string {
	have := s.shared()
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(have, name) })
}

// in is the condition that a row of test stands in train, looking at these columns. Columns that the tables type
// differently compare as text. A struct holds the values, so that nulls are equal to nulls.
func (s search) in(columns []string) string {
	values := make([]string, len(columns))
	for i, name := range columns {
		values[i] = table.Identifier(name)
		left, _ := s.test.Column(name)
		right, _ := s.train.Column(name)
		if left.SQLType != right.SQLType {
			values[i] = "CAST(" + values[i] + " AS VARCHAR)"
		}
	}
	tuple := table.Tuple(values...)
	return fmt.Sprintf("(%s IN (SELECT %s FROM %s))", tuple, tuple, s.train.Relation())
}

// overlap counts the rows of test for which the condition holds, and shows some.
func (s search) overlap(rule string, columns []string, condition, message string) (Check, error) {
	counts, err := s.test.CountWhere(s.ctx, condition)
	if err != nil {
		return Check{}, err
	}
	check := Check{Rule: rule, Columns: columns, Count: counts[0], Outcome: finding.Pass}
	check.Message = fmt.Sprintf("%d "+message, check.Count, s.test.Name(), s.train.Name())
	if check.Count == 0 {
		check.Message = fmt.Sprintf("no "+message, s.test.Name(), s.train.Name())
		return check, nil
	}
	check.Outcome = s.spec.Severity.Broken()
	check.Examples, err = s.examples(condition, columns)
	return check, err
}

func (s search) examples(condition string, columns []string) ([]Example, error) {
	shown := columns
	if len(s.key) > 0 && len(s.missing(s.key)) == 0 {
		shown = s.key
	}
	rows, err := s.test.Examples(s.ctx, table.Search{Where: condition, Columns: shown, Limit: maxExamples})
	if err != nil {
		return nil, err
	}
	examples := make([]Example, len(rows))
	for i, row := range rows {
		texts := make([]string, len(row.Values))
		for j, value := range row.Values {
			texts[j] = value.Text
			if s.test.IsSensitive(shown[j]) || s.train.IsSensitive(shown[j]) {
				texts[j] = "(sensitive)"
			}
		}
		examples[i] = Example{File: row.File, Row: row.Row, Values: cut(strings.Join(texts, ", "))}
	}
	return examples, nil
}

func cut(text string) string {
	runes := []rune(text)
	if len(runes) > maxValue {
		return string(runes[:maxValue]) + "…"
	}
	return text
}

// Kind names leakage results in result files.
func (Result) Kind() string { return "leakage" }

// Findings are one for each check.
func (r Result) Findings() []finding.Finding {
	all := make([]finding.Finding, len(r.Checks))
	for i, check := range r.Checks {
		all[i] = finding.Finding{Rule: check.Rule, Subject: r.Test, Outcome: check.Outcome, Pos: r.Pos, Message: check.Message}
		if check.Outcome == finding.NotRun {
			all[i] = all[i].NotRunIf(check.Cause, false)
		}
		if len(check.Examples) > 0 {
			all[i].Hint = "take them out of " + r.Train + " or " + r.Test + "; for example " + check.examples(2)
		}
	}
	return all
}

// Blocks are one table with a row for each check.
func (r Result) Blocks() []finding.Block {
	table := finding.Table{Title: fmt.Sprintf("Leakage from %s to %s", r.Train, r.Test),
		Header: []string{"looked for", "found", "share of test", "examples", "verdict"}}
	for _, check := range r.Checks {
		cells := []finding.Cell{finding.Rule(check.Rule), finding.Count(check.Count), finding.Absent{}, finding.Text(check.Message), finding.Verdict(check.Outcome)}
		if r.Rows > 0 {
			cells[2] = finding.Share(float64(check.Count) / float64(r.Rows))
		}
		if len(check.Examples) > 0 {
			cells[3] = finding.Text(check.examples(maxExamples))
		}
		table.Rows = append(table.Rows, finding.Row{Outcome: check.Outcome, Cells: cells})
	}
	return []finding.Block{table}
}

func (c Check) examples(n int) string {
	var parts []string
	for _, example := range c.Examples[:min(n, len(c.Examples))] {
		parts = append(parts, fmt.Sprintf("row %d: %q", example.Row, example.Values))
	}
	return strings.Join(parts, ", ")
}
