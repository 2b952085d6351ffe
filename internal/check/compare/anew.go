package compare

import "github.com/assay-ml/assay/internal/finding"

// Anew is the result with its verdicts taken from its intervals under a spec, which may have other margins and needs than the one that it was
// made by, and the metrics that the spec asks for and the result does not tell.
func (r Result) Anew(spec Spec) (again Result, untold []string) {
	again = r
	again.Need, again.Pos, again.Primary, again.Critical, again.Places = spec.need(), spec.Pos, nil, nil, nil
	if len(r.Faults) > 0 {
		return again, nil
	}
	if r.Primary == nil || r.Primary.Metric != spec.Primary() {
		untold = append(untold, spec.Primary())
	} else {
		primary := r.Primary.under(spec.marginsOf(spec.Primary()))
		again.Primary = &primary
	}
	for i, guard := range spec.Critical {
		if i >= len(r.Critical) || r.Critical[i].Metric != guard.Metric {
			untold = append(untold, guard.Metric)
			continue
		}
		again.Critical = append(again.Critical, r.Critical[i].under(spec.marginsOf(guard.Metric)))
		again.Places = append(again.Places, guard.Pos)
	}
	again.decide()
	for i := range again.Critical {
		again.Critical[i].doubt(r.Critical[i].Margin)
	}
	return again, untold
}

// under is the measure with other margins. Numbers that contradict each other decide nothing.
func (m Measure) under(margins margins) Measure {
	m.Margin, m.Relative, m.IsRelative = valueOr(margins.absolute), 0, false
	metric, err := parseMetric(m.Metric)
	if err != nil && m.Cause == "" {
		m.undecide(finding.Undefined, err.Error())
	}
	m.narrow(margins, metric.isLoss)
	if m.Cause == "" && !(m.Low <= m.Gain && m.Gain <= m.High) {
		m.undecide(finding.Undefined, "its gain does not lie in its interval")
	}
	return m
}

// doubt takes back what the p-values of a family say for a margin that they were not made for, or against the interval.
func (m *Measure) doubt(madeFor float64) {
	alone := *m
	alone.decide()
	passes := m.Verdict.Meets(NeedNotWorse) == finding.Pass
	if passes && (m.Margin != madeFor || alone.Verdict.Meets(NeedNotWorse) != finding.Pass) {
		*m = alone
		if m.Margin != madeFor {
			m.undecide(finding.Undefined, "it was corrected for another margin")
			m.Verdict = Undefined
		}
	}
}
