package baseline_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/train/baseline"
)

func train(t *testing.T, trainCSV, testCSV string, spec baseline.Spec) baseline.Result {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	dir := t.TempDir()
	open := func(name, text string) *table.Table {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		spec := table.Spec{Path: name}
		if strings.HasPrefix(text, "id,") {
			spec.Key = []string{"id"}
		}
		opened, err := engine.Open(t.Context(), name, dir, spec, true)
		require.NoError(t, err)
		return opened
	}
	result, err := baseline.Train(t.Context(), open("train.csv", trainCSV), open("test.csv", testCSV), spec)
	require.NoError(t, err)
	return result
}

// peers are scikit-learn's numbers, made by testdata/peers/sklearn_cases.py.
type peers struct {
	Classification, Regression, Ties map[string]float64
}

func readPeers(t *testing.T) peers {
	t.Helper()
	data, err := os.ReadFile("../../../testdata/peers/sklearn_cases.json")
	require.NoError(t, err)
	return parsePeers(t, data)
}

func parsePeers(t *testing.T, data []byte) peers {
	t.Helper()
	var p peers
	require.NoError(t, json.Unmarshal(data, &p))
	require.Len(t, p.Classification, 8)
	require.Len(t, p.Regression, 3)
	return p
}

// credit is the bundled table, cut after 700 rows.
func credit(t *testing.T) (trainCSV, testCSV string) {
	t.Helper()
	data, err := os.ReadFile("../../../testdata/german_credit.csv")
	require.NoError(t, err)
	lines := strings.SplitAfter(string(data), "\n")
	return strings.Join(lines[:701], ""), lines[0] + strings.Join(lines[701:], "")
}

func TestScikitLearn(t *testing.T) { compareWithScikitLearn(t, readPeers(t)) }

func compareWithScikitLearn(t *testing.T, p peers) {
	t.Helper()
	trainCSV, testCSV := credit(t)
	classified := train(t, trainCSV, testCSV, baseline.Spec{Target: "class"})
	require.Equal(t, "bad", classified.Positive, "the rarer class")
	near(t, p.Classification, classified.Metrics)
	near(t, p.Regression, train(t, trainCSV, testCSV, baseline.Spec{Target: "credit_amount"}).Metrics)
}

func near(t *testing.T, want map[string]float64, got map[string]metric.Value) {
	t.Helper()
	require.Len(t, got, len(want))
	for name, v := range want {
		require.InEpsilon(t, v, float64(got[name]), 1e-7, name)
	}
}

func TestTheModelStandsBesideThePredictorThatLooksAtNothing(t *testing.T) {
	trainCSV, testCSV := credit(t)
	result := train(t, trainCSV, testCSV, baseline.Spec{Target: "class"})
	require.InDelta(t, 0.5, float64(result.Trivial["auc"]), 0)
	require.Greater(t, result.Metrics["auc"], result.Trivial["auc"])
	require.NotContains(t, result.Trivial, "precision", "nothing is predicted to be bad: it has no value")
	require.Len(t, result.Blocks()[1].(finding.Table).Rows, 8)
}

func TestMissingValuesAndUnseenCategories(t *testing.T) {
	result := train(t, "id,x,c,y\n1,1,a,0\n2,,a,1\n3,3,b,1\n4,4,,0\n5,2,b,1\n", "id,x,c,y\n6,,zzz,1\n7,2,,0\n", baseline.Spec{Target: "y"})
	require.Empty(t, result.Reason)
	require.Equal(t, 4, result.Features, "x, x is missing, c is a, c is b")
	require.Contains(t, result.Metrics, "log_loss")
}

func TestWhatCannotBeLearnedFails(t *testing.T) {
	good := "x,y\n1,a\n2,b\n3,a\n"
	for name, c := range map[string]struct {
		train, test string
		spec        baseline.Spec
		reason      string
	}{
		"no such target":      {good, good, baseline.Spec{Target: "z"}, "has no column z"},
		"no such feature":     {good, good, baseline.Spec{Target: "y", Features: []string{"q"}}, "has no column q"},
		"one class":           {"x,y\n1,a\n2,a\n", good, baseline.Spec{Target: "y"}, "one value only"},
		"three text classes":  {"x,y\n1,a\n2,b\n3,c\n", good, baseline.Spec{Target: "y"}, "3 classes"},
		"a missing target":    {"x,y\n1,a\n2,\n3,b\n", good, baseline.Spec{Target: "y"}, "row 2"},
		"no rows":             {"x,y\n", good, baseline.Spec{Target: "y"}, ""},
		"constant features":   {"x,y\n1,a\n1,b\n", good, baseline.Spec{Target: "y"}, "constant or empty"},
		"no feature":          {"y\na\nb\n", good, baseline.Spec{Target: "y"}, "no feature"},
		"a positive not seen": {good, good, baseline.Spec{Target: "y", Positive: "q"}, `"q"`},
		"a type that changed": {good, "x,y\nlow,a\n", baseline.Spec{Target: "y"}, "column x is"},
	} {
		t.Run(name, func(t *testing.T) {
			result := train(t, c.train, c.test, c.spec)
			require.Contains(t, result.Reason, c.reason)
			require.NotEmpty(t, result.Reason)
			require.Empty(t, result.Metrics)
			require.Equal(t, finding.Fail, result.Findings()[0].Outcome)
		})
	}
}
