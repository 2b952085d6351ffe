package drift

import (
	"fmt"
	"math"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// correct adjusts every p-value that can raise an alarm, all of them together.
func (r *Result) correct(tests []test) {
	var raw []float64
	var of []int
	for i, t := range tests {
		if !t.decided {
			raw, of = append(raw, t.p), append(of, i)
		}
	}
	r.Tests = len(raw)
	adjust := stat.BenjaminiHochberg
	if r.Correction == Holm {
		adjust = stat.Holm
	}
	for i, adjusted := range adjust(raw) {
		check := &tests[of[i]].check
		check.P, check.Adjusted = &raw[i], &adjusted
	}
}

// decide gives the verdict on one question, in this order: drift where the corrected p-value and the effect both say so,
// however few the rows; a pass where an effect of detect would have been found; else too few rows to tell.
func (r *Result) decide(t test) Check {
	check := t.check
	if t.decided {
		return check
	}
	minimum := t.minimum(r)
	detect := r.Detect
	if check.Rule == "null-share" {
		detect = math.Min(1, minimum*r.Detect/r.Minimum)
	}
	plan := t.plan(r.Significance/float64(r.Tests), minimum, detect)
	switch {
	case *check.Adjusted <= r.Significance && t.effect >= minimum:
		check.Outcome = r.Severity.Broken()
		check.Needed = fmt.Sprintf("p ≤ %g and effect ≥ %g", r.Significance, minimum)
		check.Message += fmt.Sprintf("; it drifted with effect %.3g, adjusted p %.2g", t.effect, *check.Adjusted)
	case plan.Enough:
		check.Outcome = finding.Pass
		check.Needed = fmt.Sprintf("p ≤ %g and effect ≥ %g", r.Significance, minimum)
	default:
		check.Outcome, check.Cause = finding.NotRun, finding.TooFewRows
		check.Needed = fmt.Sprintf("%d and %d rows", grown(r.ReferenceRows, plan.Growth), grown(r.CurrentRows, plan.Growth))
		check.Message += "; too few rows to tell: it takes " + check.Needed
	}
	return check
}

func grown(rows int64, factor float64) int64 { return int64(math.Ceil(float64(rows) * factor)) }
