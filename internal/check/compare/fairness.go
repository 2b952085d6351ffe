package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Disparity is how far apart the groups of one column lie by one measure of fairness.
type Disparity struct {
	Column string `json:"column"`
	Groups int    `json:"groups"`
	Measure
	ChallengerLow  float64    `json:"challenger-low"` // interval of the challenger's own value
	ChallengerHigh float64    `json:"challenger-high"`
	Limit          *float64   `json:"limit,omitempty"` // nil: it is shown, and decides nothing
	Pos            source.Pos `json:"position,omitzero"`
}

// disparities are fairlearn's measures of the same names.
var disparities = []struct {
	name string
	of   func([]rates) float64
}{
	{"demographic-parity-difference", func(r []rates) float64 { return spreadOf(r, rates.selection) }},
	{"equalized-odds-difference", func(r []rates) float64 {
		return math.Max(spreadOf(r, rates.truePositive), spreadOf(r, rates.falsePositive))
	}},
}

// rates are the weights of a group's rows by truth and prediction.
type rates struct{ hits, misses, alarms, rests float64 }

func (r rates) selection() float64 {
	return (r.hits + r.alarms) / (r.hits + r.misses + r.alarms + r.rests)
}
func (r rates) truePositive() float64  { return r.hits / (r.hits + r.misses) }
func (r rates) falsePositive() float64 { return r.alarms / (r.alarms + r.rests) }

// spreadOf is the largest rate of any group less the smallest; NaN where one has none.
func spreadOf(groups []rates, rate func(rates) float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, g := range groups {
		low, high = math.Min(low, rate(g)), math.Max(high, rate(g))
	}
	return high - low
}

// fairness measures both disparities for each column.
func (c comparison) fairness(j *prediction.Joined, v view) []Disparity {
	var all []Disparity
	for _, groups := range c.Fairness {
		i := slices.IndexFunc(j.Slices, func(l prediction.Levels) bool { return l.Column == groups.Column })
		for _, d := range disparities {
			m := metric{name: d.name, kind: ofScores, isLoss: true, build: disparity(j.Slices[i], d.of)}
			measured := c.disparity(v, m, j.Slices[i])
			if groups.Limit != nil {
				measured.Limit, measured.Pos = &groups.Limit.Value, groups.Pos
			}
			all = append(all, measured)
		}
	}
	return all
}

// disparity is the builder of a measure.
func disparity(levels prediction.Levels, of func([]rates) float64) builder {
	return func(v view, a answers, _ float64) (scorer, error) {
		if v.positive < 0 {
			return nil, undefined{finding.Undefined, v.unknown}
		}
		return func(w []float64) float64 {
			groups := make([]rates, len(levels.Names))
			for i, code := range levels.Codes {
				groups[code].add(v.label[i] == v.positive, a.predicted[i] == v.positive, w[i])
			}
			return of(groups)
		}, nil
	}
}

func (r *rates) add(truth, predicted bool, weight float64) {
	switch {
	case truth && predicted:
		r.hits += weight
	case truth:
		r.misses += weight
	case predicted:
		r.alarms += weight
	default:
		r.rests += weight
	}
}

// disparity measures the difference between both models, and the challenger alone.
func (c comparison) disparity(v view, m metric, levels prediction.Levels) Disparity {
	d := Disparity{Column: levels.Column, Groups: len(levels.Names), Measure: c.measure(v, m, 0)}
	if d.Verdict == Undefined {
		return d
	}
	low, high, err := c.ofChallenger(v, m)
	if err != nil {
		d.undecide(finding.Undefined, err.Error())
	}
	d.ChallengerLow, d.ChallengerHigh = low, high
	return d
}

// ofChallenger is the interval of the challenger's own value, a loss.
func (c comparison) ofChallenger(v view, m metric) (low, high float64, err error) {
	if v.challengers != nil {
		v.champions = nil
		t, _, err := c.resampleTrainings(v, m)
		low, high := t.Ends(c.z)
		return -high, -low, err
	}
	challenger, err := m.build(v, v.challenger, 0)
	if err != nil {
		return 0, 0, err
	}
	how, err := c.resamplingTails(v)
	if err != nil {
		return 0, 0, err
	}
	b, err := m.resampleUnits(v, how, func([]float64) float64 { return 0 }, challenger)
	if err != nil {
		return 0, 0, err
	}
	low, high = b.Ends(c.z)
	return -high, -low, nil
}

// finding holds the challenger's disparity against its limit: it is kept where the whole interval lies below, broken where it lies above.
func (d Disparity) finding() finding.Finding {
	f := finding.Finding{Rule: "fairness", Subject: d.Column + " " + d.Metric, Outcome: finding.Pass, Pos: d.Pos}
	if d.Verdict == Undefined {
		f.Message = d.subject() + " could not be told: " + d.Why
		return f.NotRunIf(d.Cause, true)
	}
	f.Message = fmt.Sprintf("%s is %s (%s … %s), limit %g", d.subject(), number(d.Challenger), number(d.ChallengerLow), number(d.ChallengerHigh), *d.Limit)
	switch {
	case d.ChallengerHigh < *d.Limit:
	case d.ChallengerLow > *d.Limit:
		f.Outcome, f.Hint = finding.Fail, "look at the rates of each group, and at its rows that flipped"
	default:
		f.Message += ": it may lie on either side"
		f = f.NotRunIf(finding.TooFewRows, true)
		f.Hint = "more rows of the smaller groups make the interval shorter"
	}
	return f
}

// subject is what differs, as people say it.
func (d Disparity) subject() string {
	return "the " + strings.ReplaceAll(d.Metric, "-", " ") + " between the groups of " + d.Column
}
