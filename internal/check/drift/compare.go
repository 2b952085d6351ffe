// Package drift compares a current table with a reference, column by column, with tests that keep their false-alarm rate
// over many columns and say when there are too few rows to tell. It knows the table engine and the kernels of stat.
package drift

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// The defaults of Spec; see its documentation for what they mean.
const (
	defaultSignificance = 0.05
	defaultMinimum      = 0.1
	defaultNullShare    = 0.05
)

// Compare reads both tables at once and compares the columns that the spec chooses.
func Compare(ctx context.Context, reference, current *table.Table, spec Spec, requirePower bool) (Result, error) {
	var result Result
	err := table.Settled(func() error {
		var err error
		result, err = compare(ctx, reference, current, spec)
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("compare %s with %s: %w", current.Name(), reference.Name(), err)
	}
	result.RequirePower = requirePower
	return result, nil
}

func compare(ctx context.Context, reference, current *table.Table, spec Spec) (Result, error) {
	result := spec.result(reference.Name(), current.Name())
	chosen := choose(reference, current, spec.Columns)
	result.Checks, result.LeftOut = chosen.checks, chosen.leftOut
	if err := result.analyze(ctx, reference, current, chosen.names); err != nil {
		return Result{}, err
	}
	if len(chosen.names) == 0 {
		if err := result.countRows(ctx, reference, current); err != nil {
			return Result{}, err
		}
	}
	if len(result.Checks) == 0 {
		result.Checks = []Check{{Rule: "column", Outcome: finding.NotRun, Cause: finding.Missing, Message: "there is no column to compare"}}
	}
	return result, nil
}

// countRows is for tables of which no column is read.
func (r *Result) countRows(ctx context.Context, reference, current *table.Table) (err error) {
	if r.ReferenceRows, err = reference.Rows(ctx); err != nil {
		return err
	}
	r.CurrentRows, err = current.Rows(ctx)
	return err
}

// result is an empty result with the spec's settings and defaults.
func (s Spec) result(reference, current string) Result {
	r := Result{Reference: reference, Current: current, Significance: defaultSignificance, Correction: s.Correction,
		Minimum: defaultMinimum, NullShare: defaultNullShare, Severity: s.Severity, Pos: s.Pos}
	if r.Correction == "" {
		r.Correction = BenjaminiHochberg
	}
	if s.Significance != nil {
		r.Significance = s.Significance.Value
	}
	if s.Minimum != nil {
		r.Minimum = s.Minimum.Value
	}
	r.Detect = min(1, 2*r.Minimum)
	if s.Detect != nil {
		r.Detect = s.Detect.Value
	}
	if s.NullShare != nil {
		r.NullShare = s.NullShare.Value
	}
	return r
}

// choice is which columns are compared, and what can be said of the others without looking at values.
type choice struct {
	names   []string
	checks  []Check
	leftOut []string
}

func choose(reference, current *table.Table, columns Columns) choice {
	var c choice
	for _, left := range reference.Columns() {
		if !columns.wants(left.Name) {
			continue
		}
		right, ok := current.Column(left.Name)
		switch {
		case !ok:
			c.checks = append(c.checks, Check{Column: left.Name, Rule: "column", Outcome: finding.NotRun, Cause: finding.Missing,
				Message: fmt.Sprintf("column %s is missing from %s", left.Name, current.Name())})
		case isNumeric(left.Kind) != isNumeric(right.Kind):
			c.checks = append(c.checks, Check{Column: left.Name, Rule: "type", Outcome: finding.Fail,
				Message: fmt.Sprintf("column %s is %s in %s and %s in %s", left.Name, left.Kind, reference.Name(), right.Kind, current.Name())})
		case isTime(left.Kind) && !slices.Contains(columns.Include, left.Name):
			c.leftOut = append(c.leftOut, left.Name)
		default:
			c.names = append(c.names, left.Name)
		}
	}
	return c.surprises(reference, current, columns)
}

// surprises adds what the reference does not know: new columns, and names that the spec misspells.
func (c choice) surprises(reference, current *table.Table, columns Columns) choice {
	for _, right := range current.Columns() {
		if _, ok := reference.Column(right.Name); !ok && columns.wants(right.Name) {
			c.checks = append(c.checks, Check{Column: right.Name, Rule: "column", Outcome: finding.Warn,
				Message: fmt.Sprintf("column %s of %s is new: %s does not have it", right.Name, current.Name(), reference.Name())})
		}
	}
	for _, name := range columns.Include {
		if _, ok := reference.Column(name); !ok {
			c.checks = append(c.checks, Check{Column: name, Rule: "column", Outcome: finding.NotRun, Cause: finding.Missing,
				Message: fmt.Sprintf("column %s is included and missing from %s", name, reference.Name())})
		}
	}
	return c
}

func (c Columns) wants(name string) bool {
	return (len(c.Include) == 0 || slices.Contains(c.Include, name)) && !slices.Contains(c.Exclude, name)
}

func isTime(kind table.Kind) bool {
	return kind == table.Date || kind == table.Timestamp || kind == table.Time
}

// pair is one column in both tables.
type pair struct {
	name               string
	reference, current *sample
	isSensitive        bool            // its values may not be shown
	both               *stat.TwoSample // of numbers, once they were compared
}

// columnBytes is what the numbers of columns that are read at once take where columns can be read one by one at no cost.
const columnBytes = 128 << 20

// memoryShare is how much the numbers in memory may take, for each byte that the engine may.
const memoryShare = 2.0 / 3

// readerOf plans the reading. What can only be read as a whole is read at once where memory allows.
func readerOf(ctx context.Context, reference, current *table.Table) (*reader, error) {
	r := &reader{reference: reference, current: current, columns: math.MaxInt, limit: math.MaxInt64}
	if limit := reference.Engine().MemoryLimit(); limit > 0 {
		r.limit = int64(memoryShare * float64(limit))
	}
	if !reference.IsColumnar() || !current.IsColumnar() {
		return r, nil
	}
	rows := int64(1)
	for _, t := range []*table.Table{reference, current} {
		n, err := t.Rows(ctx)
		if err != nil {
			return nil, err
		}
		rows += n
	}
	r.columns = max(1, int(columnBytes/(8*rows)))
	return r, nil
}

// analyze reads and tests every column, corrects all p-values together, and decides.
func (r *Result) analyze(ctx context.Context, reference, current *table.Table, names []string) error {
	reader, err := readerOf(ctx, reference, current)
	if err != nil {
		return err
	}
	tested := make([][]test, len(names))
	pictures := make([]*Picture, len(names))
	err = reader.eachColumn(ctx, names, func(at int, left, right *sample) {
		p := pair{name: names[at], reference: left, current: right, isSensitive: reference.IsSensitive(names[at]) || current.IsSensitive(names[at])}
		tested[at], pictures[at] = p.examine()
		if p.isSensitive {
			pictures[at] = nil
		}
		if at == 0 {
			r.ReferenceRows, r.CurrentRows = left.rows, right.rows
		}
	})
	if err != nil {
		return err
	}
	tests := slices.Concat(tested...)
	r.correct(tests)
	for _, t := range tests {
		r.Checks = append(r.Checks, r.decide(t))
	}
	for _, picture := range pictures {
		if picture != nil {
			r.Pictures = append(r.Pictures, *picture)
		}
	}
	return nil
}

// maxNamed bounds how many names a message lists.
const maxNamed = 8

func list(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
