package drift_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/finding"
)

// ten are ten columns, of which the first so many move.
func ten(seed uint64, moved int) []drift.Values {
	all := make([]drift.Values, 10)
	for i := range all {
		mean := 0.0
		if i < moved {
			mean = 1
		}
		all[i] = numbers(fmt.Sprintf("c%d", i), 1000, gauss(seed+uint64(i), mean, 1))
	}
	return all
}

func TestVerdictOfTheDataSet(t *testing.T) {
	count := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		spec    drift.Spec
		moved   int
		blocks  bool
		dataSet finding.Outcome
	}{
		"any column, by default":             {drift.Spec{}, 1, true, finding.Unknown},
		"a column that is not important":     {drift.Spec{Important: []string{"c5"}}, 1, false, finding.Unknown},
		"an important column":                {drift.Spec{Important: []string{"c0"}}, 1, true, finding.Unknown},
		"as many columns as may":             {drift.Spec{Allowed: &drift.Allowed{Columns: count(3)}}, 3, false, finding.Pass},
		"one more than may":                  {drift.Spec{Allowed: &drift.Allowed{Columns: count(3)}}, 4, true, finding.Fail},
		"as large a share as may":            {drift.Spec{Allowed: &drift.Allowed{Share: number("0.3")}}, 3, false, finding.Pass},
		"a larger share than may":            {drift.Spec{Allowed: &drift.Allowed{Share: number("0.3")}}, 4, true, finding.Fail},
		"important beside a count":           {drift.Spec{Important: []string{"c0"}, Allowed: &drift.Allowed{Columns: count(3)}}, 1, true, finding.Pass},
		"a column that says what it costs":   {drift.Spec{ByColumn: map[string]drift.Override{"c0": {Severity: finding.SeverityWarn}}}, 1, false, finding.Unknown},
		"a data set whose drift only warns":  {drift.Spec{Severity: finding.SeverityWarn, Allowed: &drift.Allowed{Columns: count(1)}}, 4, false, finding.Warn},
		"one column costs more than several": {drift.Spec{Allowed: &drift.Allowed{Columns: count(3)}, ByColumn: map[string]drift.Override{"c0": {Severity: finding.SeverityFail}}}, 1, true, finding.Pass},
	} {
		t.Run(name, func(t *testing.T) {
			result := compareValues(t, ten(10, 0), ten(30, c.moved), c.spec)
			blocks := false
			for _, f := range result.Findings() {
				blocks = blocks || f.Blocks()
			}
			require.Equal(t, c.blocks, blocks)
			if c.dataSet != finding.Unknown {
				require.Equal(t, c.dataSet, check(t, result, "", "data-set").Outcome)
			}
		})
	}
}

// Columns that could not be decided might have drifted.
func TestADataSetOfTooFewRowsIsNoPass(t *testing.T) {
	one := 1
	few := func(seed uint64) []drift.Values {
		return []drift.Values{numbers("a", 30, gauss(seed, 0, 1)), numbers("b", 30, gauss(seed+1, 0, 1)), numbers("c", 30, gauss(seed+2, 0, 1))}
	}
	got := check(t, compareValues(t, few(1), few(5), drift.Spec{Allowed: &drift.Allowed{Columns: &one}}), "", "data-set")
	require.Equal(t, finding.TooFewRows, got.Cause)
}

func TestTargetAndPredictionAreCalledOut(t *testing.T) {
	result := compareValues(t, ten(10, 0), ten(30, 2), drift.Spec{Target: "c0", Prediction: "c1"})
	require.Equal(t, drift.Target, check(t, result, "c0", "distribution").Role)
	require.Equal(t, drift.Prediction, check(t, result, "c1", "distribution").Role)
	var said []string
	for _, f := range result.Findings() {
		said = append(said, f.Message)
	}
	require.Contains(t, said[0], "target column c0")
}

func TestCorrections(t *testing.T) {
	for correction, level := range map[drift.Correction]float64{drift.BenjaminiHochberg: 0.05, drift.Holm: 0.05, drift.Uncorrected: 0.05} {
		result := compareValues(t, ten(10, 0), ten(30, 0), drift.Spec{Correction: correction})
		require.Equal(t, correction, result.Correction)
		for _, c := range result.Checks {
			if correction == drift.Uncorrected {
				require.InDelta(t, *c.P, *c.Adjusted, 0)
			}
			require.GreaterOrEqual(t, *c.Adjusted, *c.P)
			require.Greater(t, *c.Adjusted, level/10)
		}
	}
}

// wide are 200 columns, each with all that there is to show.
func wide(seed uint64) []drift.Values {
	var all []drift.Values
	for i := range 200 {
		if name := fmt.Sprintf("a column with a name %d", i); i%4 == 0 {
			all = append(all, labels(name, 500, byRank(seed+uint64(i), 60)))
		} else {
			all = append(all, numbers(name, 500, gauss(seed+uint64(i), float64(i%2), 1)))
		}
	}
	return all
}

func TestDetailsAreWholeAndSmall(t *testing.T) {
	result := compareValues(t, wide(1), wide(1000), drift.Spec{})
	data, err := json.Marshal(result)
	require.NoError(t, err)
	require.Less(t, len(data), 800_000, "of 200 columns, so that a report of them stays under 2 MB")
	table := result.Blocks()[0].(finding.Table)
	require.Len(t, table.Rows, len(result.Checks))
	for _, row := range table.Rows {
		require.Len(t, row.Cells, len(table.Header))
		requireDetail(t, row)
	}
}

func requireDetail(t *testing.T, row finding.Row) {
	t.Helper()
	kinds := map[string]int{}
	for _, block := range row.Detail {
		switch b := block.(type) {
		case finding.Histogram:
			kinds["histogram"]++
			require.LessOrEqual(t, len(b.Labels), 21)
			for _, s := range b.Series {
				require.Len(t, s.Values, len(b.Labels))
			}
		case finding.Curve:
			kinds["curve"]++
			for _, line := range b.Lines {
				require.Len(t, line.Y, len(line.X))
				require.LessOrEqual(t, len(line.X), 41)
				require.IsIncreasing(t, line.X)
			}
		case finding.Table:
			kinds["table"]++
		}
	}
	if _, isBars := row.Cells[1].(finding.Bars); isBars {
		require.Equal(t, 1, kinds["histogram"])
		require.Equal(t, 1, kinds["table"])
		require.Contains(t, []int{0, 2}, kinds["curve"], "numbers have two")
	}
}

// A result file may come from a stranger: lists that do not fit each other are not drawn.
func TestAHostileResultFileIsDrawnWithoutPanic(t *testing.T) {
	for _, text := range []string{
		`{"checks":[{"column":"x","rule":"distribution","outcome":"fail"}],"columns":[{"column":"x","labels":["a","b"],"reference":{"shares":[1]},"current":{}}]}`,
		`{"checks":[{"column":"x","rule":"distribution","outcome":"fail"}],"columns":[{"column":"x","places":[1,2,3],"reference":{"at-most":[1]},"current":{}}]}`,
		`{"checks":[{"column":"x","rule":"distribution","outcome":"fail"}],"columns":[{"column":"x","quantiles":[0.5],"reference":{"quantiles":["1"]},"current":{"quantiles":["1"]}}]}`,
		`{"checks":[{"column":"x","rule":"distribution","outcome":"pass","adjusted-p":0.1,"psi":1,"w1":2,"unit":"?","effect":1}]}`,
		`{"history":{"parts":-1},"allowed":{},"checks":null}`,
	} {
		answer, err := finding.DecodeAs[drift.Result]([]byte(text))
		require.NoError(t, err)
		require.NotPanics(t, func() { answer.Blocks() }, text)
		require.NotPanics(t, func() { answer.Findings() }, text)
	}
}
