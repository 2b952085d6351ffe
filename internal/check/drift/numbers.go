package drift

import (
	"fmt"
	"math"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// compareNumbers compares two samples of numbers: their distributions, and the range of the one with that of the other.
func (p pair) compareNumbers(e *examined, rule string) {
	m, err := p.measure()
	if err != nil {
		e.ask(p.undecided(rule, finding.NotRun, finding.Undefined, fmt.Sprintf("%s: %v", p.subject(), err)))
		return
	}
	p.digits = m.digits()
	if e.column == nil {
		e.column = p.numberColumn(m)
	}
	answer, err := p.run(m)
	switch {
	case err != nil: // each test is defined for a few values of which two differ, and constants are categories
		e.ask(p.undecided(rule, finding.NotRun, finding.TooFewRows, fmt.Sprintf("%s: %s: %v", p.subject(), answer.name, err)))
		return
	case !answer.isFinite():
		e.ask(p.undecided(rule, finding.NotRun, finding.NotFinite, fmt.Sprintf("%s: %s overflows on these numbers", p.subject(), answer.name)))
		return
	}
	e.ask(p.numberTest(rule, m, answer))
	if rule == distribution {
		e.ask(p.beyond(m))
	}
}

// numberTest is the question that a test of numbers has answered.
func (p pair) numberTest(rule string, m measure, answer answer) test {
	minimum, detect := p.settings.limits(answer.effect.scale)
	name := answer.name
	if p.aspect != "" {
		name += " of " + p.aspect
	}
	t := p.question(rule, name, answer.effect, minimum, detect)
	t.p, t.least = answer.p, answer.least
	t.check.Statistic = finite(answer.statistic)
	t.check.PSI, t.check.PSINoise = beside(stat.PSI(m.bins.X, m.bins.Y)), beside(stat.PSINoise(m.reference.count, m.current.count, len(m.bins.X)))
	t.check.W1, t.check.W1Noise = beside(m.distance()), beside(stat.WassersteinNoise(m.reference.count, m.current.count))
	t.plan = func(level float64) stat.Plan {
		return stat.KolmogorovPlan(answer.reference, answer.current, level, answer.effect.scale.share(minimum), answer.effect.scale.share(detect))
	}
	t.check.Message = fmt.Sprintf("%s: medians %s and %s", p.subject(), p.show(m.reference.quantiles[median]), p.show(m.current.quantiles[median]))
	if p.isSensitive {
		t.check.Message = p.subject() + ": numbers that are not shown"
	}
	return t
}

// distance is W1 in standard deviations; NaN where they overflow.
func (m measure) distance() float64 {
	if math.IsInf(m.unit(), 0) {
		return math.NaN()
	}
	return m.w1 / m.unit()
}

// unit is the standard deviation that distances are told in: that of the reference, or of current where the reference is one
// constant.
func (m measure) unit() float64 {
	if m.reference.deviation > 0 {
		return m.reference.deviation
	}
	return m.current.deviation
}

// isFinite reports whether the numbers of the samples had sums and squares.
func (a answer) isFinite() bool {
	return finite(a.p) != nil && finite(a.statistic) != nil && finite(a.effect.value) != nil
}

// beyond asks whether more of current's values lie beyond the range of the reference than chance puts there. It is counted
// among the tests whether or not any do, so that the correction does not depend on the data.
func (p pair) beyond(m measure) test {
	n, size := m.reference.count, m.current.count
	beyond := float64(m.below+m.above) / float64(size)
	low, high := stat.Exceedance(m.below, n, size), stat.Exceedance(m.above, n, size)
	t := p.question(beyondRange, "exceedance", effect{value: beyond, noise: math.Min(1, 2/float64(n+1)), scale: scale{unit: valueShare}}, p.settings.rangeShare, 0)
	t.surprise, t.p = true, math.Min(1, 2*math.Min(low, high))
	t.check.Message = fmt.Sprintf("column %s: %d values below and %d above the range of the reference", p.name, m.below, m.above)
	if !p.isSensitive {
		t.check.Message += fmt.Sprintf(", %s to %s; they reach from %s to %s", p.show(m.reference.minimum), p.show(m.reference.maximum),
			p.show(m.current.minimum), p.show(m.current.maximum))
	}
	return t
}
