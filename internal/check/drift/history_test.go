package drift_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mathext"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// weather is days of so many rows whose mean moves from day to day by itself: a column of numbers, one of levels, and the day.
func weather(seed uint64, days, rows int, swing float64) []drift.Values {
	random := rand.New(rand.NewPCG(seed, 11))
	all := []drift.Values{{Name: "x", Kind: table.Float}, {Name: "level", Kind: table.String}, {Name: "day", Kind: table.Date}}
	for day := range days {
		mean := swing * random.NormFloat64()
		for range rows {
			v := mean + random.NormFloat64()
			all[0].Numbers = append(all[0].Numbers, v)
			all[1].Strings = append(all[1].Strings, fmt.Sprint(v > 0, random.IntN(3)))
			all[2].Numbers = append(all[2].Numbers, float64(19_000+day))
		}
	}
	return all
}

func parts(n int) *drift.History { return &drift.History{Parts: &n} }

func TestHistoryTakesUsualDifferencesForWhatTheyAre(t *testing.T) {
	reference := weather(1, 30, 400, 0.4)
	for i, c := range []struct {
		swing float64
		want  finding.Outcome
	}{{0.4, finding.Pass}, {12, finding.Fail}} {
		current := weather(uint64(100+i), 1, 400, c.swing)[:2]
		result := compareValues(t, reference[:2], current, drift.Spec{History: parts(30)})
		got := check(t, result, "x", "distribution")
		require.Equal(t, c.want, got.Outcome, "%+v", got)
		require.Greater(t, *got.Usual, 0.2, "days lie apart")
		require.Equal(t, &drift.Usual{Parts: 30, Rows: 400, FalseAlarms: 1.0 / 31}, result.History)
		require.Contains(t, fmt.Sprint(result.Blocks()), "30 equal parts of about 400 rows")
		if c.want == finding.Pass {
			without := compareValues(t, reference[:2], current, drift.Spec{})
			require.Equal(t, finding.Fail, check(t, without, "x", "distribution").Outcome, "a day is no sample of all days")
		}
	}
}

// The rate holds for all columns together, and however much days differ: with 19 parts any column alarms in at most one comparison of 20.
func TestHistoryKeepsItsRate(t *testing.T) {
	const runs = 200
	alarms := 0
	for run := range uint64(runs) {
		tiny := number("0.0001") // so that the effect does not count
		result := compareValues(t, weather(2*run, 19, 60, 0.5)[:2], weather(2*run+1, 1, 60, 0.5)[:2], drift.Spec{History: parts(19), Minimum: tiny})
		for _, c := range result.Checks {
			if c.Usual != nil && c.Drifted() {
				alarms++
				break
			}
		}
	}
	// P(X ≥ 23) = 2e-4 for X ~ Binomial(200, 0.05); and the rate is used: P(X ≤ 1) = 4e-4.
	require.Less(t, mathext.RegIncBeta(23, runs-22, 0.05), 1e-3)
	require.Less(t, alarms, 23)
	require.Greater(t, alarms, 1)
}

func TestHistoryThatCannotTellSaysWhatItTakes(t *testing.T) {
	few := compareValues(t, weather(1, 18, 50, 0.1)[:2], weather(2, 1, 50, 0.1)[:2], drift.Spec{History: parts(18)})
	got := check(t, few, "x", "distribution")
	require.Equal(t, finding.TooFewRows, got.Cause)
	require.Contains(t, got.Message, "18 parts of the reference, and it takes 19 for a rate of false alarms of 0.05")
	rate := drift.Spec{History: parts(9)}
	rate.History.FalseAlarms = number("0.1")
	require.Equal(t, finding.Pass, check(t, compareValues(t, weather(1, 9, 50, 0.1)[:2], weather(2, 1, 50, 0.1)[:2], rate), "x", "distribution").Outcome)
	small := compareValues(t, weather(1, 20, 50, 0.1)[:2], weather(2, 1, 20, 0.1)[:2], drift.Spec{History: parts(20)})
	require.Contains(t, check(t, small, "x", "distribution").Message, "20 rows, and parts of the reference have about 50")
}

func TestHistoryByAColumn(t *testing.T) {
	reference, current := weather(1, 60, 60, 0.3), weather(2, 1, 400, 0.3)
	for every, want := range map[drift.Period]int{"": 60, drift.Day: 60, drift.Hour: 60, drift.Week: 10, drift.Month: 3} { // 2022-01-08 is a Saturday
		result := compareValues(t, reference, current, drift.Spec{History: &drift.History{By: "day", Every: every}})
		require.Equal(t, want, result.History.Parts, "%q", every)
	}
	byLevel := compareValues(t, reference, current, drift.Spec{History: &drift.History{By: "level"}})
	require.Equal(t, 6, byLevel.History.Parts)
}

func TestHistoryOfPartsThatCannotBeCompared(t *testing.T) {
	each := 0.0
	unique := []drift.Values{numbers("x", 1200, gauss(1, 0, 1)), numbers("day", 1200, func(int) float64 { each++; return each })}
	spec := drift.Spec{History: &drift.History{By: "day"}}
	got := check(t, compareValues(t, unique, unique, spec), "x", "distribution")
	require.Equal(t, finding.Undefined, got.Cause)
	require.Contains(t, got.Message, "more than 1000 parts")
	holes := weather(1, 20, 50, 0.1)[:2]
	for i := range 50 {
		holes[0].Numbers[i] = math.NaN()
	}
	result := compareValues(t, holes, weather(2, 1, 50, 0.1)[:2], drift.Spec{History: parts(20)})
	require.Contains(t, check(t, result, "x", "distribution").Message, "a part of the reference has no values of the column")
	require.NotNil(t, check(t, result, "level", "distribution").Usual, "one column does not spoil the others")
	missing := compare(t, column(500, normal(1, 0)), column(500, normal(2, 0)), drift.Spec{History: &drift.History{By: "week"}})
	require.Equal(t, finding.Missing, only(t, missing, "distribution").Cause)
	require.Equal(t, finding.Missing, check(t, missing, "week", "column").Cause)
	numbered := compare(t, column(500, normal(1, 0)), column(500, normal(2, 0)), drift.Spec{History: &drift.History{By: "i", Every: drift.Week}})
	require.Contains(t, only(t, numbered, "distribution").Message, "column i is integer, and every is for dates and timestamps")
	none := compareValues(t, []drift.Values{numbers("x", 0, nil)}, []drift.Values{numbers("x", 0, nil)}, drift.Spec{History: parts(20)})
	require.Equal(t, finding.Missing, check(t, none, "x", "distribution").Cause)
}
