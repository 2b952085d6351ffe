// Package drift compares a current table with a reference, column by column, with tests that keep their false-alarm rate
// over many columns and say when there are too few rows to tell. It knows the table engine and the kernels of stat.
package drift

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
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
	pairs, err := readBoth(ctx, reference, current, chosen.names)
	if err != nil {
		return Result{}, err
	}
	if result.ReferenceRows, err = reference.Rows(ctx); err != nil {
		return Result{}, err
	}
	if result.CurrentRows, err = current.Rows(ctx); err != nil {
		return Result{}, err
	}
	result.analyze(pairs)
	if len(result.Checks) == 0 {
		result.Checks = []Check{{Rule: "column", Outcome: finding.NotRun, Cause: finding.Missing, Message: "there is no column to compare"}}
	}
	return result, nil
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
	isSensitive        bool // its values may not be shown
}

// readBoth scans both tables at once: half of the time goes into parsing, which one table alone does not keep busy.
func readBoth(ctx context.Context, reference, current *table.Table, names []string) ([]pair, error) {
	if len(names) == 0 {
		return nil, nil
	}
	var left, right []*sample
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { left, err = read(ctx, reference, names); return err })
	group.Go(func() (err error) { right, err = read(ctx, current, names); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	pairs := make([]pair, len(names))
	for i, name := range names {
		pairs[i] = pair{name, left[i], right[i], reference.IsSensitive(name) || current.IsSensitive(name)}
	}
	return pairs, nil
}

// analyze tests every column, corrects all p-values together, and decides.
func (r *Result) analyze(pairs []pair) {
	tested := make([][]test, len(pairs))
	pictures := make([]*Picture, len(pairs))
	var workers sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, p := range pairs {
		slots <- struct{}{}
		workers.Go(func() {
			tested[i], pictures[i] = p.examine()
			if p.isSensitive {
				pictures[i] = nil
			}
			<-slots
		})
	}
	workers.Wait()
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
}

// maxNamed bounds how many names a message lists.
const maxNamed = 8

func list(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
