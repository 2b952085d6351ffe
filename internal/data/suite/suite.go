// Package suite reads what the harnesses that evaluate language models write: lm-evaluation-harness, Inspect, promptfoo and NVIDIA
// NeMo Evaluator, and JSON lines of anybody's. Each becomes suites of items with a score for each metric, in the harness's own
// words. It joins nothing and judges nothing: what stands twice, is missing or is no number is kept as it is, for the join to count.
package suite

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/metric"
)

// The formats, by the names that a config gives them.
const (
	LMEval    = "lm-eval"
	Inspect   = "inspect"
	Promptfoo = "promptfoo"
	NeMo      = "nemo"
	Lines     = "jsonl"
)

// Formats are all formats.
func Formats() []string { return []string{LMEval, Inspect, Promptfoo, NeMo, Lines} }

// Run is what one file or folder holds: the answers of one model.
type Run struct {
	Suites []Suite
	Notes  []string // files that look as if they belonged to it and were not read, with the reason
}

// Suite is one task, benchmark or data set, with the scores of each of its items.
type Suite struct {
	Name     string // as the harness has it
	Format   string
	File     string // where its items stand
	Model    string // "" where the file does not tell
	IsGroup  bool   // put together of other suites of the run
	Metrics  []Metric
	Why      string // why nothing of it may be judged, "" where it may
	ItemKey  string // the field that names an item
	Category string // the field of the items' categories
}

// Metric is one score of the items of a suite.
type Metric struct {
	Name      string           // as the harness has it: acc,none of lm-eval; match of Inspect
	Direction metric.Direction // "" where neither the file nor the name tells
	Rows      []Row
	Reported  *float64 // what the harness itself says of all items, nil where it says nothing
	Why       string   // why its scores are none, such as lists, "" where they are
}

// Row is the score of one answer.
type Row struct {
	Item     string
	Repeat   string // "" where each item is answered once
	Category string
	Content  string  // something that two runs of one item share, such as a hash of the question; "" where nothing does
	Score    float64 // true is 1; NaN and the infinities as the harness wrote them
	IsNull   bool    // there is no score: the item failed, or nobody scored it
}

// Mean is the mean score; NaN where a score is missing or no number.
func (m Metric) Mean() float64 {
	sum := 0.0
	for _, row := range m.Rows {
		if row.IsNull {
			return math.NaN()
		}
		sum += row.Score
	}
	return sum / float64(len(m.Rows))
}

// agrees is how far apart two means may lie that are the same but for rounding: NeMo Evaluator rounds to four places.
const agrees = 1e-4

// Doubt says where the harness's own number is not the mean of its items: a comparison of the items then compares something else.
func (m Metric) Doubt() string {
	if m.Reported == nil || math.Abs(m.Mean()-*m.Reported) <= agrees*math.Max(1, math.Abs(*m.Reported)) || math.IsNaN(m.Mean()) {
		return ""
	}
	return fmt.Sprintf("the harness reports %.4g for %s, and the mean of its items is %.4g", *m.Reported, m.Name, m.Mean())
}

// Metric finds a metric by its name, which lm-eval's filter (acc for acc,none) may be left out of where there is one. "" is the
// first that has scores.
func (s Suite) Metric(name string) (Metric, error) {
	var found []Metric
	for _, m := range s.Metrics {
		short, _, _ := strings.Cut(m.Name, ",")
		switch {
		case name == "" && m.Why == "", m.Name == name:
			return m, nil
		case short == name:
			found = append(found, m)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	names := make([]string, len(s.Metrics))
	for i, m := range s.Metrics {
		if names[i] = m.Name; m.Why != "" {
			names[i] += " (" + m.Why + ")"
		}
	}
	switch {
	case len(found) > 1:
		return Metric{}, fmt.Errorf("several metrics are called %s: %s", name, strings.Join(names, "; "))
	case name == "":
		return Metric{}, fmt.Errorf("no metric has a score for each item: %s", strings.Join(names, "; "))
	}
	return Metric{}, fmt.Errorf("there is no metric %q; there are: %s", name, strings.Join(names, "; "))
}

// Suite finds a suite by its name.
func (r Run) Suite(name string) (Suite, bool) {
	i := slices.IndexFunc(r.Suites, func(s Suite) bool { return s.Name == name })
	if i < 0 {
		return Suite{}, false
	}
	return r.Suites[i], true
}

// Names are the suites of a run, without those that are put together of others.
func (r Run) Names() []string {
	var names []string
	for _, s := range r.Suites {
		if !s.IsGroup {
			names = append(names, s.Name)
		}
	}
	return names
}

// The bounds of one suite.
const (
	maxMetrics = 200
	maxRows    = 5_000_000
)

// metric finds or begins a metric of a suite.
func (s *Suite) metric(name string) *Metric {
	i := slices.IndexFunc(s.Metrics, func(m Metric) bool { return m.Name == name })
	switch {
	case i < 0 && len(s.Metrics) == maxMetrics:
		s.Why = fmt.Sprintf("it has more than %d metrics", maxMetrics)
		return &Metric{}
	case i < 0:
		plain, _, _ := strings.Cut(name, ",") // without lm-eval's filter
		i, s.Metrics = len(s.Metrics), append(s.Metrics, Metric{Name: name, Direction: metric.Spec{}.Describe(plain).Direction})
	}
	return &s.Metrics[i]
}

// add gives a metric the score of an item. What is no single number takes the metric out, and is counted.
func (s *Suite) add(name string, row Row, v value) {
	m := s.metric(name)
	switch number, ok := v.number(); {
	case v.isNull():
		row.IsNull = true
	case !ok:
		m.Why = "its items have " + v.what() + ", not one number each"
	default:
		row.Score = number
	}
	s.keep(m, row)
}

// keep gives a metric a row, as long as there are not too many.
func (s *Suite) keep(m *Metric, row Row) {
	if len(m.Rows) == maxRows {
		s.Why = fmt.Sprintf("it has more than %d answers", maxRows)
		return
	}
	m.Rows = append(m.Rows, row)
}

// higherIsBetter says so of all metrics, for harnesses of which it is known.
func (s *Suite) higherIsBetter() {
	for i := range s.Metrics {
		s.Metrics[i].Direction = metric.Higher
	}
}

// forgetEmpty takes out the metrics of which the harness speaks and that no item has.
func (s *Suite) forgetEmpty() {
	for i := range s.Metrics {
		if len(s.Metrics[i].Rows) == 0 {
			s.Metrics[i].Why = "no item has it"
		}
	}
}

// report notes what the harness says of all items.
func (s *Suite) report(name string, v value) {
	if number, ok := v.number(); ok && !v.isNull() {
		s.metric(name).Reported = &number
	}
}
