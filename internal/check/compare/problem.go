package compare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/assay-ml/assay/internal/source"
)

// Problem is what is wrong with a spec whose parts are each right.
type Problem struct {
	Path          []any // below the spec: keys and indices
	Message, Hint string
}

// The bounds of numbers: fewer replicates do not carry a 95 % interval, and more take hours.
const (
	minReplicates = 2000
	maxReplicates = 1_000_000
)

// problems collects what is wrong with a spec.
type problems []Problem

func (p *problems) add(message, hint string, path ...any) {
	*p = append(*p, Problem{path, message, hint})
}

// Problems are all that is wrong with the spec itself; whether its tables are there it cannot know.
func (s Spec) Problems() []Problem {
	var p problems
	s.checkTables(&p)
	s.checkSuites(&p)
	if s.Need != "" && s.Need != NeedBetter && s.Need != NeedNotWorse {
		p.add(fmt.Sprintf("need cannot be %q", s.Need), "allowed: better, not-worse", "need")
	}
	if s.Interval != "" && s.Interval != newcombe && s.Interval != tango {
		p.add(fmt.Sprintf("interval cannot be %q", s.Interval), "allowed: newcombe, tango", "interval")
	}
	if s.Looks != "" && s.Looks != "warn" && s.Looks != looksTighten && s.Looks != looksIgnore {
		p.add(fmt.Sprintf("looks cannot be %q", s.Looks), "allowed: warn, tighten, ignore", "looks")
	}
	for _, class := range slices.Sorted(maps.Keys(s.Classes)) {
		if s.Classes[class] == "" {
			p.add(fmt.Sprintf("class %q has no column", class), "name the column of its probability", "classes", class)
		}
	}
	s.checkMetrics(&p)
	s.checkNumbers(&p)
	s.checkRepeats(&p)
	return p
}

// checkTables reports what is missing where tables are compared.
func (s Spec) checkTables(p *problems) {
	if !s.HasTables() {
		return
	}
	for _, side := range []struct{ key, table string }{{"champion", s.Champion}, {"challenger", s.Challenger}} {
		if side.table == "" {
			p.add("missing key "+side.key, "name a table, or list evaluation suites under suites")
		}
	}
	if len(s.Key) == 0 {
		p.add("key names no column", "name the columns that identify a row", "key")
	}
}

// maxTrainings bounds the trainings of a model that are compared: each is scored in every replicate.
const maxTrainings = 100

// checkRepeats reports what the column of repeats is said to be, and is not.
func (s Spec) checkRepeats(p *problems) {
	const remedy = "name the column that tells them apart under repeat"
	switch n := s.Repeats; {
	case n == nil:
	case s.Repeat == "":
		p.add("repeats stands without repeat", remedy, "repeats")
	case s.Splits != nil:
		p.add("repeats stands beside splits", "trainings on one split are repeats; on a split each they are splits", "repeats")
	case !(2 <= *n && *n <= maxTrainings):
		p.add(fmt.Sprintf("repeats cannot be %d", *n), fmt.Sprintf("allowed: 2 to %d", maxTrainings), "repeats")
	}
	if s.Splits == nil {
		return
	}
	if s.Repeat == "" {
		p.add("splits stands without repeat", remedy, "splits")
	}
	if len(s.Fairness) > 0 {
		p.add("fairness stands beside splits", "compare it on the rows of one test set", "fairness")
	}
	if n := s.Splits.Train; n != nil && !(n.Value > 0) {
		p.add("train cannot be "+n.Text, "rows or a share, above 0", "splits", "train")
	}
	if n := s.Splits.Test; n != nil && !(n.Value > 0) {
		p.add("test cannot be "+n.Text, "rows or a share, above 0", "splits", "test")
	}
}

// checkMetrics reports metrics that are not there, and those that do not go together.
func (s Spec) checkMetrics(p *problems) {
	var numeric, classes string
	for i, name := range s.Metrics() {
		path := s.metricPath(i)
		m, err := parseMetric(name)
		switch {
		case err != nil:
			p.add(err.Error(), "metrics are "+metricNames(), path...)
			continue
		case m.kind == ofRanks && s.Group == "":
			p.add(name+" ranks the rows of each group", "name the column of the query or the user under group", path...)
		}
		switch {
		case m.isNumeric():
			numeric = name
		case m.kind != ofScores:
			classes = name
		}
	}
	if numeric != "" && classes != "" {
		p.add(numeric+" is of numbers and "+classes+" of classes", "compare them apart")
	}
	if len(s.Fairness) > 0 && numeric != "" {
		p.add("fairness is about predicted classes, and "+numeric+" about numbers", "remove it", "fairness")
	}
}

// metricPath is where the i-th of Metrics stands.
func (s Spec) metricPath(i int) []any {
	switch guards := len(s.Critical); {
	case i == 0:
		return []any{"metric"}
	case i <= guards:
		return []any{"critical", i - 1, "metric"}
	default:
		return []any{"advisory", i - 1 - guards}
	}
}

// checkNumbers reports numbers out of their bounds.
func (s Spec) checkNumbers(p *problems) {
	margins{s.Margin, s.RelativeMargin}.check(p, false)
	for i, guard := range s.Critical {
		margins{guard.Margin, guard.RelativeMargin}.check(p, true, "critical", i)
	}
	for i, groups := range s.Fairness {
		if n := groups.Limit; n != nil && !(0 < n.Value && n.Value < 1) {
			p.add("a limit of fairness cannot be "+n.Text, "it is a difference of shares between 0 and 1, and noise alone makes it more than 0", "fairness", i, "limit")
		}
	}
	if n := s.Replicates; n != nil && !(minReplicates <= *n && *n <= maxReplicates) {
		p.add(fmt.Sprintf("replicates cannot be %d", *n), fmt.Sprintf("allowed: %d to %d", minReplicates, maxReplicates), "replicates")
	}
	if n := s.MinSlice; n != nil && *n < 2 {
		p.add(fmt.Sprintf("min-slice cannot be %d", *n), "an interval takes 2 rows at least", "min-slice")
	}
	if s.Horizon < 0 || s.Horizon > 0 && s.Time == "" {
		p.add(fmt.Sprintf("horizon is %d without a time", s.Horizon), "name the column of the order of forecasts under time, and a horizon of 1 or more", "horizon")
	}
}

// FlagProblems are Problems of a spec that stands in no file.
func (s Spec) FlagProblems() source.Problems {
	var all source.Problems
	for _, problem := range s.Problems() {
		all = append(all, source.Problem{Message: problem.Message, Hint: problem.Hint})
	}
	return all
}
