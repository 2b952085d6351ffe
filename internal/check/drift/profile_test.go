package drift_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// randomTable writes a table of random columns, moved by shift standard deviations.
func randomTable(rows int, seed uint64, shift float64) string {
	r := rand.New(rand.NewPCG(seed, 5))
	var b strings.Builder
	b.WriteString("normal,skewed,code,flag,city,zip,note,score\n")
	for range rows {
		x := r.NormFloat64() + shift
		note := strings.Repeat("word ", 3+r.IntN(9)+int(3*shift)) + fmt.Sprint(r.Uint64())
		fmt.Fprintf(&b, "%.9f,%.9f,%d,%t,%s,z%d,%s,%d\n", x, math.Exp(x), r.IntN(5)+int(2*shift), r.Float64() < 0.3+shift/4,
			[]string{"Bonn", "Rom", "Ulm"}[min(2, r.IntN(3)+int(shift))], r.IntN(3000), note, r.IntN(200)+int(50*shift))
	}
	return b.String()
}

func openText(t *testing.T, engine *table.Engine, name, text string) *table.Table {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(text), 0o600))
	opened, err := engine.Open(t.Context(), name, dir, table.Spec{Path: name + ".csv"}, false)
	require.NoError(t, err)
	return opened
}

// both compares a table with a reference and with its profile.
func both(t *testing.T, reference, current string, spec drift.Spec, minCount int64) (exact, known drift.Result) {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	left, right := openText(t, engine, "reference", reference), openText(t, engine, "current", current)
	exact, err = drift.Compare(t.Context(), left, right, spec, false)
	require.NoError(t, err)
	made, err := profile.Of(t.Context(), left, minCount)
	require.NoError(t, err)
	data, err := made.JSON()
	require.NoError(t, err)
	read, err := profile.Read("p.json", data)
	require.NoError(t, err)
	known, err = drift.CompareProfile(t.Context(), drift.NewProfile("reference", read), right, spec, false)
	require.NoError(t, err)
	requireSameAnew(t, exact, spec)
	requireSameAnew(t, known, spec)
	return exact, known
}

func checkOf(t *testing.T, r drift.Result, column, rule string) drift.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Column == column && c.Rule == rule {
			return c
		}
	}
	require.Fail(t, "no check "+column+" "+rule)
	return drift.Check{}
}

func TestAProfileOfFewValuesAnswersLikeItsTable(t *testing.T) {
	for _, shift := range []float64{0, 0.2, 1} {
		only := drift.Spec{Columns: drift.Columns{Include: []string{"code", "flag", "city", "score"}}}
		exact, known := both(t, randomTable(4000, 1, 0), randomTable(3000, 2, shift), only, 0)
		require.True(t, known.IsProfile)
		require.Equal(t, exact.Checks, known.Checks)
		require.Equal(t, exact.Columns, known.Columns)
		require.Equal(t, []int64{4000, 3000}, []int64{known.ReferenceRows, known.CurrentRows})
	}
}

func TestCodesOfMoreRowsThanAreExpandedKeepTheirCounts(t *testing.T) {
	reference := "code\n" + strings.Repeat("1\n2\n2\n7\n", 300_000)
	exact, known := both(t, reference, "code\n"+strings.Repeat("1\n2\n7\n", 5000), drift.Spec{}, 0)
	require.Equal(t, exact.Checks, known.Checks)
	require.Equal(t, exact.Columns, known.Columns)
}

func TestVerdictsAllowForTheErrorOfTheSketch(t *testing.T) {
	for shift, want := range map[float64]finding.Outcome{0: finding.Pass, 0.1: finding.Pass, 0.5: finding.Fail} {
		exact, known := both(t, randomTable(20_000, 1, 0), randomTable(20_000, 2, shift), drift.Spec{}, 0)
		for _, column := range []string{"normal", "skewed"} {
			truth, check := checkOf(t, exact, column, "distribution"), checkOf(t, known, column, "distribution")
			require.Equal(t, want, check.Outcome, "%s moved by %v: %s", column, shift, check.Message)
			require.InDelta(t, *truth.Effect, *check.Effect, *check.ReferenceError)
			require.GreaterOrEqual(t, *check.P, *truth.P, "a profile raises no alarm that its table does not")
			require.Contains(t, check.Message, "the profile of the reference is off by at most")
		}
	}
}

// D of two normal distributions a shift of 0.2656 apart is 0.1056: scipy 1.17.1, 2*norm.cdf(0.2656/2)-1. That is above the
// minimum, but not by the error of the sketch.
func TestDriftWithinTheErrorOfTheSketchIsNone(t *testing.T) {
	exact, known := both(t, randomTable(60_000, 1, 0), randomTable(60_000, 2, 0.2656), drift.Spec{Columns: drift.Columns{Include: []string{"normal"}}}, 0)
	require.Equal(t, finding.Fail, checkOf(t, exact, "normal", "distribution").Outcome)
	check := checkOf(t, known, "normal", "distribution")
	require.Equal(t, finding.Pass, check.Outcome, check.Message)
	require.Greater(t, *check.ReferenceError, 0.0056)
}

func TestWhatAProfileDoesNotKnowIsSaid(t *testing.T) {
	_, known := both(t, randomTable(20_000, 1, 0), randomTable(20_000, 2, 0), drift.Spec{}, 0)
	zip := checkOf(t, known, "zip", "distribution")
	require.Equal(t, finding.Warn, zip.Outcome)
	require.Contains(t, zip.Message, "knows only its most frequent values")
	require.Equal(t, finding.Pass, checkOf(t, known, "note", "text-length").Outcome)
	for _, check := range known.Checks {
		require.NotContains(t, []string{"text-wording", "text-words"}, check.Rule)
	}
	_, known = both(t, randomTable(20_000, 1, 0), randomTable(20_000, 2, 0), drift.Spec{Test: drift.MannWhitney}, 0)
	normal := checkOf(t, known, "normal", "distribution")
	require.Equal(t, []any{finding.NotRun, finding.Undefined}, []any{normal.Outcome, normal.Cause})
	require.Equal(t, finding.Pass, checkOf(t, known, "score", "distribution").Outcome, "all its values are known")
}

func TestACoarseProfileCannotTell(t *testing.T) {
	_, known := both(t, randomTable(2000, 1, 0), randomTable(20_000, 2, 0), drift.Spec{}, 100)
	check := checkOf(t, known, "normal", "distribution")
	require.Equal(t, []any{finding.NotRun, finding.TooFewRows}, []any{check.Outcome, check.Cause}, check.Message)
	require.Contains(t, check.Needed, "a profile with an error below 5 %")
	_, known = both(t, randomTable(2000, 1, 0), randomTable(20_000, 2, 3), drift.Spec{}, 100)
	require.Equal(t, finding.Fail, checkOf(t, known, "normal", "distribution").Outcome, "what is large is seen all the same")
	for _, check := range known.Checks {
		require.False(t, check.Rule == "range" && check.Column == "normal", "where its range ends was left out")
	}
}

func TestSensitiveColumnsOfAProfileAreNotCompared(t *testing.T) {
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	current := openText(t, engine, "current", randomTable(500, 2, 0))
	builder := profile.NewBuilder(current.Columns(), func(names ...string) bool { return names[0] == "normal" })
	require.NoError(t, current.Scan(t.Context(), nil, func(c *table.Chunk) error { builder.Add(c); return nil }))
	known, err := drift.CompareProfile(t.Context(), drift.NewProfile("reference", builder.Profile(0)), current, drift.Spec{}, false)
	require.NoError(t, err)
	check := checkOf(t, known, "normal", "distribution")
	require.Equal(t, finding.Warn, check.Outcome)
	require.Contains(t, check.Message, "since it is sensitive")
}
