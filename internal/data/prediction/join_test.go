package prediction_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/prediction"
	"github.com/assay-ml/assay/internal/data/table"
)

// joined joins two files, the names of which say their format.
func joined(t *testing.T, files [2][2]string, columns prediction.Columns) *prediction.Joined {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{Threads: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	dir := t.TempDir()
	var tables []*table.Table
	for _, file := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file[0]), []byte(file[1]), 0o600))
		opened, err := engine.Open(t.Context(), file[0], dir, table.Spec{Path: file[0]}, false)
		require.NoError(t, err)
		tables = append(tables, opened)
	}
	j, err := prediction.Join(t.Context(), tables[0], tables[1], columns)
	require.NoError(t, err)
	return j
}

// Another format, another order and another writing of the same classes: the rows are those of the champion, in its order.
func TestFormatsAndOrdersAreJoined(t *testing.T) {
	j := joined(t, [2][2]string{{"a.csv", "day,user,label,said,p\n1,x,1,0,0.25\n1,y,0,0,0.5\n2,x,1,1,0.75\n"},
		{"b.jsonl", `{"day":2,"user":"x","said":1.0,"p":0.1}` + "\n" + `{"day":1,"user":"y","said":1.0,"p":0.2}` + "\n" + `{"day":1,"user":"x","said":0.0,"p":0.3}` + "\n"}},
		prediction.Columns{Key: []string{"day", "user"}, Label: "label", Prediction: "said", Score: "p"})
	require.Empty(t, j.Faults)
	require.Equal(t, []string{"1, x", "1, y", "2, x"}, j.Keys)
	require.Equal(t, []string{"0", "1"}, j.Classes)
	require.Equal(t, []int32{1, 0, 1}, j.Label.Codes)
	require.Equal(t, []int32{0, 0, 1}, j.Champion.Prediction.Codes)
	require.Equal(t, []int32{0, 1, 1}, j.Challenger.Prediction.Codes)
	require.Equal(t, []float64{0.3, 0.2, 0.1}, j.Challenger.Score)
}

// What a row is about may stand in either file; an empty slice is a value, an empty group is a fault.
func TestColumnsAboutTheRowStandInEitherFile(t *testing.T) {
	files := [2][2]string{{"a.csv", "id,said\na,1\nb,2\n"}, {"b.csv", "id,said,label,w,sex\nb,2,2,0.5,\na,1,1,1,f\n"}}
	j := joined(t, files, prediction.Columns{Key: []string{"id"}, Label: "label", Prediction: "said", Weight: "w", Slices: []string{"sex"}, IsNumeric: true})
	require.Empty(t, j.Faults)
	require.Equal(t, []float64{1, 2}, j.Label.Numbers)
	require.Equal(t, []float64{1, 0.5}, j.Weight)
	require.Equal(t, []string{"f", "(null)"}, j.Slices[0].Names)
	require.Equal(t, []int32{0, 1}, j.Slices[0].Codes)
	j = joined(t, files, prediction.Columns{Key: []string{"id"}, Prediction: "said", Group: "sex"})
	require.Equal(t, []prediction.Fault{{Rule: prediction.NullValue, Side: "both", Column: "sex", Count: 1, Keys: []string{"b"}}}, j.Faults)
}

func TestRepeatsTellAnswersApart(t *testing.T) {
	files := [2][2]string{{"a.csv", "id,seed,said\na,1,x\na,2,y\nb,1,x\n"}, {"b.csv", "id,seed,said\nb,1,x\na,2,x\na,1,x\n"}}
	j := joined(t, files, prediction.Columns{Key: []string{"id"}, Repeat: "seed", Prediction: "said"})
	require.Empty(t, j.Faults)
	require.Equal(t, []int32{0, 0, 1}, j.Units)
	require.Equal(t, []string{"1", "2", "1"}, j.Repeats)
	j = joined(t, files, prediction.Columns{Key: []string{"id"}, Prediction: "said"})
	require.Equal(t, prediction.DuplicateKey, j.Faults[0].Rule, "without the repeat the key stands twice")
	require.Equal(t, int64(1), j.Faults[0].Count)
}

// Bytes that are no text, and a key of any length, are shown cut and whole.
func TestKeysAreShownSafely(t *testing.T) {
	long := make([]byte, 500)
	for i := range long {
		long[i] = 'k'
	}
	j := joined(t, [2][2]string{{"a.csv", "id,said\n" + string(long) + ",x\nb,x\n"}, {"b.csv", "id,said\nb,x\n"}}, prediction.Columns{Key: []string{"id"}, Prediction: "said"})
	require.Len(t, []rune(j.Faults[0].Keys[0]), 61)
}

// Trainings answer about the same rows, each in its own order; the champion's file may hold one without saying so. A class that one training alone
// predicts has its code in all.
func TestTrainingsAreJoinedOneByOne(t *testing.T) {
	champion := [2]string{"a.csv", "id,y,said\np,x,x\nq,y,y\n"}
	columns := prediction.Columns{Key: []string{"id"}, Label: "y", Prediction: "said", Training: "seed"}
	j := joined(t, [2][2]string{champion, {"b.csv", "id,seed,said\nq,1,y\np,1,x\np,2,z\nq,2,x\n"}}, columns)
	require.Empty(t, j.Faults)
	require.Equal(t, []string{"p", "q"}, j.Keys)
	require.Equal(t, []string{"x", "y", "z"}, j.Classes)
	require.Len(t, j.Champions, 1)
	require.Equal(t, [][]int32{{0, 1}, {2, 0}}, [][]int32{j.Challengers[0].Prediction.Codes, j.Challengers[1].Prediction.Codes})
	j = joined(t, [2][2]string{{"b.csv", "id,seed,y,said\nq,1,y,y\np,1,x,x\np,2,x,z\nq,2,y,x\n"}, champion}, columns)
	require.Empty(t, j.Faults)
	require.Equal(t, []string{"q", "p"}, j.Keys)
	require.Equal(t, [][]int32{{1, 0}, {0, 2}}, [][]int32{j.Champions[0].Prediction.Codes, j.Champions[1].Prediction.Codes})
	require.Len(t, j.Challengers, 1)
}

func TestTrainingsThatDoNotMatchAreCounted(t *testing.T) {
	columns := prediction.Columns{Key: []string{"id"}, Label: "y", Prediction: "said", Training: "seed"}
	champion := [2]string{"a.csv", "id,y,said\np,x,x\nq,y,y\n"}
	for name, k := range map[string]struct {
		challenger string
		want       []prediction.Fault
	}{
		"a row is missing in two": {"id,seed,said\np,1,x\nq,1,x\np,2,x\np,3,y\n", []prediction.Fault{{Rule: prediction.MissingRow, Side: "challenger", Count: 2, Keys: []string{"q", "q"}}}},
		"a row stands twice":      {"id,seed,said\np,1,x\nq,1,x\np,2,x\np,2,y\nq,2,y\n", []prediction.Fault{{Rule: prediction.DuplicateKey, Side: "challenger", Count: 1, Keys: []string{"p"}}}},
		"no seed":                 {"id,seed,said\np,1,x\nq,,x\n", []prediction.Fault{{Rule: prediction.NullKey, Side: "challenger", Column: "seed", Count: 1}}},
		"no column":               {"id,said\np,x\nq,x\n", []prediction.Fault{{Rule: prediction.MissingColumn, Side: "both", Column: "seed", Count: 1}}},
		"the first one is wrong":  {"id,seed,said\np,1,x\np,2,x\n", []prediction.Fault{{Rule: prediction.MissingRow, Side: "challenger", Count: 1, Keys: []string{"q"}}}},
	} {
		j := joined(t, [2][2]string{champion, {"b.csv", k.challenger}}, columns)
		require.Equal(t, k.want, j.Faults, name)
	}
}

// The test set is its keys and labels: not their order, not the models' answers, not how often each was asked.
func TestTheTestSetHasOneName(t *testing.T) {
	columns := prediction.Columns{Key: []string{"id"}, Label: "y", Prediction: "said", Repeat: "try"}
	name := func(champion, challenger string) string {
		j := joined(t, [2][2]string{{"a.csv", champion}, {"b.csv", challenger}}, columns)
		require.Empty(t, j.Faults)
		return j.TestSet()
	}
	first := name("id,try,y,said\np,1,x,x\nq,1,z,z\n", "id,try,said\np,1,z\nq,1,z\n")
	require.Len(t, first, 64)
	require.Equal(t, first, name("id,try,y,said\nq,1,z,x\np,1,x,x\nq,2,z,z\n", "id,try,said\np,1,x\nq,1,x\nq,2,x\n"))
	require.NotEqual(t, first, name("id,try,y,said\np,1,z,x\nq,1,x,z\n", "id,try,said\np,1,z\nq,1,z\n"), "other labels")
	require.NotEqual(t, first, name("id,try,y,said\np,1,x,x\nr,1,z,z\n", "id,try,said\np,1,z\nr,1,z\n"), "other rows")
}

// A column may serve twice: as score and weight, or as group and slice.
func TestOneColumnForTwoPurposes(t *testing.T) {
	files := [2][2]string{{"a.csv", "id,p,g\na,0.5,x\nb,1,y\n"}, {"b.csv", "id,p\nb,1\na,0.5\n"}}
	j := joined(t, files, prediction.Columns{Key: []string{"id"}, Score: "p", Weight: "p", Group: "g", Slices: []string{"g"}})
	require.Empty(t, j.Faults)
	require.Equal(t, []float64{0.5, 1}, j.Champion.Score)
	require.Equal(t, []float64{0.5, 1}, j.Weight)
	require.Equal(t, []int32{0, 1}, j.Group.Codes)
	require.Equal(t, []int32{0, 1}, j.Slices[0].Codes)
}
