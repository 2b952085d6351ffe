package drift_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

func compare(t *testing.T, reference, current string, spec drift.Spec) drift.Result {
	t.Helper()
	return compareTables(t, reference, current, table.Spec{}, spec)
}

// compareTables compares two texts of CSV that are declared alike.
func compareTables(t *testing.T, reference, current string, declared table.Spec, spec drift.Spec) drift.Result {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	dir := t.TempDir()
	open := func(name, text string) *table.Table {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(text), 0o600))
		declared.Path = name + ".csv"
		opened, err := engine.Open(t.Context(), name, dir, declared, false)
		require.NoError(t, err)
		return opened
	}
	result, err := drift.Compare(t.Context(), open("reference", reference), open("current", current), spec, false)
	require.NoError(t, err)
	requireSameAnew(t, result, spec)
	return result
}

// column makes a table of one column.
func column(n int, value func(i int) string) string {
	var b strings.Builder
	b.WriteString("i,x\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%s\n", i%7, value(i))
	}
	return b.String()
}

func normal(seed uint64, mean float64) func(int) string {
	random := rand.New(rand.NewPCG(seed, 1))
	return func(int) string { return fmt.Sprintf("%.6f", random.NormFloat64()+mean) }
}

func levels(seed uint64, weights ...int) func(int) string {
	random := rand.New(rand.NewPCG(seed, 2))
	total := 0
	for _, w := range weights {
		total += w
	}
	return func(int) string {
		at := random.IntN(total)
		for i, w := range weights {
			if at < w {
				return fmt.Sprintf("level %d", i)
			}
			at -= w
		}
		return ""
	}
}

// only is the check of a rule on column x.
func only(t *testing.T, r drift.Result, rule string) drift.Check {
	t.Helper()
	for _, check := range r.Checks {
		if check.Column == "x" && check.Rule == rule {
			return check
		}
	}
	require.Fail(t, "no such check", "%s in %+v", rule, r.Checks)
	return drift.Check{}
}

func TestVerdicts(t *testing.T) {
	for name, c := range map[string]struct {
		reference, current string
		want               finding.Outcome
	}{
		"the same numbers":                     {column(1000, normal(1, 0)), column(1000, normal(2, 0)), finding.Pass},
		"numbers that moved":                   {column(1000, normal(1, 0)), column(1000, normal(2, 0.5)), finding.Fail},
		"numbers that moved, seen in few rows": {column(30, normal(1, 0)), column(30, normal(2, 4)), finding.Fail},
		"too few rows to tell":                 {column(30, normal(1, 0)), column(30, normal(2, 0)), finding.NotRun},
		"a difference nobody cares about":      {column(60_000, normal(1, 0)), column(60_000, normal(2, 0.05)), finding.Pass},
		"the same levels":                      {column(1000, levels(1, 5, 3, 2)), column(1000, levels(2, 5, 3, 2)), finding.Pass},
		"levels that moved":                    {column(1000, levels(1, 5, 3, 2)), column(1000, levels(2, 2, 3, 5)), finding.Fail},
		"constants":                            {column(500, func(int) string { return "5" }), column(500, func(int) string { return "5" }), finding.Pass},
		"constants that differ":                {column(500, func(int) string { return "5" }), column(500, func(int) string { return "6" }), finding.Fail},
		"codes that moved":                     {column(1000, func(i int) string { return fmt.Sprint(i % 3) }), column(1000, func(i int) string { return fmt.Sprint(i % 2) }), finding.Fail},
		"no values":                            {column(500, func(int) string { return "" }), column(500, func(int) string { return "" }), finding.NotRun},
		"identifiers":                          {column(500, func(i int) string { return fmt.Sprintf("id-%d", i) }), column(500, func(i int) string { return fmt.Sprintf("id-%d", i+500) }), finding.Warn},
		"NaN and infinities are no values":     {column(1000, normal(1, 0)), column(1000, func(i int) string { return []string{"nan", "inf", "0.1"}[i%3] }), finding.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			check := only(t, compare(t, c.reference, c.current, drift.Spec{}), "distribution")
			require.Equal(t, c.want, check.Outcome, "%+v", check)
		})
	}
}

func TestTooFewRowsSaysHowManyItTakes(t *testing.T) {
	few := compare(t, column(30, normal(1, 0)), column(30, normal(2, 0)), drift.Spec{})
	f := only(t, few, "distribution")
	require.Equal(t, finding.TooFewRows, f.Cause)
	require.Regexp(t, `it takes \d+ and \d+ rows`, f.Message)
	var needed int
	_, err := fmt.Sscanf(f.Needed, "%d", &needed)
	require.NoError(t, err)
	enough := compare(t, column(needed, normal(1, 0)), column(needed, normal(2, 0)), drift.Spec{})
	require.Equal(t, finding.Pass, only(t, enough, "distribution").Outcome)
	for _, finding := range few.Findings() {
		require.False(t, finding.Blocks(), "too few rows leave the run green")
	}
	few.RequirePower = true
	require.True(t, few.Findings()[1].Blocks(), "unless power is required")
}

func TestNullShares(t *testing.T) {
	holes := func(every int) string {
		value := normal(3, 0)
		return column(1000, func(i int) string {
			if i%every == 0 {
				return ""
			}
			return value(i)
		})
	}
	result := compare(t, holes(20), holes(5), drift.Spec{})
	check := only(t, result, "null-share")
	require.Equal(t, finding.Fail, check.Outcome)
	require.InDelta(t, 0.15, *check.Effect, 1e-12)
	require.Contains(t, check.Message, "from 5.0 % to 20.0 %")
	require.Equal(t, 4, result.Tests, "two distributions, a range and a null share are corrected together")
	require.Equal(t, finding.Pass, only(t, compare(t, holes(20), holes(21), drift.Spec{}), "null-share").Outcome)
}

func TestUnseenValuesAreAFindingOfTheirOwn(t *testing.T) {
	spoiled := levels(2, 5, 3, 2)
	result := compare(t, column(1000, levels(1, 5, 3, 2)), column(1000, func(i int) string {
		if i%50 == 7 {
			return "new | `level`"
		}
		return spoiled(i)
	}), drift.Spec{})
	require.Equal(t, finding.Pass, only(t, result, "distribution").Outcome)
	require.Equal(t, finding.Warn, only(t, result, "unseen").Outcome)
}

func TestColumnsThatCannotBeCompared(t *testing.T) {
	result := compare(t, "x,gone,t\n1,1,2024-01-01\n2,2,2024-01-02\n", "x,new,t\na,1,2025-01-01\nb,2,2025-01-01\n", drift.Spec{})
	require.Equal(t, finding.Fail, only(t, result, "type").Outcome)
	require.Equal(t, []string{"t"}, result.LeftOut)
	byColumn := map[string]finding.Outcome{}
	for _, check := range result.Checks {
		byColumn[check.Column] = check.Outcome
	}
	require.Equal(t, finding.NotRun, byColumn["gone"])
	require.Equal(t, finding.Warn, byColumn["new"])
	included := compare(t, "x\n1\n", "x\n1\n", drift.Spec{Columns: drift.Columns{Include: []string{"y"}}})
	require.True(t, included.Findings()[0].Blocks(), "a column that is asked for and missing")
	nothing := compare(t, "x\n1\n", "x\n1\n", drift.Spec{Columns: drift.Columns{Exclude: []string{"x"}}})
	require.True(t, nothing.Findings()[0].Blocks(), "nothing was compared")
}

func TestSpecChangesTheVerdict(t *testing.T) {
	minimum, err := source.ParseNumber("0.4", source.Pos{})
	require.NoError(t, err)
	moved := [2]string{column(1000, normal(1, 0)), column(1000, normal(2, 0.5))}
	require.Equal(t, finding.Pass, only(t, compare(t, moved[0], moved[1], drift.Spec{Minimum: &minimum}), "distribution").Outcome)
	require.Equal(t, finding.Warn, only(t, compare(t, moved[0], moved[1], drift.Spec{Severity: finding.SeverityWarn}), "distribution").Outcome)
	holm := compare(t, moved[0], moved[1], drift.Spec{Correction: drift.Holm})
	require.Equal(t, drift.Holm, holm.Correction)
}

// Thirty clean columns, many times: the default must not cry wolf. Peers that test each column at 0.05 alarm in 79 % of runs.
func TestCleanColumnsRaiseNoAlarm(t *testing.T) {
	wide := func(seed uint64) string {
		random := rand.New(rand.NewPCG(seed, 9))
		var b strings.Builder
		for i := range 30 {
			fmt.Fprintf(&b, "c%d,", i)
		}
		b.WriteString("end\n")
		for range 600 {
			for i := range 30 {
				if i%3 == 0 {
					fmt.Fprintf(&b, "l%d,", random.IntN(2+i/2))
				} else {
					fmt.Fprintf(&b, "%.5f,", random.NormFloat64())
				}
			}
			b.WriteString("0\n")
		}
		return b.String()
	}
	alarms := 0
	for run := range uint64(10) {
		for _, f := range compare(t, wide(2*run), wide(2*run+1), drift.Spec{}).Findings() {
			if f.Outcome == finding.Fail {
				alarms++
			}
		}
	}
	require.Zero(t, alarms)
}

func TestResultSurvivesItsFile(t *testing.T) {
	result := compare(t, column(100, normal(1, 0)), column(100, levels(2, 1, 1)), drift.Spec{})
	data, err := json.Marshal(result)
	require.NoError(t, err)
	back, err := finding.DecodeAs[drift.Result](data)
	require.NoError(t, err)
	require.Equal(t, result.Findings(), back.Findings())
	require.Equal(t, result.Blocks(), back.Blocks())
}

// Nothing that a sensitive column holds, nor a number that is one of its values, stands anywhere in the result or its blocks.
func TestSensitiveColumnsAreComparedAndNotShown(t *testing.T) {
	write := func(seed uint64, city string, income float64) string {
		random := rand.New(rand.NewPCG(seed, 4))
		var b strings.Builder
		b.WriteString("income,city,note\n")
		for i := range 700 {
			level := city
			if random.IntN(3) == 0 {
				level = "Trier"
			}
			fmt.Fprintf(&b, "%.1f,%s,the patient of %s number %d says so\n", income+random.Float64(), level, city, i)
		}
		return b.String()
	}
	declared := table.Spec{Sensitive: []string{"income", "city", "note"}}
	result := compareTables(t, write(1, "Aachen", 731000), write(2, "Zwickau", 999000), declared, drift.Spec{Multivariate: true})
	data, err := json.Marshal(result)
	require.NoError(t, err)
	all := string(data) + fmt.Sprintf("%+v %+v", result.Findings(), result.Blocks())
	for _, secret := range []string{"Aachen", "aachen", "Zwickau", "zwickau", "Trier", "7310", "7.31", "9990", "9.99", "patient"} {
		require.NotContains(t, all, secret)
	}
	for _, rule := range []string{"distribution", "range"} {
		require.Equal(t, finding.Fail, check(t, result, "income", rule).Outcome)
	}
	require.Equal(t, finding.Warn, check(t, result, "city", "unseen").Outcome)
	require.Equal(t, finding.Fail, check(t, result, "note", "text-wording").Outcome)
}

func TestKindsThatCountInOtherUnitsAreAChangeOfType(t *testing.T) {
	for name, c := range map[string][2]string{
		"a date and a number":    {"2024-01-01", "19000"},
		"a date and a timestamp": {"2024-01-01", "2024-01-01 10:00:00"},
		"a number and a text":    {"1", "one"},
	} {
		got := only(t, compare(t, "x\n"+c[0]+"\n", "x\n"+c[1]+"\n", drift.Spec{Columns: drift.Columns{Include: []string{"x"}}}), "type")
		require.Equal(t, finding.Fail, got.Outcome, name)
		require.True(t, got.Drifted(), name)
	}
}

// A name that the spec misspells is never passed over.
func TestColumnsThatTheSpecNamesAndNobodyHas(t *testing.T) {
	for _, spec := range []drift.Spec{{Important: []string{"y"}}, {Target: "y"}, {Prediction: "y"}, {ByColumn: map[string]drift.Override{"y": {}}}} {
		result := compare(t, column(100, normal(1, 0)), column(100, normal(2, 0)), spec)
		got := check(t, result, "y", "column")
		require.Equal(t, finding.Missing, got.Cause)
	}
}

func TestHistoryOfATableOnDisk(t *testing.T) {
	days := func(seed uint64, n int) string {
		random := rand.New(rand.NewPCG(seed, 12))
		var b strings.Builder
		b.WriteString("day,x\n")
		for day := range n {
			for range 80 {
				fmt.Fprintf(&b, "2024-%02d-%02d,%.4f\n", 1+day/28, 1+day%28, random.NormFloat64()+float64(day%2)/2)
			}
		}
		return b.String()
	}
	result := compare(t, days(1, 40), days(2, 1), drift.Spec{History: &drift.History{By: "day"}})
	require.Equal(t, 40, result.History.Parts)
	require.NotNil(t, only(t, result, "distribution").Usual)
	require.Equal(t, []string{"day"}, result.LeftOut)
}
