package drift_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// numbers is a column of n numbers.
func numbers(name string, n int, one func(i int) float64) drift.Values {
	v := drift.Values{Name: name, Kind: table.Float, Numbers: make([]float64, n)}
	for i := range v.Numbers {
		v.Numbers[i] = one(i)
	}
	return v
}

// labels is a column of n texts.
func labels(name string, n int, one func(i int) string) drift.Values {
	v := drift.Values{Name: name, Kind: table.String, Strings: make([]string, n)}
	for i := range v.Strings {
		v.Strings[i] = one(i)
	}
	return v
}

func gauss(seed uint64, mean, deviation float64) func(int) float64 {
	random := rand.New(rand.NewPCG(seed, 3))
	return func(int) float64 { return mean + deviation*random.NormFloat64() }
}

func compareValues(t *testing.T, reference, current []drift.Values, spec drift.Spec) drift.Result {
	t.Helper()
	result, err := drift.CompareValues(t.Context(), reference, current, spec)
	require.NoError(t, err)
	return result
}

// check is that of a rule on a column.
func check(t *testing.T, r drift.Result, column, rule string) drift.Check {
	t.Helper()
	at := slices.IndexFunc(r.Checks, func(c drift.Check) bool { return c.Column == column && c.Rule == rule })
	require.GreaterOrEqual(t, at, 0, "no %s of %q in %+v", rule, column, r.Checks)
	return r.Checks[at]
}

func hasCheck(r drift.Result, column, rule string) bool {
	return slices.ContainsFunc(r.Checks, func(c drift.Check) bool { return c.Column == column && c.Rule == rule })
}

func number(text string) *source.Number {
	n, err := source.ParseNumber(text, source.Pos{})
	if err != nil {
		panic(err)
	}
	return &n
}

var methods = []drift.Method{drift.KolmogorovSmirnov, drift.MannWhitney, drift.AndersonDarling, drift.CramerVonMises, drift.Energy, drift.T,
	drift.Wasserstein, drift.JensenShannon}

// A shift of a normal distribution by half a standard deviation has these effects in closed form: D = 2Φ(¼) − 1; |2A − 1| = 2Φ(½/√2) − 1; d =
// W1/σ = ½; the energy distance √(2(E|N(½, 2)| − E|N(0, 2)|)). Their Jensen-Shannon distance is 0.174101 (scipy 1.17.1: integrate.quad of
// ½(a ln(a/m) + b ln(b/m)) over the two densities), of which bins lose a little.
func TestEveryMethodFindsAShiftAndTellsItsEffect(t *testing.T) {
	const n = 3000
	effects := map[drift.Method]float64{drift.KolmogorovSmirnov: 0.19741, drift.MannWhitney: 0.27633, drift.AndersonDarling: 0.19741,
		drift.CramerVonMises: 0.19741, drift.Energy: 0.37363, drift.T: 0.5, drift.Wasserstein: 0.5, drift.JensenShannon: 0.17410}
	reference := []drift.Values{numbers("x", n, gauss(1, 0, 1))}
	for _, method := range methods {
		t.Run(string(method), func(t *testing.T) {
			spec := drift.Spec{Test: method}
			moved := check(t, compareValues(t, reference, []drift.Values{numbers("x", n, gauss(2, 0.5, 1))}, spec), "x", "distribution")
			require.Equal(t, finding.Fail, moved.Outcome, "%+v", moved)
			require.InDelta(t, effects[method], *moved.Effect, 0.05)
			require.NotEmpty(t, moved.Unit)
			same := check(t, compareValues(t, reference, []drift.Values{numbers("x", n, gauss(3, 0, 1))}, spec), "x", "distribution")
			require.Equal(t, finding.Pass, same.Outcome, "%+v", same)
			require.Less(t, *same.Effect, 3**same.Noise, "what is without drift lies near the noise")
			require.Greater(t, moved.Minimum, 0.0)
			few := compareValues(t, []drift.Values{numbers("x", 40, gauss(1, 0, 1))}, []drift.Values{numbers("x", 40, gauss(4, 0, 1))}, spec)
			require.Equal(t, finding.TooFewRows, check(t, few, "x", "distribution").Cause)
		})
	}
}

// The smallest effect that counts is one share of rows, told in each effect's own unit.
func TestMinimumIsTranslatedIntoTheUnitOfTheEffect(t *testing.T) {
	x := []drift.Values{numbers("x", 500, gauss(1, 0, 1))}
	shift := 0.251323 // scipy 1.17.1: 2*norm.ppf(0.55)
	for method, want := range map[drift.Method]float64{drift.KolmogorovSmirnov: 0.1, drift.T: shift, drift.Wasserstein: shift,
		drift.MannWhitney: 0.141053 /* 2*norm.cdf(shift/sqrt(2))-1 */, drift.JensenShannon: shift / math.Sqrt(8)} {
		got := check(t, compareValues(t, x, x, drift.Spec{Test: method}), "x", "distribution")
		require.InDelta(t, want, got.Minimum, 1e-5, method)
	}
	own := drift.Spec{Test: drift.T, ByColumn: map[string]drift.Override{"x": {Minimum: number("0.4")}}}
	got := check(t, compareValues(t, x, x, own), "x", "distribution")
	require.InDelta(t, 0.4, got.Minimum, 1e-12)
	require.InDelta(t, 0.8, got.Detect, 1e-12)
	beyond := drift.Spec{ByColumn: map[string]drift.Override{"x": {Minimum: number("5")}}}
	require.Contains(t, check(t, compareValues(t, x, x, beyond), "x", "distribution").Message, "no number of rows tells an effect of 10 from one of 5")
}

func TestNumbersThatOverflowAreNotJudgedByTheirSums(t *testing.T) {
	huge := func(i int) float64 { return []float64{-1, 1}[i%2] * math.MaxFloat64 * (1 - float64(i)/1000) }
	reference, current := []drift.Values{numbers("x", 500, huge)}, []drift.Values{numbers("x", 500, huge)}
	for _, method := range methods {
		got := check(t, compareValues(t, reference, current, drift.Spec{Test: method}), "x", "distribution")
		switch method {
		case drift.T, drift.Wasserstein, drift.Energy:
			require.Equal(t, finding.NotFinite, got.Cause, "%s: %+v", method, got)
		default:
			require.Equal(t, finding.Pass, got.Outcome, "%s: %+v", method, got)
		}
	}
}

func TestTheSameSeedGivesTheSamePermutations(t *testing.T) {
	p := func(seed int64) float64 {
		spec := drift.Spec{Test: drift.Energy, Seed: seed}
		return *check(t, compareValues(t, []drift.Values{numbers("x", 300, gauss(1, 0, 1))}, []drift.Values{numbers("x", 300, gauss(2, 0.1, 1))}, spec), "x", "distribution").P
	}
	require.Equal(t, p(1), p(1))
	require.NotEqual(t, p(1), p(2))
}

// 99 permutations have no p-value below 0.01, and of 60 tests the smallest must be below 0.05/60.
func TestAPermutationTestThatCannotTellSaysSo(t *testing.T) {
	var reference, current []drift.Values
	for i := range 30 {
		reference = append(reference, numbers(fmt.Sprint(i), 400, gauss(uint64(i), 0, 1)))
		current = append(current, numbers(fmt.Sprint(i), 400, gauss(uint64(i)+50, 0, 1)))
	}
	few := 99
	got := check(t, compareValues(t, reference, current, drift.Spec{Test: drift.Energy, Permutations: &few}), "0", "distribution")
	require.Equal(t, finding.Undefined, got.Cause)
	require.Contains(t, got.Message, "its smallest p-value is 0.01")
	current[0] = numbers("0", 400, gauss(1, 1, 1))
	require.Equal(t, finding.Fail, check(t, compareValues(t, reference, current, drift.Spec{Test: drift.Energy}), "0", "distribution").Outcome,
		"the default takes as many as the correction needs")
	require.Equal(t, finding.Fail, check(t, compareValues(t, reference, current, drift.Spec{Test: drift.AndersonDarling}), "0", "distribution").Outcome)
}

func TestValuesBeyondTheRangeAreAFindingOfTheirOwn(t *testing.T) {
	reference := []drift.Values{numbers("x", 2000, gauss(1, 0, 1))}
	spoiled := gauss(2, 0, 1)
	wrongUnit := []drift.Values{numbers("x", 2000, func(i int) float64 {
		if v := spoiled(i); i%40 == 0 {
			return 1000 * v
		} else {
			return v
		}
	})}
	result := compareValues(t, reference, wrongUnit, drift.Spec{})
	require.Equal(t, finding.Pass, check(t, result, "x", "distribution").Outcome, "a fortieth of the rows moves no distribution")
	got := check(t, result, "x", "range")
	require.Equal(t, finding.Fail, got.Outcome)
	require.InDelta(t, 0.025, *got.Effect, 0.002)
	same := compareValues(t, reference, []drift.Values{numbers("x", 2000, gauss(3, 0, 1))}, drift.Spec{})
	require.False(t, hasCheck(same, "x", "range"), "chance puts a few values beyond any range")
	require.Equal(t, 2, same.Tests, "they are counted all the same")
	lenient := drift.Spec{ByColumn: map[string]drift.Override{"x": {RangeShare: number("0.05")}}}
	require.False(t, hasCheck(compareValues(t, reference, wrongUnit, lenient), "x", "range"))
}

func TestOneRowIsTooFewForAnyTest(t *testing.T) {
	one, many := []drift.Values{numbers("x", 1, gauss(1, 0, 1))}, []drift.Values{numbers("x", 100, gauss(2, 0, 1))}
	for _, method := range methods {
		got := check(t, compareValues(t, many, one, drift.Spec{Test: method}), "x", "distribution")
		require.Equal(t, finding.TooFewRows, got.Cause, "%s: %+v", method, got)
	}
	level := []drift.Values{labels("x", 1, func(int) string { return "a" })}
	got := check(t, compareValues(t, level, level, drift.Spec{CategoryEffect: drift.CramersV}), "x", "distribution")
	require.Equal(t, finding.TooFewRows, got.Cause, "%+v", got)
}

// Numbers that begin alike are shown, and drawn, with the digits in which they differ.
func TestNumbersThatBeginAlikeAreToldApart(t *testing.T) {
	late := func(seed uint64) []drift.Values {
		return []drift.Values{numbers("x", 500, gauss(seed, 1_704_067_200, 30))}
	}
	result := compareValues(t, late(1), late(2), drift.Spec{})
	column := result.Columns[0]
	require.IsIncreasing(t, column.Places)
	require.Len(t, column.Labels, 20)
	seen := map[string]bool{}
	for _, label := range column.Labels {
		require.False(t, seen[label], "%s stands twice", label)
		seen[label] = true
	}
	require.Regexp(t, `medians 17040671[89]\d|medians 17040672[01]\d`, check(t, result, "x", "distribution").Message)
}
