package evidently_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/drift/evidently"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// compare compares two texts of CSV (or JSON lines, which begin with a brace).
func compare(t *testing.T, reference, current string, spec evidently.Spec, names ...string) evidently.Result {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	dir, header := t.TempDir(), true
	open := func(name, text string) *table.Table {
		declared := table.Spec{Path: name + ".csv", Header: &header}
		if strings.HasPrefix(text, "{") {
			declared = table.Spec{Path: name + ".jsonl"}
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, declared.Path), []byte(text), 0o600))
		opened, err := engine.Open(t.Context(), name, dir, declared, false)
		require.NoError(t, err)
		return opened
	}
	left, right := open("reference", reference), open("current", current)
	if len(names) == 0 {
		for _, column := range right.Columns() {
			names = append(names, column.Name)
		}
	}
	result, err := evidently.Compare(t.Context(), left, right, names, spec)
	require.NoError(t, err)
	again, untold := result.Anew(spec)
	require.Empty(t, untold)
	require.Equal(t, result, again, "judged by its scores it comes to the same")
	return result
}

// one is a table of one column x, whose n values repeat the given ones.
func one(n int, values ...string) string {
	var b strings.Builder
	b.WriteString("x,y\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,0\n", values[i%len(values)])
	}
	return b.String()
}

// spread is a table of one column x of n fractions.
func spread(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]string, n)
	for i := range values {
		values[i] = fmt.Sprintf("%.6f", random.NormFloat64())
	}
	return one(n, values...)
}

func with(stattest evidently.Stattest) evidently.Spec {
	return evidently.Spec{Choice: evidently.Choice{Stattest: stattest}}
}

func limit(v float64) *source.Number { return &source.Number{Value: v} }

func TestTheUsualStattest(t *testing.T) {
	for name, c := range map[string]struct {
		reference, current string
		typ                evidently.Type
		want               evidently.Stattest
	}{
		"numbers, 1000 rows":             {spread(1000), spread(50), evidently.Numerical, "ks"},
		"numbers, 1001 rows":             {spread(1001), spread(50), evidently.Numerical, "wasserstein"},
		"five values, 1000 rows":         {one(1000, "1.5", "2.5", "3.5"), one(50, "4.5", "5.5"), evidently.Numerical, "chisquare"},
		"six values, 1000 rows":          {one(1000, "1.5", "2.5", "3.5"), one(50, "4.5", "5.5", "6.5"), evidently.Numerical, "ks"},
		"two numbers":                    {one(10, "1.5", "2.5"), one(10, "1.5"), evidently.Numerical, "z"},
		"five values, 1001 rows":         {one(1001, "1.5", "2.5", "3.5"), one(50, "4.5", "5.5"), evidently.Numerical, "jensenshannon"},
		"two words":                      {one(10, "a", "b"), one(10, "a", "b"), evidently.Categorical, "z"},
		"three words":                    {one(10, "a", "b"), one(10, "a", "c"), evidently.Categorical, "chisquare"},
		"words, 1001 rows":               {one(1001, "a", "b"), one(10, "a", "b"), evidently.Categorical, "jensenshannon"},
		"ten whole numbers":              {one(90, "1"), one(90, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"), evidently.Categorical, "chisquare"},
		"eleven whole numbers":           {one(90, "1"), one(90, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"), evidently.Numerical, "ks"},
		"whole numbers and nulls":        {one(90, "1", "2", "3"), one(90, "1", "", "2", "3"), evidently.Numerical, "chisquare"},
		"truth values":                   {one(90, "True", "False"), one(90, "true"), evidently.Categorical, "z"},
		"half of the words are distinct": {one(90, "a"), one(4, "a", "b"), evidently.Categorical, "z"},
	} {
		got := compare(t, c.reference, c.current, evidently.Spec{}, "x").Columns[0]
		require.Equal(t, c.typ, got.Type, name)
		require.Equal(t, c.want, got.Method, name)
		require.NotNil(t, got.Score, name)
	}
}

// Evidently 0.7.23, get_stattest(…) on 300 rows each of the categories.
func TestKnownScores(t *testing.T) {
	abc, abd, abb := one(300, "a", "b", "c"), one(300, "a", "b", "d"), one(300, "a", "b", "b")
	for _, c := range []struct {
		stattest           evidently.Stattest
		reference, current string
		want               float64
		drifted            bool
	}{
		{"chisquare", abc, abd, 0, true},
		{"psi", abc, abd, 5.40619637658872, true},
		{"kl_div", abc, abd, 2.70282790550381, true},
		{"jensenshannon", abc, abd, 0.48067562886696097, true},
		{"hellinger", abc, abd, 0.5773502691896258, true},
		{"chisquare", abc, abb, 3.7200759760208177e-44, true},
		{"psi", abc, abb, 2.9341472484810085, true},
		{"kl_div", abc, abb, 2.4729602959163755, true},
		{"jensenshannon", abc, abb, 0.37926380822046607, true},
		{"z", one(300, "a"), one(300, "a"), 1, false},
		{"jensenshannon", one(2000, "5.0"), one(2000, "5.001"), 0.8325546111576977, true}, // √ln 2
	} {
		got := compare(t, c.reference, c.current, with(c.stattest), "x").Columns[0]
		require.NotNil(t, got.Score, c.stattest)
		require.InDelta(t, c.want, *got.Score, 1e-9, c.stattest)
		require.Equal(t, c.drifted, got.Drifted, c.stattest)
	}
}

func TestTheNearestChoiceCounts(t *testing.T) {
	spec := evidently.Spec{
		Choice:      evidently.Choice{Stattest: "psi", Threshold: limit(0.5)},
		Numerical:   evidently.Choice{Stattest: "ks"},
		Categorical: evidently.Choice{Threshold: limit(0.25)},
		Columns:     map[string]evidently.Choice{"x": {Threshold: limit(0.125)}},
	}
	numbers := compare(t, spread(60), spread(60), spec, "x").Columns[0]
	require.Equal(t, evidently.Stattest("ks"), numbers.Method)
	require.Equal(t, 0.125, *numbers.Threshold)
	spec.Columns = nil
	require.Equal(t, 0.5, *compare(t, spread(60), spread(60), spec, "x").Columns[0].Threshold)
	words := compare(t, one(9, "a", "b"), one(9, "a"), spec, "x").Columns[0]
	require.Equal(t, evidently.Stattest("psi"), words.Method)
	require.Equal(t, 0.25, *words.Threshold)
}

func TestWhatIsNotJudgedSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		reference, current string
		spec               evidently.Spec
		there              evidently.There
		cause              finding.Cause
		reason             string
	}{
		"text":                   {one(9, "a"), one(3, "a", "b", "c"), evidently.Spec{}, evidently.Trains, finding.Undefined, "text"},
		"only nulls":             {one(9, ""), one(9, ""), evidently.Spec{}, evidently.Stops, finding.Missing, "no finite value"},
		"nulls in the reference": {one(9, ""), one(9, "1.5"), evidently.Spec{}, evidently.Stops, finding.Missing, "the reference table has no finite value"},
		"nulls in the current":   {one(9, "1.5"), one(9, "NA"), evidently.Spec{}, evidently.Stops, finding.Missing, "the current table has no finite value"},
		"infinities":             {one(9, "1.5"), one(9, "inf"), evidently.Spec{}, evidently.Stops, finding.Missing, "the current table has no finite value"},
		"booleans and nulls":     {one(9, "True"), one(9, "True", ""), evidently.Spec{}, evidently.Ignores, finding.Undefined, "booleans and nulls"},
		"beyond int64":           {one(9, "1"), one(9, "9223372036854775808"), evidently.Spec{}, evidently.Ignores, finding.Undefined, "uint64"},
		"words then numbers":     {one(9, "a"), one(9, "1.5"), evidently.Spec{}, evidently.Stops, finding.Undefined, "pandas' type str"},
		"a word then a code":     {one(9, "a"), one(9, "1"), evidently.Spec{}, evidently.Stops, finding.Undefined, "Python does not sort"},
		"no such type":           {one(9, "a"), one(9, "a"), with("ks"), evidently.Stops, finding.Undefined, "does not apply"},
		"NaN":                    {one(9, "1.5"), one(9, "1.5"), with("t_test"), evidently.Passes, finding.NotFinite, "NaN"},
		"one category":           {one(9, "a"), one(9, "a"), with("chisquare"), evidently.Passes, finding.NotFinite, "NaN"},
		"four values":            {one(9, "1.5", "2.5"), one(4, "1.5", "2.5"), with("es"), evidently.Passes, finding.NotFinite, "NaN"},
		"truth then numbers":     {one(9, "True"), one(9, "1.5"), evidently.Spec{}, evidently.Stops, finding.Undefined, "pandas' type bool"},
		"unequal sizes":          {one(9, "a"), one(8, "a"), with("g_test"), evidently.Stops, finding.Undefined, "another total"},
		"no answer of its own":   {one(9, "a"), one(8, "a"), with("fisher_exact"), evidently.Stops, finding.Undefined, "as many"},
		"too far apart":          {spread(60) + "1e308,0\n-1e308,0\n", spread(60), with("psi"), evidently.Stops, finding.Undefined, "bins"},
		"too near":               {one(60, "1e17"), one(60, "1e17"), with("hellinger"), evidently.Stops, finding.Undefined, "bins"},
		"an infinite distance":   {one(60, "1.5"), one(60, "1e308", "-1e308"), with("wasserstein"), evidently.Alarms, finding.NotFinite, "infinite"},
		"no column":              {one(9, "a"), "y\n1\n", evidently.Spec{}, evidently.Ignores, finding.Missing, "missing from the current"},
		"no reference":           {"y\n1\n", one(9, "a"), evidently.Spec{}, evidently.Stops, finding.Missing, "missing from the reference"},
		"no such column":         {"y\n1\n", "y\n1\n", evidently.Spec{}, evidently.Stops, finding.Missing, "missing from both"},
	} {
		got := compare(t, c.reference, c.current, c.spec, "x").Columns[0]
		require.Nil(t, got.Score, name)
		require.Equal(t, c.there, got.There, name)
		require.Equal(t, c.cause, got.Cause, name)
		require.Contains(t, got.Reason, c.reason, name)
	}
}

func TestAMisspeltChoiceIsTold(t *testing.T) {
	spec := evidently.Spec{Columns: map[string]evidently.Choice{"age": {Stattest: "ks"}}}
	result := compare(t, one(9, "a"), one(9, "a"), spec, "x")
	require.Len(t, result.Columns, 2)
	require.Equal(t, "age", result.Columns[1].Name)
	require.Contains(t, result.Columns[1].Reason, "missing from both")
}

func TestWhichFieldsAreNull(t *testing.T) {
	for nulls, want := range map[evidently.Nulls]evidently.Type{"": evidently.Numerical, evidently.NullsPandas: evidently.Numerical, evidently.NullsEmpty: evidently.Categorical} {
		result := compare(t, one(9, "1", "NA", "2"), one(9, "1", "NA", "2"), evidently.Spec{Nulls: nulls}, "x")
		require.Equal(t, want, result.Columns[0].Type, nulls)
		require.NotEmpty(t, result.Nulls, "the result says which it was")
	}
	lines := "{\"x\": 1}\n{\"x\": null}\n{\"x\": 2}\n"
	result := compare(t, lines, lines, evidently.Spec{}, "x")
	require.Equal(t, evidently.Numerical, result.Columns[0].Type, "whole numbers with a null are float64 to pandas")
	require.Empty(t, result.Nulls, "typed files leave no choice")
}

// verdict is the finding on the data set.
func verdict(r evidently.Result) finding.Finding {
	all := r.Findings()
	return all[len(all)-1]
}

func TestTheShareDecides(t *testing.T) {
	judged := func(drifted bool) evidently.Column {
		return evidently.Column{Name: "c", Type: evidently.Categorical, Score: new(float64), Threshold: new(float64), Drifted: drifted}
	}
	text := evidently.Column{Name: "t", Type: evidently.Text, There: evidently.Trains, Cause: finding.Undefined}
	ignored := evidently.Column{Name: "u", Type: evidently.Unsupported, There: evidently.Ignores, Cause: finding.Undefined}
	for name, c := range map[string]struct {
		columns []evidently.Column
		want    finding.Outcome
	}{
		"below":                                  {[]evidently.Column{judged(true), judged(false), judged(false)}, finding.Pass},
		"at the limit":                           {[]evidently.Column{judged(true), judged(false)}, finding.Fail},
		"text decides":                           {[]evidently.Column{judged(true), judged(false), text}, finding.NotRun},
		"text decides nothing":                   {[]evidently.Column{judged(false), judged(false), text}, finding.Pass},
		"drift whatever the text":                {[]evidently.Column{judged(true), judged(true), text}, finding.Fail},
		"columns that it ignores do not count":   {[]evidently.Column{judged(true), judged(false), ignored, ignored}, finding.Fail},
		"nothing to compare never passes":        {nil, finding.NotRun},
		"nothing but what it ignores is nothing": {[]evidently.Column{ignored}, finding.NotRun},
	} {
		result := evidently.Result{DriftShare: 0.5, Columns: c.columns}
		require.Equal(t, c.want, verdict(result).Outcome, name)
		require.Equal(t, c.want == finding.Fail || c.want == finding.NotRun, verdict(result).Blocks(), name)
	}
	lenient := evidently.Result{DriftShare: 0.5, Columns: []evidently.Column{judged(true)}, Severity: finding.SeverityWarn}
	require.Equal(t, finding.Warn, verdict(lenient).Outcome)
}

func TestFindingsOfColumns(t *testing.T) {
	reference, current := "a,t,u\n1.5,x,True\n2.5,x,True\n3.5,x,True\n", "a,t,u\n101.5,p,True\n102.5,q,\n103.5,r,True\n"
	result := compare(t, reference, current, evidently.Spec{Numerical: evidently.Choice{Threshold: limit(0.2)}})
	all := result.Findings()
	require.Len(t, all, 4)
	require.Equal(t, finding.Warn, all[0].Outcome, "a drifted column warns: the share decides")
	require.Equal(t, finding.NotRun, all[1].Outcome)
	require.False(t, all[1].Blocks(), "text can never be reproduced")
	require.True(t, all[2].Blocks(), "what Evidently leaves out in silence is loud here")
	require.Contains(t, all[2].Message, "leaves the column out and says nothing")
	require.Contains(t, all[2].Hint, "exclude")
	missing := compare(t, "y\n1\n", current, evidently.Spec{}, "t").Findings()[0]
	require.True(t, missing.Blocks(), "text that the reference lacks is not excused")
	note := result.Blocks()[2].(finding.Note)
	require.Contains(t, note.Text, "Not reproduced: 1 columns of text (t)")
	require.Contains(t, note.Text, "read_csv")
}

func TestTheResultFileNamesWhatAPeerWouldLookFor(t *testing.T) {
	data, err := json.Marshal(compare(t, spread(60), spread(70), evidently.Spec{}, "x"))
	require.NoError(t, err)
	var stored struct{ Columns []map[string]any }
	require.NoError(t, json.Unmarshal(data, &stored))
	for _, key := range []string{"name", "type", "method", "score", "threshold", "drifted"} {
		require.Contains(t, stored.Columns[0], key)
	}
	var again evidently.Result
	require.NoError(t, json.Unmarshal(data, &again))
	require.Equal(t, "evidently", again.Kind())
}

// A result file may come from a stranger: what lacks half of its numbers is not judged, and breaks nothing.
func TestAHalfResultIsNotJudged(t *testing.T) {
	var result evidently.Result
	require.NoError(t, json.Unmarshal([]byte(`{"columns": [{"name": "a", "type": "cat", "score": 0.5}, {"name": "b", "threshold": 0.1, "drifted": true}]}`), &result))
	for _, f := range result.Findings()[:2] {
		require.Equal(t, finding.NotRun, f.Outcome)
		require.True(t, f.Blocks())
	}
	require.Len(t, result.Blocks(), 3)
}

func TestFlagsAreChecked(t *testing.T) {
	require.Error(t, with("kolmogorov").Problems().OrNil())
	require.Error(t, evidently.Spec{Nulls: "none"}.Problems().OrNil())
	require.NoError(t, with("TVD").Problems().OrNil())
}
