package compare

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
)

func TestLooksAreCounted(t *testing.T) {
	for name, k := range map[string]struct {
		past Past
		want Looks
	}{
		"the first one, outside of a workflow": {Past{}, Looks{}},
		"the first one that is stored":         {Past{Run: 40}, Looks{Runs: 40}},
		"stored ones":                          {Past{Seen: []Seen{{"a", 0, false}, {"b", 0, true}, {"a", 0, true}}}, Looks{Stored: 2, Better: 1}},
		"runs since other rows":                {Past{Seen: []Seen{{"b", 10, true}, {"b", 12, true}, {"a", 20, true}, {"a", 25, false}}, Run: 30}, Looks{Stored: 2, Better: 1, Runs: 18}},
		"rows that came back":                  {Past{Seen: []Seen{{"a", 5, false}, {"b", 12, true}}, Run: 30}, Looks{Stored: 1, Runs: 30}},
		"rows that are new now":                {Past{Seen: []Seen{{"b", 29, true}}, Run: 30}, Looks{Runs: 1}},
		"a workflow that counts anew":          {Past{Seen: []Seen{{"b", 500, true}, {"a", 600, false}}, Run: 3}, Looks{Stored: 1, Runs: 3}},
	} {
		require.Equal(t, k.want, k.past.looks("a"), name)
	}
}

// Of k looks without an improvement k comparisons can have come, of k improvements all 2ᵏ − 1 (Renggli et al. 2019), between them the sum of
// binomials: C(10, 1) + C(10, 2) = 55.
func TestTheLevelIsSharedByWhatLooksCanLeadTo(t *testing.T) {
	for looks, histories := range map[Looks]float64{
		{}:                               1,
		{Runs: 10}:                       10,
		{Runs: 10, Better: 1}:            55,
		{Stored: 9, Better: 1}:           55,
		{Runs: 10, Better: 9}:            1023,
		{Stored: 2, Better: 2}:           7,
		{Stored: -7, Runs: -9}:           1, // a stranger's file may hold anything
		{Runs: 200, Better: 150}:         math.Inf(1),
		{Runs: 1 << 62, Better: 1 << 62}: math.Inf(1),
		{Stored: 500, Better: 500}:       math.Inf(1),
	} {
		if math.IsInf(histories, 1) {
			require.Greater(t, looks.histories(), 1e50)
			require.True(t, looks.areMany())
			require.NotContains(t, looks.sentence(), "Inf")
			continue
		}
		require.InDelta(t, histories, looks.histories(), 1e-9)
		require.InDelta(t, 0.025/histories, looks.level(), 1e-15)
	}
	// scipy 1.17.1: ((norm.isf(0.025/k) + norm.ppf(0.8))/(norm.isf(0.025) + norm.ppf(0.8)))² is 1.9925 for k = 27, 2.9998 for 826 and 3.0002 for 827
	require.InDelta(t, 1.9925, Looks{Runs: 27}.growth(), 1e-4)
	require.False(t, Looks{Runs: 826}.areMany())
	require.True(t, Looks{Runs: 827}.areMany())
	require.True(t, Looks{Runs: 41, Better: 1}.areMany(), "41·42/2 = 861")
}

func TestManyLooksWarnAndTighten(t *testing.T) {
	champion, challenger := files(2000, 6, 8)
	past := Past{Run: 900}
	by := func(policy string, metric string) Result {
		return comparedAfter(t, champion, challenger, Spec{Looks: policy, Metric: metric, Critical: []Guard{{Metric: "recall", Margin: limit("0.2")}}}, past, "")
	}
	warned := by("", "")
	require.Equal(t, finding.Warn, outcomes(warned)["looks test set"])
	require.Equal(t, Better, warned.Primary.Verdict)
	require.Zero(t, warned.Level)
	first := comparedAfter(t, champion, challenger, Spec{}, Past{}, "")
	require.NotContains(t, outcomes(first), "looks test set", "the first look is nothing to speak of")
	ignored := by("ignore", "")
	require.NotContains(t, outcomes(ignored), "looks test set")
	require.Equal(t, warned.Primary, ignored.Primary)
	for _, metric := range []string{"accuracy", "f1", "auc"} {
		plain, tightened := by("", metric), by("tighten", metric)
		require.InDelta(t, 0.025/900, tightened.Level, 1e-12)
		// scipy 1.17.1: norm.isf(0.025/900)/norm.isf(0.025) = 2.0566
		require.InEpsilon(t, 2.0566, (tightened.Primary.High-tightened.Primary.Low)/(plain.Primary.High-plain.Primary.Low), 0.08, metric)
	}
	require.Equal(t, warned.TestSet, by("tighten", "f1").TestSet)
	require.Contains(t, by("tighten", "f1").metrics().Header, "99.9944 % interval")
	worn := comparedAfter(t, champion, challenger, Spec{Looks: "tighten", Metric: "f1"}, Past{Run: 30000}, "")
	require.Contains(t, worn.Findings()[0].Message, "worn out")
	require.True(t, worn.Findings()[0].Blocks())
}

// Whoever publishes a stranger's result counts the looks anew, and does not take intervals that are too short.
func TestRecounted(t *testing.T) {
	champion, challenger := files(2000, 6, 8)
	spec := Spec{Looks: "tighten"}
	honest := comparedAfter(t, champion, challenger, spec, Past{Run: 10}, "")
	again, err := honest.Recounted(Past{Run: 10}, "tighten")
	require.NoError(t, err)
	require.Equal(t, honest.Findings(), again.Findings())
	hiding := honest
	hiding.Level, hiding.Looks = 0.4, &Looks{}
	_, err = hiding.Recounted(Past{Run: 10}, "tighten")
	require.ErrorContains(t, err, "run it again")
	again, err = hiding.Recounted(Past{Run: 10}, "")
	require.NoError(t, err)
	require.Equal(t, int64(10), again.Looks.Runs)
	require.Zero(t, again.Level, "a level laxer than the usual one is none")
	_, err = Result{}.Recounted(Past{}, "tighten")
	require.NoError(t, err)
}
