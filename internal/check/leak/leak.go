// Package leak looks for what a test table shares with the table that the model learned from (rows, keys, groups, texts,
// time), and for columns that give the label away. It knows the table engine, and nothing of what is done about a leak.
package leak

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// Run compares the tables, rule by rule; docs/leakage.md says what each looks for. The key defaults to that of the train
// table's declaration. The engine compares rows by hash and spills to disk; what is looked at in Go is bounded samples
// and hashes, so memory stays bounded.
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
	if s.trainRows, err = train.Rows(ctx); err != nil {
		return Result{}, err
	}
	if s.testRows, err = test.Rows(ctx); err != nil {
		return Result{}, err
	}
	result.Rows = s.testRows
	if s.trainRows == 0 || s.testRows == 0 {
		result.Checks = []Check{Check{Rule: "shared-rows"}.unable(finding.Missing, "one of the tables is empty")}
		return result, nil
	}
	if s.index, err = s.indexColumns(); err != nil {
		return Result{}, err
	}
	return result, s.all(&result)
}

// search is one comparison under way.
type search struct {
	ctx                 context.Context
	train, test         *table.Table
	trainRows, testRows int64
	spec                Spec
	key                 []string
	index               []string // columns that only number the rows
}

// rule is one way to look for leakage.
type rule struct {
	name    string
	look    func() ([]Check, error) // no checks: there is nothing to look at
	without string                  // why there may be nothing
}

func (s search) rules() []rule {
	return []rule{
		{"shared-rows", s.rows, ""},
		{"similar-rows", s.similar, "no column holds texts or broken numbers: shared-rows says it all"},
		{"shared-keys", s.keys, "no key is named"},
		{"shared-groups", s.groups, "no group is named"},
		{"label-conflicts", s.conflicts, "no label is named"},
		{"near-duplicates", s.texts, "no column holds long texts, and none is named"},
		{"time-order", s.order, "no time is named"},
		{"strong-features", s.strong, "no label is named"},
		{"id-order", s.identifiers, "no label is named"},
		{"index-columns", s.numbering, ""},
		{"constant-columns", s.constants, ""},
		{"duplicate-columns", s.duplicates, ""},
	}
}

// all looks for everything that the spec asks for, and notes what was left out.
func (s search) all(result *Result) error {
	for _, rule := range s.rules() {
		if slices.Contains(s.spec.Skip, rule.name) {
			result.Omitted = append(result.Omitted, Omission{rule.name, "skipped by the config"})
			continue
		}
		found, err := rule.look()
		if err != nil {
			return fmt.Errorf("%s: %w", rule.name, err)
		}
		if len(found) == 0 {
			result.Omitted = append(result.Omitted, Omission{rule.name, rule.without})
		}
		result.Checks = append(result.Checks, found...)
	}
	for _, set := range []struct {
		names []string
		why   string
	}{{s.key, "the key"}, {s.index, "numbers the rows"}, {s.spec.Exclude, "excluded by the config"}} {
		for _, name := range set.names {
			result.Omitted = append(result.Omitted, Omission{"column " + name, set.why})
		}
	}
	return nil
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

// compared lists the columns whose values make two rows the same: those of both tables but keys and row numbers.
func (s search) compared() []string {
	return s.shared(slices.Concat(s.key, s.index, s.spec.Exclude)...)
}

// features lists the columns that a model may learn from.
func (s search) features() []string {
	return slices.DeleteFunc(s.compared(), func(name string) bool {
		return name == s.spec.Label || name == s.spec.Group || name == s.spec.Time || name == s.spec.Until
	})
}

// missing lists the names that are no column of both tables.
func (s search) missing(names ...string) []string {
	have := s.shared()
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(have, name) })
}

func (s search) isSensitive(name string) bool {
	return s.train.IsSensitive(name) || s.test.IsSensitive(name)
}

// unable is the check that could not be made.
func (c Check) unable(cause finding.Cause, why string) Check {
	c.Outcome, c.Cause, c.Message = finding.NotRun, cause, why
	return c
}

// absent is the check of columns that are not there.
func absent(rule string, missing []string) []Check {
	return []Check{Check{Rule: rule, Columns: missing}.unable(finding.Missing, "not a column of both tables: "+strings.Join(missing, ", "))}
}
