package drift_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// crowd is ten columns; each of the first six lies a little higher in current, by too little to count alone.
func crowd(seed uint64, shift float64) []drift.Values {
	var all []drift.Values
	for i := range 6 {
		all = append(all, numbers(fmt.Sprintf("moved%d", i), 3000, gauss(seed+uint64(i), shift, 1)))
	}
	for i := range 4 {
		all = append(all, labels(fmt.Sprintf("still%d", i), 3000, byRank(seed+uint64(i), 6)))
	}
	return all
}

func TestManySmallShiftsAreFoundTogether(t *testing.T) {
	spec := drift.Spec{Multivariate: true}
	result := compareValues(t, crowd(1, 0), crowd(100, 0.2), spec)
	for _, c := range result.Checks {
		if c.Column != "" {
			require.NotEqual(t, finding.Fail, c.Outcome, "%+v", c)
		}
	}
	got := check(t, result, "", "multivariate")
	require.Equal(t, finding.Fail, got.Outcome, "%+v", got)
	// The best of all classifiers has the accuracy Φ(√6·0.2/2) = 0.5968 (scipy 1.17.1: norm.cdf(6**.5*0.1)).
	require.InDelta(t, 0.0968, *got.Effect, 0.03)
	for _, name := range got.Carriers {
		require.Contains(t, name, "moved")
	}
	require.NotEmpty(t, got.Carriers)
	clean := check(t, compareValues(t, crowd(1, 0), crowd(200, 0), spec), "", "multivariate")
	require.Equal(t, finding.Pass, clean.Outcome, "%+v", clean)
	require.Equal(t, 6*2+4+1, result.Tests, "its p-value stands in the same family")
}

func TestTheClassifierSeesSpreadAndNulls(t *testing.T) {
	values := func(seed uint64, deviation float64) []drift.Values {
		return []drift.Values{numbers("spread", 2000, gauss(seed, 5, deviation)), numbers("other", 2000, gauss(seed+1, 0, 1))}
	}
	got := check(t, compareValues(t, values(1, 1), values(5, 2), drift.Spec{Multivariate: true}), "", "multivariate")
	require.Equal(t, finding.Fail, got.Outcome, "%+v", got)
	require.Equal(t, []string{"spread"}, got.Carriers)
	few := func(seed uint64) []drift.Values { return []drift.Values{numbers("x", 30, gauss(seed, 0, 1))} }
	require.Equal(t, finding.TooFewRows, check(t, compareValues(t, few(1), few(2), drift.Spec{Multivariate: true}), "", "multivariate").Cause)
}

// sentences are texts of words from a list, so many a text.
func sentences(seed uint64, n, words int, list ...string) drift.Values {
	random := rand.New(rand.NewPCG(seed, 8))
	return labels("text", n, func(int) string {
		var b strings.Builder
		for range words + random.IntN(words) {
			fmt.Fprintf(&b, "%s%d ", list[random.IntN(len(list))], random.IntN(40))
		}
		return b.String()
	})
}

func TestTextsAreComparedByLengthAlphabetAndWords(t *testing.T) {
	reference := []drift.Values{sentences(1, 1200, 8, "red", "green", "blue")}
	for name, c := range map[string]struct {
		current drift.Values
		rules   []string // that find drift
	}{
		"the same":      {sentences(2, 1200, 8, "red", "green", "blue"), nil},
		"other words":   {sentences(3, 1200, 8, "red", "green", "grey"), []string{"text-wording"}},
		"longer":        {sentences(4, 1200, 16, "red", "green", "blue"), []string{"text-length", "text-words"}},
		"other letters": {sentences(5, 1200, 8, "röt", "grün", "bläu"), []string{"text-non-ascii", "text-wording"}},
	} {
		t.Run(name, func(t *testing.T) {
			result := compareValues(t, reference, []drift.Values{c.current}, drift.Spec{})
			for _, rule := range []string{"text-length", "text-non-ascii", "text-words", "text-wording"} {
				want := finding.Pass
				for _, r := range c.rules {
					if r == rule {
						want = finding.Fail
					}
				}
				got := check(t, result, "text", rule)
				require.Equal(t, want, got.Outcome, "%s: %+v", rule, got)
			}
		})
	}
	other := check(t, compareValues(t, reference, []drift.Values{sentences(3, 1200, 8, "red", "green", "grey")}, drift.Spec{}), "text", "text-wording")
	require.Contains(t, strings.Join(other.Carriers, " "), "grey")
}

// What an identifier is made of moves on by itself.
func TestIdentifiersAreNotCompared(t *testing.T) {
	ids := func(from int) []drift.Values {
		return []drift.Values{labels("id", 500, func(i int) string { return fmt.Sprintf("order-%d", from+i) })}
	}
	result := compareValues(t, ids(0), ids(1_000_000), drift.Spec{})
	require.Len(t, result.Checks, 1)
	require.Equal(t, finding.Warn, result.Checks[0].Outcome)
	require.False(t, result.Checks[0].Drifted())
}

func TestBooleansAndTimesThatAreNamed(t *testing.T) {
	flags := func(share float64) drift.Values {
		return drift.Values{Name: "flag", Kind: table.Boolean, Numbers: numbers("", 1000, func(i int) float64 {
			if float64(i) < 1000*share {
				return 1
			}
			return 0
		}).Numbers}
	}
	days := func(from float64) drift.Values {
		return drift.Values{Name: "day", Kind: table.Date, Numbers: numbers("", 1000, func(i int) float64 { return from + float64(i%365) }).Numbers}
	}
	result := compareValues(t, []drift.Values{flags(0.5), days(19_000)}, []drift.Values{flags(0.7), days(19_100)}, drift.Spec{})
	require.InDelta(t, 0.2, *check(t, result, "flag", "distribution").Effect, 1e-12)
	moved := check(t, result, "day", "distribution")
	require.Equal(t, finding.Fail, moved.Outcome)
	require.Contains(t, moved.Message, "medians 2022-06-23 and 2022-10-01", "days since 1970 read as dates")
	require.Contains(t, result.Columns[1].Labels[0], "≥ 2022-")
}

// Categories that give way to values which never repeat have drifted, whatever those are.
func TestCategoriesThatBecomeIdentifiersHaveDrifted(t *testing.T) {
	cities := []drift.Values{labels("x", 30_000, func(i int) string { return fmt.Sprint("city ", i%5) })}
	for _, n := range []int{400, 30_000} { // few enough to be counted, and too many
		ids := []drift.Values{labels("x", n, func(i int) string { return fmt.Sprint("id-", i) })}
		for name, result := range map[string]drift.Result{"from": compareValues(t, cities, ids, drift.Spec{}), "to": compareValues(t, ids, cities, drift.Spec{})} {
			require.Equal(t, finding.Fail, finding.Worst(outcomes(result)...), "%s %d: %+v", name, n, result.Checks)
		}
	}
}

func outcomes(r drift.Result) []finding.Outcome {
	var all []finding.Outcome
	for _, c := range r.Checks {
		all = append(all, c.Outcome)
	}
	return all
}
