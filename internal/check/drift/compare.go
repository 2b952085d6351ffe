// Package drift compares a current table with a reference, column by column, with tests that keep their false-alarm rate
// over many columns and say when there are too few rows to tell. It knows the table engine and the kernels of stat.
package drift

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
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
	chosen := choose(reference, current, spec)
	result.Checks, result.LeftOut = chosen.checks, chosen.leftOut
	c := newComparison(&result, len(chosen.names), spec)
	if err := c.readTables(ctx, reference, current, chosen.names); err != nil {
		return Result{}, err
	}
	for _, name := range spec.parted() {
		column, known := reference.Column(name)
		c.unparted = spec.History.unfit(column, known)
	}
	err := c.run(ctx, reference.Scan, current.Scan)
	return result, err
}

// choice is which columns are compared, and what can be said of the others without looking at values.
type choice struct {
	names   []string
	checks  []Check
	leftOut []string
}

// named is what choosing columns takes of a table.
type named interface {
	Name() string
	Columns() []table.Column
	Column(name string) (table.Column, bool)
}

func choose(reference, current named, spec Spec) choice {
	var c choice
	for _, left := range reference.Columns() {
		if !spec.Columns.wants(left.Name) {
			continue
		}
		right, ok := current.Column(left.Name)
		switch {
		case !ok:
			c.checks = append(c.checks, missing(left.Name, fmt.Sprintf("column %s is missing from %s", left.Name, current.Name())))
		case manner(left.Kind) != manner(right.Kind):
			c.checks = append(c.checks, Check{Column: left.Name, Rule: typeChange, Outcome: spec.costs(left.Name),
				Message: fmt.Sprintf("column %s is %s in %s and %s in %s", left.Name, left.Kind, reference.Name(), right.Kind, current.Name())})
		case isTime(left.Kind) && !slices.Contains(spec.named(), left.Name):
			c.leftOut = append(c.leftOut, left.Name)
		default:
			c.names = append(c.names, left.Name)
		}
	}
	return c.surprises(reference, current, spec)
}

func missing(column, message string) Check {
	return Check{Column: column, Rule: columnRule, Outcome: finding.NotRun, Cause: finding.Missing, Message: message}
}

// manner is how values of a kind are compared: dates, times and numbers each count in a unit of their own, and all else as categories.
func manner(kind table.Kind) table.Kind {
	switch {
	case kind.IsNumeric():
		return table.Float
	case isTime(kind):
		return kind
	}
	return table.String
}

// surprises adds what the reference does not know: new columns, and names that the spec misspells.
func (c choice) surprises(reference, current named, spec Spec) choice {
	for _, right := range current.Columns() {
		if _, ok := reference.Column(right.Name); !ok && spec.Columns.wants(right.Name) {
			c.checks = append(c.checks, Check{Column: right.Name, Rule: columnRule, Outcome: finding.Warn,
				Message: fmt.Sprintf("column %s of %s is new: %s does not have it", right.Name, current.Name(), reference.Name())})
		}
	}
	for _, name := range append(spec.named(), spec.parted()...) {
		if _, ok := reference.Column(name); !ok {
			c.checks = append(c.checks, missing(name, fmt.Sprintf("column %s is named under drift and missing from %s", name, reference.Name())))
		}
	}
	return c
}

// named is the columns that the spec names because they are to be compared, each once.
func (s Spec) named() []string {
	names := slices.Concat(s.Columns.Include, s.Important)
	for name := range s.ByColumn {
		names = append(names, name)
	}
	for _, name := range []string{s.Target, s.Prediction} {
		if name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// parted is the column whose values are the parts of the history, where there is one. It need not be compared.
func (s Spec) parted() []string {
	if s.History == nil || s.History.By == "" {
		return nil
	}
	return []string{s.History.By}
}

func (c Columns) wants(name string) bool {
	return (len(c.Include) == 0 || slices.Contains(c.Include, name)) && !slices.Contains(c.Exclude, name)
}

func isTime(kind table.Kind) bool {
	return kind == table.Date || kind == table.Timestamp || kind == table.Time
}

// comparison is a result in the making.
type comparison struct {
	result   *Result
	spec     Spec
	pairs    []pair
	examined []examined
	tests    []test // of several columns together

	unparted Check // why the reference has no parts; its message is empty where it has
}

func newComparison(result *Result, columns int, spec Spec) *comparison {
	return &comparison{result: result, spec: spec, pairs: make([]pair, columns), examined: make([]examined, columns)}
}

// examine asks what one column answers by itself.
func (c *comparison) examine(at int, p pair) {
	c.examined[at] = p.examine()
	p.both = nil // it holds all values
	c.pairs[at] = p
}

// readTables reads the columns and examines each.
func (c *comparison) readTables(ctx context.Context, reference, current *table.Table, names []string) error {
	reader, err := c.readerOf(ctx, reference, current)
	if err != nil {
		return err
	}
	reader.reference, reader.current = reference, current
	err = reader.eachColumn(ctx, names, func(at int, left, right *sample) {
		name := names[at]
		column, _ := reference.Column(name) // it was chosen
		c.examine(at, pair{name: name, kind: column.Kind, reference: left, current: right,
			isSensitive: reference.IsSensitive(name) || current.IsSensitive(name), settings: c.spec.column(name, len(names))})
	})
	if err != nil {
		return err
	}
	return c.countRows(ctx, reference, current)
}

// countRows takes the numbers of rows from a column, or from the tables where none was read.
func (c *comparison) countRows(ctx context.Context, reference, current *table.Table) (err error) {
	if len(c.pairs) > 0 {
		c.result.ReferenceRows, c.result.CurrentRows = c.pairs[0].reference.rows, c.pairs[0].current.rows
		return nil
	}
	if c.result.ReferenceRows, err = reference.Rows(ctx); err != nil {
		return err
	}
	c.result.CurrentRows, err = current.Rows(ctx)
	return err
}

// run asks what it takes rows to answer, and decides.
func (c *comparison) run(ctx context.Context, reference, current scan) error {
	if err := c.classify(ctx, reference, current); err != nil {
		return err
	}
	if err := c.calibrate(ctx, reference); err != nil {
		return err
	}
	c.conclude()
	return nil
}

// classify lets a classifier tell rows of the tables apart, where it is asked for or texts are to be compared by their words.
func (c *comparison) classify(ctx context.Context, reference, current scan) error {
	var names []string
	var plain, texts, of []int // plain and texts are places among names, of the place of each name among the pairs
	for i, p := range c.pairs {
		switch nature := c.examined[i].nature; {
		case nature == natureText:
			texts = append(texts, len(names))
		case c.spec.Multivariate && (nature == natureNumber || nature == natureCategory) && !isTime(p.kind):
			plain = append(plain, len(names))
		default:
			continue
		}
		names, of = append(names, p.name), append(of, i)
	}
	if len(names) == 0 {
		return nil
	}
	left, right, err := drawBoth(ctx, reference, current, names, uint64(c.spec.Seed))
	if err != nil {
		return err
	}
	for _, at := range texts {
		c.examined[of[at]].ask(c.pairs[of[at]].wordingTest(left.pick(at), right.pick(at)))
	}
	if len(plain) > 0 {
		var pairs []pair
		for _, at := range plain {
			pairs = append(pairs, c.pairs[of[at]])
		}
		c.tests = append(c.tests, multivariateTest(pairs, left.pick(plain...), right.pick(plain...), c.spec.column("", len(c.pairs))))
	}
	return nil
}

// conclude corrects all p-values together, and decides.
func (c *comparison) conclude() {
	r := c.result
	tests := c.tests
	for _, e := range c.examined {
		tests = append(tests, e.tests...)
		if e.column != nil {
			r.Columns = append(r.Columns, *e.column)
		}
	}
	r.correct(tests)
	for _, t := range tests {
		if check := r.decide(t); !t.surprise || check.Drifted() {
			r.Checks = append(r.Checks, check)
		}
	}
	r.judge()
	for i := range r.Checks {
		r.Checks[i].Role = c.spec.role(r.Checks[i].Column)
	}
	if len(r.Checks) == 0 {
		r.Checks = []Check{missing("", "there is no column to compare")}
	}
}

func (s Spec) role(column string) Role {
	switch column {
	case "":
		return ""
	case s.Target:
		return Target
	case s.Prediction:
		return Prediction
	}
	return ""
}

// maxNamed bounds how many names a message lists.
const maxNamed = 8

func list(names []string) string {
	if len(names) > maxNamed {
		return strings.Join(names[:maxNamed], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
