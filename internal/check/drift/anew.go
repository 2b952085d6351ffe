package drift

import (
	"slices"

	"github.com/assay-ml/assay/internal/finding"
)

// Anew is the result with its verdicts taken from its p-values and effects under a spec, which may have other limits and costs than the one
// that it was made by. A stored effect may hold noise that the first verdict took off, so that it turns a pass into drift only
// where it counts without all of its noise; the limits of texts and of the classifier are the result's own. Comparisons with the
// reference's history keep their outcome, since it was told by distances that are not stored.
func (r Result) Anew(spec Spec, requirePower bool) Result {
	again := spec.result(r.Reference, r.Current)
	again.IsProfile, again.ReferenceRows, again.CurrentRows, again.Tests = r.IsProfile, r.ReferenceRows, r.CurrentRows, r.Tests
	again.History, again.Columns, again.LeftOut, again.RequirePower = r.History, r.Columns, r.LeftOut, requirePower
	again.Checks = slices.DeleteFunc(slices.Clone(r.Checks), func(c Check) bool { return c.Rule == dataSet })
	again.correctAnew()
	for i := range again.Checks {
		check := &again.Checks[i]
		if check.Drifted() || again.hasDrifted(*check, spec) {
			check.Outcome, check.Cause = spec.costsOf(*check), ""
		}
	}
	again.judge()
	return again
}

// costsOf is what drift by a check costs: unseen values warn.
func (s Spec) costsOf(c Check) finding.Outcome {
	if c.Rule == unseenValues {
		return finding.Warn
	}
	return s.costs(c.Column)
}

// correctAnew corrects the p-values of all checks together.
func (r *Result) correctAnew() {
	var raw []float64
	var of []int
	for i, check := range r.Checks {
		if check.P != nil && check.Usual == nil {
			raw, of = append(raw, *check.P), append(of, i)
		}
	}
	for i, adjusted := range r.Correction.adjust(raw) {
		r.Checks[of[i]].Adjusted = &adjusted
	}
}

// hasDrifted reports whether the numbers of a check are those of drift, whatever it says.
func (r *Result) hasDrifted(check Check, spec Spec) bool {
	if check.P == nil || check.Usual != nil || check.Adjusted == nil || check.Effect == nil {
		return false
	}
	effect := *check.Effect
	for _, taken := range []*float64{check.Noise, check.ReferenceError} {
		if taken != nil {
			effect -= *taken
		}
	}
	return *check.Adjusted <= r.Significance && effect >= r.minimumOf(check, spec)
}

// minimumOf is the smallest effect of a check that counts.
func (r *Result) minimumOf(check Check, spec Spec) float64 {
	own := spec.ByColumn[check.Column]
	switch check.Rule {
	case nullShare:
		return or(own.NullShare, r.NullShare)
	case beyondRange:
		return or(own.RangeShare, r.RangeShare)
	case unseenValues:
		return 0
	case distribution:
		if own.Minimum != nil {
			return own.Minimum.Value
		}
		for _, known := range []scale{shareOfRows, deviations, dominance, energy, divergence} {
			if check.Unit == known.unit {
				return known.of(r.Minimum)
			}
		}
	}
	return check.Minimum
}
