package leak_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/leak"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

const train = "id,age,city,class\n1,30,Bonn,good\n2,,Rom,bad\n3,50,Köln,good\n"

func look(t *testing.T, test string, spec leak.Spec) leak.Result {
	t.Helper()
	dir := t.TempDir()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	open := func(name, text string) *table.Table {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(text), 0o600))
		opened, err := engine.Open(t.Context(), name, dir, table.Spec{Path: name + ".csv", Key: []string{"id"}}, true)
		require.NoError(t, err)
		return opened
	}
	result, err := leak.Run(t.Context(), open("train", train), open("test", test), spec)
	require.NoError(t, err)
	return result
}

func TestSharedRowsKeysAndConflicts(t *testing.T) {
	result := look(t, "id,age,city,class\n9,30,Bonn,good\n2,,Rom,good\n8,31,Bonn,good\n7,,Rom,bad\n", leak.Spec{Label: "class"})
	want := []struct {
		rule string
		rows []int64
	}{{"shared-rows", []int64{1, 4}}, {"shared-keys", []int64{2}}, {"label-conflicts", []int64{2}}}
	require.Len(t, result.Checks, len(want))
	for i, w := range want {
		check := result.Checks[i]
		require.Equal(t, w.rule, check.Rule)
		require.Equal(t, finding.Fail, check.Outcome)
		var rows []int64
		for _, example := range check.Examples {
			rows = append(rows, example.Row)
		}
		require.Equal(t, w.rows, rows, w.rule)
		require.Equal(t, int64(len(w.rows)), check.Count)
	}
	require.True(t, result.Findings()[0].Blocks())
}

func TestCleanTablesPass(t *testing.T) {
	result := look(t, "id,age,city,class\n9,31,Bonn,good\n", leak.Spec{Label: "class"})
	for _, f := range result.Findings() {
		require.Equal(t, finding.Pass, f.Outcome, f.Message)
	}
}

func TestColumnsOfOtherTypesCompareAsText(t *testing.T) {
	result := look(t, "id,age,city,class\nx,30,Bonn,good\ny,thirty,Bonn,good\n", leak.Spec{})
	require.Equal(t, int64(1), result.Checks[0].Count)
}

func TestWhatCannotBeComparedBlocks(t *testing.T) {
	for name, c := range map[string]struct {
		test string
		spec leak.Spec
	}{
		"no common column":          {"id,x\n1,2\n", leak.Spec{}},
		"an empty table":            {"id,age,city,class\n", leak.Spec{}},
		"a label that is not there": {"id,age,city,class\n9,1,x,good\n", leak.Spec{Label: "klass"}},
		"a key that is not there":   {"id,age,city,class\n9,1,x,good\n", leak.Spec{Key: []string{"nr"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var blocks bool
			for _, f := range look(t, c.test, c.spec).Findings() {
				blocks = blocks || f.Blocks() && f.Outcome == finding.NotRun
			}
			require.True(t, blocks)
		})
	}
}

func TestSeverityWarn(t *testing.T) {
	result := look(t, train, leak.Spec{Severity: finding.SeverityWarn})
	require.Equal(t, finding.Warn, result.Checks[0].Outcome)
}
