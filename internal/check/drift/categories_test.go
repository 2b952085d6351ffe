package drift_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/finding"
)

// byRank draws one of k levels with probabilities that fall as 1/rank.
func byRank(seed uint64, k int) func(int) string {
	random := rand.New(rand.NewPCG(seed, 5))
	return func(int) string { return fmt.Sprintf("level %d", int(math.Exp(math.Log(float64(k))*random.Float64()))) }
}

func TestThousandsOfLevelsRaiseNoAlarm(t *testing.T) {
	reference, current := []drift.Values{labels("x", 20_000, byRank(1, 5000))}, []drift.Values{labels("x", 20_000, byRank(2, 5000))}
	result := compareValues(t, reference, current, drift.Spec{})
	got := check(t, result, "x", "distribution")
	require.Equal(t, finding.Pass, got.Outcome, "%+v", got)
	require.Greater(t, *got.Noise, 0.05, "so much is noise")
	require.False(t, hasCheck(result, "x", "unseen"), "every sample has levels that another has not: %+v", result.Checks)
	for _, c := range result.Columns {
		require.LessOrEqual(t, len(c.Labels), 21)
	}
}

// In a sample of half its size a share of the levels is too rare to be seen moving.
func TestSmallCategoriesHideDriftAndAreNoPass(t *testing.T) {
	even := func(seed uint64) []drift.Values {
		random := rand.New(rand.NewPCG(seed, 6))
		return []drift.Values{labels("x", 400, func(int) string { return fmt.Sprint(random.IntN(100)) })}
	}
	got := check(t, compareValues(t, even(1), even(2), drift.Spec{}), "x", "distribution")
	require.Equal(t, finding.TooFewRows, got.Cause, "%+v", got)
	require.Regexp(t, `it takes \d+ and \d+ rows`, got.Message)
}

func TestEffectsOfCategories(t *testing.T) {
	// 500 and 500 against 400 and 600 rows: total variation 0.1; χ² = 20.2020, so Bergsma's V = √((χ²/2000 − 1/1999)/(1 − 1/1999)) = 0.0980080.
	split := func(a int) []drift.Values {
		return []drift.Values{labels("x", 1000, func(i int) string { return fmt.Sprint(i < a) })}
	}
	tv := check(t, compareValues(t, split(500), split(400), drift.Spec{}), "x", "distribution")
	require.InDelta(t, 0.1, *tv.Effect, 1e-12)
	require.InDelta(t, 20.202020, *tv.Statistic, 1e-6)
	v := check(t, compareValues(t, split(500), split(400), drift.Spec{CategoryEffect: drift.CramersV}), "x", "distribution")
	require.InDelta(t, 0.0980080, *v.Effect, 1e-6)
	require.Equal(t, "Cramér's V", v.Unit)
	require.InDelta(t, 0.1, v.Minimum, 1e-12, "of equal sizes both have one scale")
}

func TestCategoriesByPermutation(t *testing.T) {
	few := func(n int, level string) []drift.Values {
		return []drift.Values{labels("x", n, func(i int) string { return []string{"a", "b", level}[i%3] })}
	}
	got := check(t, compareValues(t, few(600, "c"), few(9, "d"), drift.Spec{}), "x", "distribution")
	require.Equal(t, "chi-square by permutation", got.Test, "nothing is left of nine rows after pooling")
	require.Equal(t, finding.Fail, got.Outcome, "a third of them is new: %+v", got)
	asked := check(t, compareValues(t, few(600, "c"), few(600, "c"), drift.Spec{CategoryTest: drift.Permutation}), "x", "distribution")
	require.Equal(t, "chi-square by permutation", asked.Test)
	require.InDelta(t, 1, *asked.P, 1e-12)
}

func TestANewLevelWarnsWhereChanceDoesNotExplainIt(t *testing.T) {
	reference := []drift.Values{labels("x", 1000, func(i int) string { return fmt.Sprint(i % 4) })}
	with := func(n int) drift.Result {
		return compareValues(t, reference, []drift.Values{labels("x", 1000, func(i int) string {
			if i < n {
				return "new"
			}
			return fmt.Sprint(i % 4)
		})}, drift.Spec{})
	}
	require.False(t, hasCheck(with(1), "x", "unseen"), "one row in a thousand may be a level that is as rare in the reference")
	require.Equal(t, finding.Warn, check(t, with(15), "x", "unseen").Outcome)
	require.Contains(t, with(1).Columns[0].Unseen, `"new"`)
}

func TestAnEffectOfNoiseIsCalledSo(t *testing.T) {
	reference, current := []drift.Values{labels("x", 1000, byRank(1, 3000))}, []drift.Values{labels("x", 1000, byRank(2, 3000))}
	got := check(t, compareValues(t, reference, current, drift.Spec{CategoryTest: drift.Permutation}), "x", "distribution")
	require.Greater(t, *got.Effect, 0.1)
	require.NotEqual(t, finding.Fail, got.Outcome)
	require.Contains(t, got.Message, "is not told from noise, which alone comes to 0.")
}
