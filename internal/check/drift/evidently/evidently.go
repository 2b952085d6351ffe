// Package evidently compares two tables as Evidently's DataDriftPreset does, column by column: the type that it infers, the stattest
// that it picks, its score, and whether that means drift; so that a team may leave it without a change of verdicts. It knows
// the table engine and the kernels of stat.
//
// Faults of Evidently are told and not copied: where it stops with an error, leaves a column out in silence, or takes a score that is
// NaN for no drift, a column is not judged here and says so. docs/evidently.md lists them.
package evidently

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// Version is the one that is reproduced; its rules are those of 0.4.0 and later but for the inference of types, which is that of 0.7.
const Version = "0.7.23"

// Type is what Evidently takes a column for, by its own short names.
type Type string

// The types. Evidently tests the first three and passes over the others.
const (
	Numerical   Type = "num"
	Categorical Type = "cat"
	Text        Type = "text"
	Datetime    Type = "datetime"
	Unsupported Type = "unknown"
)

// infer is the type that Evidently 0.7 infers from the current table.
func infer(s *sample) Type {
	switch s.dtype {
	case float64s:
		return Numerical
	case int64s:
		if s.distinct <= maxIntegerCategories {
			return Categorical
		}
		return Numerical
	case texts:
		if 2*s.distinct > s.values {
			return Text
		}
		return Categorical
	case bools:
		return Categorical
	case datetimes:
		return Datetime
	}
	return Unsupported
}

// maxIntegerCategories is how many distinct values whole numbers may have and still be categories.
const maxIntegerCategories = 10

// Compare reads both tables at once and compares the columns of these names. A name that a table lacks is told, and so is one that
// only the spec has.
func Compare(ctx context.Context, reference, current *table.Table, names []string, spec Spec) (Result, error) {
	result := Result{Version: Version, Reference: reference.Name(), Current: current.Name(), Nulls: spec.nulls(), DriftShare: spec.driftShare()}
	if reference.Format() != "csv" && current.Format() != "csv" {
		result.Nulls = "" // only CSV leaves a choice
	}
	for _, name := range spec.misspelt(reference, current) {
		if !slices.Contains(names, name) {
			names = append(slices.Clone(names), name)
		}
	}
	left, right, err := readBoth(ctx, reference, current, names, spec)
	if err != nil {
		return Result{}, fmt.Errorf("compare %s with %s: %w", current.Name(), reference.Name(), err)
	}
	for _, name := range names {
		result.Columns = append(result.Columns, spec.compare(name, left.samples[name], right.samples[name]))
	}
	result.ReferenceRows, result.CurrentRows = left.rows, right.rows
	return result, nil
}

// misspelt are the columns that the spec names and neither table has.
func (s Spec) misspelt(reference, current *table.Table) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.Columns)), func(name string) bool {
		_, inReference := reference.Column(name)
		_, inCurrent := current.Column(name)
		return inReference || inCurrent
	})
}

// compare answers for one column; a table that lacks it has no sample.
func (s Spec) compare(name string, reference, current *sample) Column {
	switch {
	case current == nil && reference == nil:
		return Column{Name: name, Type: Unsupported}.notJudged(finding.Missing, Stops, "it is missing from both tables")
	case current == nil:
		return Column{Name: name, Type: Unsupported}.notJudged(finding.Missing, Ignores, "it is missing from the current table")
	}
	c := Column{Name: name, Type: infer(current)}
	if broken, isBroken := c.withoutTest(reference, current); isBroken {
		return broken
	}
	p := pair{c.Type, reference, current}
	choice := s.choice(name, c.Type)
	test := usual(p)
	if choice.Stattest != "" {
		test = named(choice.Stattest)
		if !test.name.Applies(c.Type) {
			c.Method = test.name
			return c.notJudged(finding.Undefined, Stops, fmt.Sprintf("the stattest %s does not apply to columns of type %s", test.name, c.Type))
		}
	}
	c.Method, c.Title, c.Threshold = test.name, test.title, &test.threshold
	if choice.Threshold != nil {
		c.Threshold = &choice.Threshold.Value
	}
	return c.judge(test, p)
}

// withoutTest answers for columns that no stattest is run on.
func (c Column) withoutTest(reference, current *sample) (answer Column, isBroken bool) {
	switch {
	case c.Type == Datetime || c.Type == Unsupported:
		return c.notJudged(finding.Undefined, Ignores, fmt.Sprintf("it tests no columns of pandas' type %s", current.dtype)), true
	case reference == nil:
		return c.notJudged(finding.Missing, Stops, "it is missing from the reference table"), true
	case c.Type == Text:
		return c.notJudged(finding.Undefined, Trains, "text, which it judges by a classifier that it trains at random"), true
	case reference.size() == 0:
		return c.notJudged(finding.Missing, Stops, "the reference table has no finite value"), true
	case current.size() == 0:
		return c.notJudged(finding.Missing, Stops, "the current table has no finite value"), true
	case c.Type == Numerical && !reference.dtype.isNumeric():
		return c.notJudged(finding.Undefined, Stops, fmt.Sprintf("it has numbers, and the reference's are of pandas' type %s", reference.dtype)), true
	case reference.dtype == objects || reference.dtype == datetimes:
		return c.notJudged(finding.Undefined, Differs, fmt.Sprintf("the reference's values are of pandas' type %s", reference.dtype)), true
	}
	return c, false
}

// judge runs the stattest.
func (c Column) judge(test stattest, p pair) Column {
	score, err := test.score(p)
	switch {
	case err != nil:
		return c.notJudged(finding.Undefined, Stops, fmt.Sprintf("%s has no score: %v", test.name, err))
	case math.IsInf(score, 0):
		return c.notJudged(finding.NotFinite, Alarms, "the score is infinite: the values are too large for their squares or differences")
	case math.IsNaN(score):
		return c.notJudged(finding.NotFinite, Passes, "the score is NaN")
	}
	c.Score, c.Drifted = &score, test.isDrift(score, *c.Threshold)
	return c
}
