package audit

import (
	"fmt"
	"math"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/stat"
)

// noise is how a metric moves by chance. Values are turned where lower is better.
type noise interface {
	// below is the chance that a value of a metric that is truly so is below a limit.
	below(limit, truth float64, isTurned bool) float64
	// falls is the chance that the head's value is more than allowed below the base's, where it is truly worse by drop.
	falls(truth, drop, allowed float64, isTurned bool) float64
	// deviation is the standard deviation of what a limit is held against: a value, or a difference of two.
	deviation(truth float64, isRelative, isTurned bool) float64
}

// shareOfRows is a share of so many rows that are drawn anew for each value.
type shareOfRows struct {
	rows  int64
	scale float64 // what a share of 1 is
}

func (s shareOfRows) share(v float64, isTurned bool) float64 {
	if isTurned {
		return 1 + v/s.scale
	}
	return v / s.scale
}

func (s shareOfRows) below(limit, truth float64, isTurned bool) float64 {
	return stat.ShareBelow(s.rows, s.share(truth, isTurned), s.share(limit, isTurned))
}

func (s shareOfRows) falls(truth, drop, allowed float64, isTurned bool) float64 {
	p := s.share(truth, isTurned)
	return stat.ShareFallsBelow(s.rows, p, p-drop/s.scale, allowed/s.scale)
}

func (s shareOfRows) deviation(truth float64, isRelative, isTurned bool) float64 {
	p := math.Min(1, math.Max(0, s.share(truth, isTurned)))
	one := s.scale * math.Sqrt(p*(1-p)/float64(s.rows))
	if isRelative {
		return one * math.Sqrt2
	}
	return one
}

// pairs are two models on the same rows; only a relative limit compares them.
type pairs struct {
	rows        int64
	discordance float64
	scale       float64
}

func (pairs) below(float64, float64, bool) float64 { panic("audit: an absolute limit has no pairs") }

func (p pairs) falls(_, drop, allowed float64, _ bool) float64 {
	return stat.PairFallsBelow(p.rows, p.discordance, drop/p.scale, allowed/p.scale)
}

func (p pairs) deviation(float64, bool, bool) float64 {
	return p.scale * math.Sqrt(p.discordance/float64(p.rows))
}

// normal is a value with a standard deviation, and a difference of two values with another.
type normal struct{ one, difference float64 }

// independent is normal noise of which base and head have each their own.
func independent(deviation float64) normal { return normal{deviation, deviation * math.Sqrt2} }

func (n normal) below(limit, truth float64, _ bool) float64 {
	return stat.NormalBelow(limit, truth, n.one)
}

func (n normal) falls(_, drop, allowed float64, _ bool) float64 {
	return stat.NormalBelow(-allowed, -drop, n.difference)
}

func (n normal) deviation(_ float64, isRelative, _ bool) float64 {
	if isRelative {
		return n.difference
	}
	return n.one
}

// known is a noise that the evidence tells.
type known struct {
	kind    Noise
	assumes string
	noise   noise
	ends    []noise // the ends of its interval, where it is an estimate
	rows    int64   // that it is of; 0 where more rows are no remedy
}

// minRepeats is the fewest repeats that tell their deviation.
const minRepeats = 3

// noises are all that the evidence tells of a metric under a limit.
func noises(m gate.Metric, l gate.Limit, truth float64, history []float64) []known {
	var all []known
	if n, ok := freshRows(m, l, truth); ok {
		all = append(all, n)
	}
	if n, ok := sameRows(m); ok && l.IsRelative() {
		all = append(all, n)
	}
	if d, err := stat.SuccessiveDeviation(history); err == nil {
		all = append(all, estimated(History, fmt.Sprintf("normal with a deviation of %.3g [%.3g, %.3g], by the steps between %d commits of the base branch",
			d.Value, d.Low, d.High, len(history)), d, 1))
	}
	if m.Spread != nil && len(m.Spread.Repeats) >= minRepeats {
		d, k := stat.SampleDeviation(m.Spread.Repeats), len(m.Spread.Repeats)
		all = append(all, estimated(Repeats, fmt.Sprintf("normal, the mean of %d repeats with a deviation of %.3g [%.3g, %.3g] each", k, d.Value, d.Low, d.High), d, math.Sqrt(float64(k))))
	}
	return all
}

// freshRows is the noise of other rows of the same kind.
func freshRows(m gate.Metric, l gate.Limit, truth float64) (known, bool) {
	if s := m.Spread; s != nil && !s.IsShare && s.Error > 0 {
		return known{FreshRows, fmt.Sprintf("normal with a standard error of %.3g, by the per-item results of %d rows", s.Error, s.Rows), independent(s.Error), nil, s.Units}, true
	}
	rows := l.ShareRows(m)
	if rows < 1 || math.IsNaN(m.Share(truth)) {
		return known{}, false
	}
	return known{FreshRows, fmt.Sprintf("binomial, n = %d rows an arm", rows), shareOfRows{rows, m.Scale()}, nil, rows}, true
}

// sameRows is the noise of two models that answer some of the same rows differently.
func sameRows(m gate.Metric) (known, bool) {
	s := m.Spread
	switch {
	case s == nil:
		return known{}, false
	case s.IsShare && s.Discordance > 0:
		return known{SameRows, fmt.Sprintf("paired on n = %d rows, of which %.2g %% are answered differently", s.Rows, 100*s.Discordance),
			pairs{s.Rows, s.Discordance, m.Scale()}, nil, s.Rows}, true
	case s.Paired > 0:
		return known{SameRows, fmt.Sprintf("normal, paired with a standard error of %.3g on n = %d rows", s.Paired, s.Rows), normal{s.Paired, s.Paired}, nil, s.Units}, true
	}
	return known{}, false
}

// estimated is normal noise whose deviation is an estimate, of the mean of values by whose root it is smaller.
func estimated(kind Noise, assumes string, d stat.Deviation, root float64) known {
	return known{kind, assumes, independent(d.Value / root), []noise{independent(d.Low / root), independent(d.High / root)}, 0}
}
