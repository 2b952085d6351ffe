// Package audit says what a gate can do: how often it fails a model that did not change, and how large a drop it notices. It takes the
// gates as they were judged, with what is known of their metrics' noise: per-item results, a declared number of rows, the history
// of the base branch. It reads no files and runs nothing. What none of these tells is not told.
package audit

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/stat"
)

// Result is the answer about all gates.
type Result struct {
	Gates []Gate `json:"gates"`
	// All asks for a finding of each gate, also of those whose chances are under no rule.
	All          bool `json:"all,omitempty"`
	RequirePower bool `json:"require-power,omitempty"` // what cannot be told blocks
}

// Gate is one limit and what it can do.
type Gate struct {
	Metric   string           `json:"metric"`
	Limit    string           `json:"limit"` // as people read it
	Severity finding.Severity `json:"severity,omitempty"`
	OfBase   bool             `json:"of-base,omitempty"`
	Pos      source.Pos       `json:"position,omitzero"`
	gate.Terms
	Truth     float64  `json:"truth"`      // what an unchanged model is taken to have
	TruthFrom string   `json:"truth-from"` // what says so
	Point     float64  `json:"point"`      // one point of the metric, or one percent of it where it is no share
	IsPercent bool     `json:"is-percent,omitempty"`
	Sources   []Source `json:"sources,omitempty"`
	Why       string   `json:"why,omitempty"` // of no source: why nothing can be told
}

// Source is what a gate can do where one thing makes its metric move by chance.
type Source struct {
	Noise      Noise   `json:"noise"`
	Assumes    string  `json:"assumes"`
	FalseAlarm Chance  `json:"false-alarm"`
	Catches    []Catch `json:"catches"`
	Smallest   float64 `json:"smallest,omitempty"` // drop that is caught with a chance of 0.8; 0: none
	Fix        *Fix    `json:"fix,omitempty"`      // nil: there is nothing to mend
}

// Noise is what makes a metric move by chance.
type Noise string

// The kinds of noise.
const (
	FreshRows Noise = "fresh rows" // each run is judged on other rows of the same kind
	SameRows  Noise = "same rows"  // both models on the same rows, of which they answer some differently
	History   Noise = "history"    // retraining, decoding and whatever else differs between commits of the base branch
	Repeats   Noise = "repeats"    // decoding or seeds, as the per-item results repeat them
)

// Chance is a probability; Low and High are its ends where the noise itself is an estimate.
type Chance struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Catch is how often a drop is noticed.
type Catch struct {
	Drop   float64 `json:"drop"`
	Chance float64 `json:"chance"`
	Open   float64 `json:"inconclusive,omitempty"` // of a limit on an interval
}

// power is the chance at which a drop counts as noticed, unless the gate says otherwise.
const power = 0.8

// largest bounds a value of which chances are told: multiples of it are still numbers.
const largest = 1e100

// points are the drops that each gate is asked about.
var points = []float64{1, 2, 5}

// Audit asks each limit what it can do.
func Audit(judged gate.Result) Result {
	result := Result{RequirePower: judged.RequirePower}
	for _, m := range judged.Metrics {
		for _, l := range m.Limits {
			result.Gates = append(result.Gates, audit(m, l, judged.RequirePower))
		}
	}
	return result
}

func audit(m gate.Metric, l gate.Limit, openIsRed bool) Gate {
	g := Gate{Metric: m.Name, Limit: l.Text(), Severity: l.Severity, OfBase: l.OfBase, Pos: l.Number.Pos, Terms: l.Terms}
	if l.OfBase {
		g.Pos = source.Pos{}
	}
	history := finite(m.History)
	g.Truth, g.TruthFrom = truth(m, history)
	switch {
	case g.TruthFrom == "":
		g.Why = "the metric has no value yet"
		return g
	case math.Abs(g.Truth) > largest:
		g.Truth, g.Why = 0, "the metric's value is too large to reckon with"
		return g
	}
	g.Point = m.Scale() / 100
	if math.IsNaN(m.Share(g.Truth)) {
		g.Point, g.IsPercent = math.Abs(g.Truth)/100, true
	}
	q := ask(m, l, g.Truth, openIsRed)
	for _, n := range noises(m, l, g.Truth, history) {
		g.Sources = append(g.Sources, g.source(q, n))
	}
	if len(g.Sources) == 0 {
		g.Why = fmt.Sprintf("there are no per-item results and no number of rows, and the base branch has %d of the %d values that it takes", len(history), stat.MinSuccessive)
	}
	return g
}

// truth is what an unchanged model has: the middle of the history, which one lucky run does not move; else the base's value, else the head's.
func truth(m gate.Metric, history []float64) (value float64, from string) {
	switch {
	case len(history) >= stat.MinSuccessive:
		sorted := slices.Sorted(slices.Values(history))
		return sorted[len(sorted)/2], fmt.Sprintf("the middle of %d values of the base branch", len(sorted))
	case m.Base != nil && m.Base.IsFinite():
		return float64(*m.Base), "the base"
	case m.Head != nil && m.Head.IsFinite():
		return float64(*m.Head), "this run, for want of a base"
	}
	return 0, ""
}

func finite(history []*metric.Value) []float64 {
	var values []float64
	for _, v := range history {
		if v != nil && v.IsFinite() {
			values = append(values, float64(*v))
		}
	}
	return values
}

// source asks the questions under one noise.
func (g Gate) source(q question, n known) Source {
	s := Source{Noise: n.kind, Assumes: n.assumes + "; " + q.sides()}
	s.FalseAlarm.Value, _ = q.chances(n.noise, 0)
	s.FalseAlarm.Low, s.FalseAlarm.High = s.FalseAlarm.Value, s.FalseAlarm.Value
	for _, end := range n.ends {
		chance, _ := q.chances(end, 0)
		s.FalseAlarm.Low, s.FalseAlarm.High = math.Min(s.FalseAlarm.Low, chance), math.Max(s.FalseAlarm.High, chance)
	}
	for _, drop := range g.drops() {
		red, open := q.chances(n.noise, drop)
		s.Catches = append(s.Catches, Catch{drop, red, open})
	}
	s.Smallest = q.smallest(n.noise, g.Point)
	s.Fix = g.fix(q, n, s)
	return s
}

// drops are those that a gate is asked about: 1, 2 and 5 points, and the one that it is meant for.
func (g Gate) drops() []float64 {
	var all []float64
	for _, p := range points {
		all = append(all, p*g.Point)
	}
	if g.MinPower != nil && !slices.ContainsFunc(all, func(d float64) bool { return isClose(d, g.MinPower.Drop.Value) }) {
		all = append(all, g.MinPower.Drop.Value)
	}
	return all
}

func isClose(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) }

// meant is the drop that a gate is meant to notice.
func (g Gate) meant() float64 {
	if g.MinPower != nil {
		return g.MinPower.Drop.Value
	}
	return 2 * g.Point
}

// caught is how often the drop that the gate is meant for is noticed.
func (s Source) caught(g Gate) float64 {
	i := slices.IndexFunc(s.Catches, func(c Catch) bool { return isClose(c.Drop, g.meant()) })
	if i < 0 {
		return 0
	}
	return s.Catches[i].Chance
}

// alarming is the source that false alarms are told by: what the pipeline was seen to do comes before what other rows would do.
func (g Gate) alarming() Source {
	for _, kind := range []Noise{History, Repeats, SameRows} {
		if i := slices.IndexFunc(g.Sources, func(s Source) bool { return s.Noise == kind }); i >= 0 {
			return g.Sources[i]
		}
	}
	return g.Sources[0]
}

// blindest is the source under which the gate notices least. Real noise is all of them together, so that each is an upper bound of its power.
func (g Gate) blindest() Source {
	return slices.MinFunc(g.Sources, func(a, b Source) int { return cmp.Compare(a.caught(g), b.caught(g)) })
}
