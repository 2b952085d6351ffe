package compare

import (
	"fmt"
	"math"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// Verdict is what the interval of a gain says of the challenger.
type Verdict string

// The verdicts.
const (
	Undefined    Verdict = "undefined" // there is no gain to judge
	Better       Verdict = "better"
	NotWorse     Verdict = "not-worse"
	Worse        Verdict = "worse"
	Inconclusive Verdict = "inconclusive"
)

var words = map[Verdict]string{Undefined: "could not be compared", Better: "better", NotWorse: "not worse", Worse: "worse", Inconclusive: "inconclusive"}

// String is the verdict as people say it.
func (v Verdict) String() string { return words[v] }

// decide takes the verdict from the interval: better where it lies above 0, else not worse where it lies above −margin, worse
// where it lies below −margin, else inconclusive.
func (r *Measure) decide() {
	switch {
	case r.Cause != "" || r.Rows == 0:
		r.Verdict = Undefined
	case r.Low > 0:
		r.Verdict = Better
	case r.Low > -r.Margin:
		r.Verdict = NotWorse
	case r.High < -r.Margin:
		r.Verdict = Worse
	default:
		r.Verdict = Inconclusive
	}
}

// oneSided is the level of each end of a two-sided 95 % interval.
const oneSided = 0.025

const z80 = 0.8416212335729143 // scipy 1.17.1: norm.ppf(0.8)

// decideTogether takes the verdicts of several measures from their p-values, corrected as one family (Holm 1979): with many of
// them, one would come out by chance.
func decideTogether(all []Measure, level float64) {
	var at []int
	var notWorse, worse []float64
	for i, r := range all {
		if all[i].decide(); all[i].Verdict != Undefined {
			at, notWorse, worse = append(at, i), append(notWorse, r.NotWorseP), append(worse, r.WorseP)
		}
	}
	notWorse, worse = stat.Holm(notWorse), stat.Holm(worse)
	for k, i := range at {
		r := &all[i]
		switch {
		case notWorse[k] <= level && r.Low > 0:
			r.Verdict = Better
		case notWorse[k] <= level:
			r.Verdict = NotWorse
		case worse[k] <= level:
			r.Verdict = Worse
		default:
			r.Verdict = Inconclusive
		}
	}
}

// maxNeeded bounds the rows that are worth saying.
const maxNeeded = 1e12

// needed is how many rows it would take to find a true difference with power 0.8 at the level of the interval: a difference of the margin,
// or without one of the gain that was seen. For accuracy it is Connor's 1987 formula, n = (z_α√ψ + z_β√(ψ − d²))²/d² with
// the discordance ψ; else the error is taken to shrink with the root of the rows. 0 means that no number can be told.
func (r *Measure) needed(z float64) int64 {
	d := r.Margin
	if d == 0 {
		d = math.Abs(r.Gain)
	}
	deviation := (r.High - r.Low) / (2 * z) * math.Sqrt(float64(r.Rows))
	root := (z + z80) * deviation / d
	if psi := r.pairs.Discordance(); psi > d*d { // false where there are no pairs
		root = (z*math.Sqrt(psi) + z80*math.Sqrt(psi-d*d)) / d * math.Sqrt(float64(r.Rows)/float64(r.pairs.Total()))
	}
	rows := root * root
	if !(rows < maxNeeded) {
		return 0
	}
	return int64(math.Ceil(rows))
}

// takes says how many rows it would take.
func (r Measure) takes() string {
	d := r.Margin
	if d == 0 {
		d = math.Abs(r.Gain)
	}
	switch {
	case r.Remedy != "":
		return r.Remedy
	case r.Needed == 0:
		return "no number of rows would tell models that are this much alike apart"
	case r.Needed <= r.Rows:
		return fmt.Sprintf("the difference lies near the margin; with %d rows a difference of %.3g is found in 80 %% of cases", r.Rows, d)
	}
	return fmt.Sprintf("it would take about %d rows to find a difference of %.3g in 80 %% of cases", r.Needed, d)
}

// Meets is the outcome of a verdict where one is needed.
func (v Verdict) Meets(need Need) finding.Outcome {
	switch {
	case v == Better, v == NotWorse && need == NeedNotWorse:
		return finding.Pass
	case v == Inconclusive, v == Undefined:
		return finding.NotRun
	default:
		return finding.Fail
	}
}
