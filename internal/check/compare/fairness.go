package compare

import (
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// Disparity is how far apart the groups of one column lie by one measure of fairness.
type Disparity struct {
	Column string `json:"column"`
	Groups int    `json:"groups"`
	Measure
	ChallengerLow  float64 `json:"challenger-low"` // 95 % interval of the challenger's own value
	ChallengerHigh float64 `json:"challenger-high"`
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
func (s Spec) fairness(j *prediction.Joined, v view) []Disparity {
	var all []Disparity
	for _, levels := range j.Slices {
		if !slices.Contains(s.Fairness, levels.Column) {
			continue
		}
		for _, d := range disparities {
			m := metric{name: d.name, kind: ofScores, isLoss: true, build: disparity(levels, d.of)}
			all = append(all, s.disparity(v, m, levels))
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
func (s Spec) disparity(v view, m metric, levels prediction.Levels) Disparity {
	d := Disparity{Column: levels.Column, Groups: len(levels.Names), Measure: s.measure(v, m, 0)}
	if d.Verdict == Undefined {
		return d
	}
	challenger, err := m.build(v, v.challenger, 0)
	if err == nil {
		var b stat.Bootstrapped
		b, err = m.resampleUnits(v, s.resampling(), func([]float64) float64 { return 0 }, challenger)
		d.ChallengerLow, d.ChallengerHigh = -b.High, -b.Low
	}
	if err != nil {
		d.undecide(finding.Undefined, err.Error())
	}
	return d
}
