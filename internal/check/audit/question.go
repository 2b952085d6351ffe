package audit

import (
	"math"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/stat"
)

// question is a limit on a metric that is turned, where lower is better, so that more is better: -v in place of v.
type question struct {
	truth      float64
	isTurned   bool
	isRelative bool
	allowed    float64 // of a relative limit: how far the head may be below the base
	low, high  float64 // of an absolute one: between which values the metric must be
	// Of a limit on an interval: how far from the limit a value must be before its interval lies on one side.
	lowMargin, highMargin float64
	openIsRed             bool
}

// ask turns a limit into the question that it asks of a metric that is truly so.
func ask(m gate.Metric, l gate.Limit, truth float64, openIsRed bool) question {
	q := question{truth: truth, isRelative: l.IsRelative(), openIsRed: openIsRed}
	q.isTurned = l.Rule == "at-most" || l.Rule == "max-rise" || l.Rule == "between" && m.Direction == metric.Lower
	if q.isRelative {
		q.allowed = l.Number.Value
		if l.Rule == "max-drop-percent" {
			q.allowed *= math.Abs(truth) / 100
		}
	} else {
		q.low, q.high = l.Ends()
		q.lowMargin, q.highMargin = margin(m, l, q.low), margin(m, l, q.high)
	}
	if q.isTurned {
		q.truth, q.low, q.high, q.lowMargin, q.highMargin = -q.truth, -q.high, -q.low, q.highMargin, q.lowMargin
	}
	return q
}

// margin is how far from a limit a value must be so that its interval does not hold it: by Wilson's interval z√(L(1 − L)/n), since
// that is the set of shares which the score test does not reject; else z standard errors.
func margin(m gate.Metric, l gate.Limit, limit float64) float64 {
	if l.Confidence == nil || math.IsInf(limit, 0) {
		return 0
	}
	z, rows := stat.NormalQuantile((1+l.Confidence.Value)/2), l.ShareRows(m)
	if m.Spread != nil && !m.Spread.IsShare {
		return z * m.Spread.Error
	}
	share := m.Share(limit)
	if rows == 0 || math.IsNaN(share) {
		return 0
	}
	return z * math.Sqrt(share*(1-share)/float64(rows)) * m.Scale()
}

// sides says what of the question decides its answer.
func (q question) sides() string {
	switch {
	case q.isRelative:
		return "one-sided, two arms: base and head"
	case math.IsInf(q.low, 0) || math.IsInf(q.high, 0):
		return "one-sided, one arm: the head against a fixed number"
	default:
		return "two-sided, one arm: the head against fixed numbers"
	}
}

// chances are how often the gate is red, and how often it cannot tell, where the metric is truly worse by drop. Where not being
// able to tell is red, it counts there alone.
func (q question) chances(n noise, drop float64) (red, open float64) {
	if q.isRelative {
		return n.falls(q.truth, drop, q.allowed, q.isTurned), 0
	}
	red = q.outside(n, drop, q.low-q.lowMargin, q.high+q.highMargin)
	open = math.Max(0, q.outside(n, drop, q.low+q.lowMargin, q.high-q.highMargin)-red)
	if q.openIsRed {
		return red + open, 0
	}
	return red, open
}

// outside is the chance of a value that is below one limit or above the other.
func (q question) outside(n noise, drop, low, high float64) float64 {
	chance, truth := 0.0, q.truth-drop
	if !math.IsInf(low, 0) {
		chance += n.below(low, truth, q.isTurned)
	}
	if !math.IsInf(high, 0) {
		chance += n.below(-high, -truth, !q.isTurned)
	}
	return math.Min(1, chance)
}

// smallest is the smallest drop that is caught with the usual power; 0 where none is up to a thousand points.
func (q question) smallest(n noise, point float64) float64 {
	const steps = 20 // halvings: to a millionth of the answer
	caught := func(drop float64) bool { red, _ := q.chances(n, drop); return red >= power }
	if point == 0 {
		return 0
	}
	low, high := 0.0, point
	for ; !caught(high); low, high = high, 2*high {
		if high > 1000*point {
			return 0
		}
	}
	for range steps {
		if middle := (low + high) / 2; caught(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
