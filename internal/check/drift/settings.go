package drift

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// The defaults of Spec; see its documentation for what they mean.
const (
	defaultSignificance = 0.05
	defaultMinimum      = 0.1
	defaultNullShare    = 0.05
	defaultRangeShare   = 0.01
	defaultFalseAlarms  = 0.05
)

// settings are what the spec says of one column, with the defaults.
type settings struct {
	method         Method
	categoryTest   CategoryTest
	categoryEffect CategoryEffect
	significance   float64
	minimum        float64 // in shares of rows
	detect         float64
	own            *Override // says minimum and detect in the unit of the effect
	nullShare      float64
	rangeShare     float64
	permutations   int
	seed           uint64
	drifted        finding.Outcome // what drift of the column is
}

// result is an empty result with the spec's settings and defaults.
func (s Spec) result(reference, current string) Result {
	r := Result{Reference: reference, Current: current, Significance: or(s.Significance, defaultSignificance), Correction: BenjaminiHochberg,
		Minimum: or(s.Minimum, defaultMinimum), NullShare: or(s.NullShare, defaultNullShare), RangeShare: or(s.RangeShare, defaultRangeShare),
		Allowed: s.Allowed, Severity: s.Severity, Pos: s.Pos}
	r.Detect = or(s.Detect, min(1, 2*r.Minimum))
	if s.Correction != "" {
		r.Correction = s.Correction
	}
	return r
}

func or(number *source.Number, otherwise float64) float64 {
	if number == nil {
		return otherwise
	}
	return number.Value
}

// column is the settings of one of so many columns.
func (s Spec) column(name string, columns int) settings {
	r := s.result("", "")
	own := s.ByColumn[name]
	c := settings{significance: r.Significance, minimum: r.Minimum, detect: r.Detect, nullShare: or(own.NullShare, r.NullShare),
		rangeShare: or(own.RangeShare, r.RangeShare), method: first(own.Test, s.Test, KolmogorovSmirnov),
		categoryTest: first(own.CategoryTest, s.CategoryTest, ChiSquare), categoryEffect: first(own.CategoryEffect, s.CategoryEffect, TotalVariation),
		permutations: s.repetitions(columns), seed: uint64(s.Seed), drifted: s.costs(name)}
	if s.History != nil { // it compares distances that have no other test
		c.method, c.categoryTest, c.categoryEffect = KolmogorovSmirnov, ChiSquare, TotalVariation
	}
	if own.Minimum != nil || own.Detect != nil {
		c.own = &own
	}
	return c
}

func first[T ~string](choices ...T) T {
	return choices[slices.IndexFunc(choices, func(c T) bool { return c != "" })]
}

// costs is what drift of a column is: a warning where it says so, or where only other columns, or several together, are drift of
// the data set.
func (s Spec) costs(column string) finding.Outcome {
	switch {
	case column == "":
		return s.Severity.Broken()
	case s.ByColumn[column].Severity != "":
		return s.ByColumn[column].Severity.Broken()
	case slices.Contains(s.Important, column):
		return s.Severity.Broken()
	case len(s.Important) > 0 || s.Allowed != nil:
		return finding.Warn
	}
	return s.Severity.Broken()
}

// The fewest and the most permutations that a test takes by itself, and how many questions a column asks at most.
const (
	minPermutations = 999
	maxPermutations = 20_000
	maxQuestions    = 3
)

// repetitions is how many permutations one of so many columns takes: with fewer, the smallest p-value that a permutation test
// can give would not survive the correction.
func (s Spec) repetitions(columns int) int {
	if s.Permutations != nil {
		return *s.Permutations
	}
	needed := float64(maxQuestions*columns) / or(s.Significance, defaultSignificance)
	return int(min(max(minPermutations, math.Ceil(needed)), maxPermutations))
}

// scale is the unit of an effect, and what a difference that moves a share of the rows comes to in it.
type scale struct {
	unit string
	of   func(share float64) float64
}

// limits are minimum and detect in the unit of the effect.
func (s settings) limits(effect scale) (minimum, detect float64) {
	minimum, detect = effect.of(s.minimum), effect.of(s.detect)
	if s.own == nil {
		return minimum, detect
	}
	if s.own.Minimum != nil {
		minimum = s.own.Minimum.Value
		detect = 2 * minimum
	}
	return minimum, or(s.own.Detect, detect)
}

// share is the share of rows that comes to so much in the unit: the inverse of of, which rises, within [0, 1].
func (s scale) share(effect float64) float64 {
	low, high := 0.0, 1.0
	for range 50 {
		if middle := (low + high) / 2; s.of(middle) < effect {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// valueShare is the unit of shares that nothing is translated into.
const valueShare = "share of values"

// shareOfRows is the scale of D and of total variation.
var shareOfRows = scale{"share of rows that would have to move", func(share float64) float64 { return share }}

// shift is by how many standard deviations two normal distributions lie apart whose D is share: D = 2Φ(δ/2) − 1.
func shift(share float64) float64 {
	return 2 * distuv.UnitNormal.Quantile((1+math.Min(share, 1-1e-9))/2)
}

// The scales of other effects of numbers: what a shift of a normal distribution comes to. For a Jensen-Shannon distance that is the
// limit of small shifts. A classifier that sees a difference which moves a share d of the rows is right in ½ + d/2 of cases at best.
var (
	deviations = scale{"standard deviations", shift}
	dominance  = scale{"excess probability to be the larger", func(share float64) float64 { return 2*distuv.UnitNormal.CDF(shift(share)/math.Sqrt2) - 1 }}
	energy     = scale{"√ standard deviations", func(share float64) float64 { return energyOfShift(shift(share)) }}
	divergence = scale{"√ nats", func(share float64) float64 { return math.Min(shift(share)/math.Sqrt(8), math.Sqrt(math.Ln2)) }}
	accuracy   = scale{"accuracy above one half", func(share float64) float64 { return share / 2 }}
)

// energyOfShift is the energy distance of two normal distributions with standard deviation 1 whose means lie δ apart:
// √(2 E|X − Y| − E|X − X'| − E|Y − Y'|), each difference normal with variance 2, whose absolute value has the mean
// 2/√π·e^{−μ²/4} + μ·erf(μ/2) (folded normal distribution: Leone, Nelson & Nottingham 1961).
func energyOfShift(delta float64) float64 {
	folded := func(mean float64) float64 {
		return 2/math.Sqrt(math.Pi)*math.Exp(-mean*mean/4) + mean*math.Erf(mean/2)
	}
	return math.Sqrt(2 * (folded(delta) - folded(0)))
}
