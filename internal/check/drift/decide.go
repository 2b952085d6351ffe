package drift

import (
	"fmt"
	"math"
	"slices"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// correct adjusts every p-value that can raise an alarm, all of them together.
func (r *Result) correct(tests []test) {
	var raw []float64
	var of []int
	for i, t := range tests {
		if t.usual != nil {
			tests[i].check.P, tests[i].check.Adjusted = &t.usual.p, &t.usual.adjusted
		} else if !t.decided {
			raw, of = append(raw, t.p), append(of, i)
		}
	}
	r.Tests = len(raw)
	for i, adjusted := range r.Correction.adjust(raw) {
		check := &tests[of[i]].check
		check.P, check.Adjusted = &raw[i], &adjusted
	}
}

func (c Correction) adjust(p []float64) []float64 {
	switch c {
	case Uncorrected:
		return slices.Clone(p)
	case Holm:
		return stat.Holm(p)
	}
	return stat.BenjaminiHochberg(p)
}

// level is the p-value that is small enough whatever the other tests say.
func (r *Result) level() float64 {
	if r.Correction == Uncorrected {
		return r.Significance
	}
	return r.Significance / float64(r.Tests)
}

// needed is what it takes for drift.
func (r *Result) needed(t test) string {
	if t.usual != nil {
		return fmt.Sprintf("effect > %.3g, the usual, and ≥ %.3g", t.usual.usual, t.check.Minimum)
	}
	if t.check.Minimum == 0 {
		return fmt.Sprintf("p ≤ %g", r.Significance)
	}
	return fmt.Sprintf("p ≤ %g and effect ≥ %.3g", r.Significance, t.check.Minimum)
}

// isSignificant reports whether the answer is more than chance puts there.
func (r *Result) isSignificant(t test) bool {
	if t.usual != nil {
		return t.usual.adjusted <= r.History.FalseAlarms
	}
	return *t.check.Adjusted <= r.Significance
}

// decide gives the verdict on one question, in this order: drift where the corrected p-value and the effect both say so,
// however few the rows; a pass where an effect of detect would have been found; else too few rows to tell.
func (r *Result) decide(t test) Check {
	check := t.check
	if t.decided {
		return check
	}
	check.Needed = r.needed(t)
	if r.isSignificant(t) && t.effect >= check.Minimum {
		check.Outcome = t.drifted
		check.Message += fmt.Sprintf("; it drifted with effect %.3g, adjusted p %.2g", *check.Effect, *check.Adjusted)
		return check
	}
	check.Outcome = finding.Pass
	if t.usual != nil {
		if t.usual.usual > check.Detect {
			check.Message += fmt.Sprintf("; parts of the reference lie up to %.3g apart, so less is not told from what is usual", t.usual.usual)
		}
		return check
	}
	if t.surprise {
		return check
	}
	if *check.Effect >= check.Minimum && check.Noise != nil && check.ReferenceError == nil {
		check.Message += fmt.Sprintf("; its effect of %.3g is not told from noise, which alone comes to %.3g", *check.Effect, *check.Noise)
	}
	return r.doubt(check, t)
}

// doubt takes a pass back where an effect of detect might not have been found.
func (r *Result) doubt(check Check, t test) Check {
	cause := finding.Undefined
	var why string
	switch plan := t.plan(r.level()); {
	case t.coarse:
		cause = finding.TooFewRows // of more rows the profile is finer
		check.Needed = fmt.Sprintf("a profile with an error below %.2g %%", 100*(check.Detect-check.Minimum)/2)
		why = "too coarse to tell: it takes " + check.Needed
	case !plan.Enough && !(plan.Growth < maxGrowth):
		check.Needed = "limits that the effect can reach"
		why = fmt.Sprintf("no number of rows tells an effect of %.3g from one of %.3g", check.Detect, check.Minimum)
	case !plan.Enough:
		cause = finding.TooFewRows
		check.Needed = fmt.Sprintf("%d and %d rows", grown(r.ReferenceRows, plan.Growth), grown(r.CurrentRows, plan.Growth))
		why = "too few rows to tell: it takes " + check.Needed
	case t.least > r.level():
		check.Needed = fmt.Sprintf("a p-value of %.2g", r.level())
		why = fmt.Sprintf("the test cannot tell: its smallest p-value is %.2g, and among %d tests it takes %.2g", t.least, r.Tests, r.level())
	default:
		return check
	}
	check.Outcome, check.Cause = finding.NotRun, cause
	check.Message += "; " + why
	return check
}

// maxGrowth is from which factor no number of rows is said to do.
const maxGrowth = 1e9

func grown(rows int64, factor float64) int64 { return int64(math.Ceil(float64(rows) * factor)) }

// judge says whether so many drifted columns are drift of the data set, where the spec allows some. Columns that could not be
// decided might have drifted.
func (r *Result) judge() {
	if r.Allowed == nil {
		return
	}
	drifted, open, all := r.tally()
	allowed := r.Allowed.of(all)
	check := Check{Rule: dataSet, Needed: fmt.Sprintf("more than %d columns", allowed), Outcome: finding.Pass,
		Message: fmt.Sprintf("%d of %d columns drifted, %d may", drifted, all, allowed)}
	switch {
	case drifted > allowed:
		check.Outcome = r.Severity.Broken()
	case all == 0:
		check.Outcome, check.Cause = finding.NotRun, finding.Missing
	case drifted+open > allowed:
		check.Outcome, check.Cause = finding.NotRun, finding.TooFewRows
		check.Message += fmt.Sprintf("; of %d more it could not be told", open)
	}
	r.Checks = slices.Insert(r.Checks, 0, check)
}

// of is how many of so many columns may drift.
func (a Allowed) of(columns int) int {
	if a.Columns != nil {
		return *a.Columns
	}
	return int(math.Floor(a.Share.Value*float64(columns) + 1e-9)) // 0.1 of 30 is 3
}

// tally counts the columns that drifted, those of the others that could not be decided, and all.
func (r *Result) tally() (drifted, open, all int) {
	worst := map[string]state{}
	for _, check := range r.Checks {
		if check.Column != "" && (check.Outcome != finding.Warn || check.Drifted()) { // new columns and identifiers were not compared
			worst[check.Column] = max(worst[check.Column], check.state())
		}
	}
	for _, s := range worst {
		switch s {
		case stateDrifted:
			drifted++
		case stateOpen:
			open++
		}
	}
	return drifted, open, len(worst)
}

// state is what is known of a column, or of one question about it.
type state int

const (
	stateClean state = iota
	stateOpen
	stateDrifted
)

func (c Check) state() state {
	switch {
	case c.Drifted():
		return stateDrifted
	case c.Outcome == finding.NotRun:
		return stateOpen
	}
	return stateClean
}
