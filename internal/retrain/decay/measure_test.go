package decay_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/retrain/decay"
	"github.com/assay-ml/assay/internal/source"
)

var (
	promotion = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	today     = promotion.AddDate(0, 0, 30)
)

// measure writes files, opens them and asks. Names are predictions, labels and held.
func measure(t *testing.T, spec decay.Spec, promoted float64, files map[string]string) decay.Result {
	t.Helper()
	dir := t.TempDir()
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	defer engine.Close()
	open := func(name string) *table.Table {
		if files[name] == "" {
			return nil
		}
		path := filepath.Join(dir, name+".csv")
		require.NoError(t, os.WriteFile(path, []byte(files[name]), 0o644))
		opened, err := engine.Open(t.Context(), name, dir, table.Spec{Path: path}, false)
		require.NoError(t, err)
		return opened
	}
	tables := decay.Tables{Predictions: open("predictions"), Labels: open("labels"), Calibrate: open("held")}
	if tables.Labels == nil {
		tables.Labels = tables.Predictions
	}
	result, err := decay.Measure(t.Context(), tables, spec, decay.Input{Promoted: &promoted, Since: promotion, Now: today}, dir)
	require.NoError(t, err)
	return result
}

func spec() decay.Spec { return decay.Spec{Time: "at", Mature: 24 * time.Hour} }

func TestWhatIsReadOfTables(t *testing.T) {
	joined := spec()
	joined.Labels, joined.Key = "labels", []string{"id"}
	late := joined
	late.LabelTime = "arrived"
	with := func(s decay.Spec, metric decay.Metric) decay.Spec {
		s.Metric, s.Positive = metric, "1"
		return s
	}
	bounded := with(spec(), decay.AbsoluteError)
	bounded.Bound = &source.Number{Value: 10}
	for name, c := range map[string]struct {
		spec  decay.Spec
		files map[string]string
		want  decay.Counts
		mean  float64
	}{
		"labels in the table itself":      {spec(), map[string]string{"predictions": "at,prediction,label\n2027-01-02,a,a\n2027-01-03,a,b\n2027-01-04,b,\n2027-01-31,a,a\n2026-12-31,a,b\n"}, decay.Counts{All: 4, Used: 2, Missing: 1, Young: 1}, 0.5},
		"labels of another table":         {joined, map[string]string{"predictions": "id,at,prediction\n1,2027-01-02,a\n2,2027-01-03,a\n3,2027-01-04,a\n", "labels": "id,label\n1,a\n2,a\n9,b\n"}, decay.Counts{All: 3, Used: 2, Missing: 1}, 1},
		"a label that has not arrived":    {late, map[string]string{"predictions": "id,at,prediction\n1,2027-01-02,a\n2,2027-01-03,a\n", "labels": "id,label,arrived\n1,a,2027-01-04\n2,b,2027-02-15\n"}, decay.Counts{All: 2, Used: 1, Young: 1}, 1},
		"numbers are compared as numbers": {spec(), map[string]string{"predictions": "at,prediction,label\n2027-01-02,1.0,1\n2027-01-03,0.0,1\n"}, decay.Counts{All: 2, Used: 2}, 0.5},
		"recall":                          {with(spec(), decay.Recall), map[string]string{"predictions": "at,prediction,label\n2027-01-02,1,1\n2027-01-03,0,1\n2027-01-03,1,0\n"}, decay.Counts{All: 3, Used: 2}, 0.5},
		"precision":                       {with(spec(), decay.Precision), map[string]string{"predictions": "at,prediction,label\n2027-01-02,1,1\n2027-01-03,0,1\n2027-01-03,1,1\n"}, decay.Counts{All: 3, Used: 2}, 1},
		// (0.2² + 0.6²)/2 = 0.2; the third score is no probability, the fourth none at all
		"brier":                               {with(spec(), decay.Brier), map[string]string{"predictions": "at,prediction,label,score\n2027-01-02,1,1,0.8\n2027-01-03,1,0,0.6\n2027-01-03,1,0,7\n2027-01-03,1,0,\n"}, decay.Counts{All: 4, Used: 2, Unusable: 2}, 0.2},
		"absolute error":                      {bounded, map[string]string{"predictions": "at,prediction,label\n2027-01-02,1,3\n2027-01-03,1,101\n"}, decay.Counts{All: 2, Used: 2}, 6}, // (2 + the bound of 10)/2
		"rows without a time or a prediction": {spec(), map[string]string{"predictions": "at,prediction,label\n2027-01-02,a,a\n,a,a\n2027-01-03,,a\n"}, decay.Counts{All: 3, Used: 1, Unusable: 2}, 1},
		"hostile names":                       {decay.Spec{Time: `a"t`, Prediction: "f0", Label: "l'", Mature: time.Hour}, map[string]string{"predictions": "\"a\"\"t\",f0,l'\n2027-01-02,x,x\n"}, decay.Counts{All: 1, Used: 1}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			result := measure(t, c.spec, 0.9, c.files)
			require.Empty(t, result.Unknown)
			require.Equal(t, c.want, result.Counts)
			require.InDelta(t, c.mean, result.Spans[0].Mean, 1e-12)
			require.NotEmpty(t, result.Sentence())
		})
	}
}

func TestTablesThatCannotAnswer(t *testing.T) {
	joined := spec()
	joined.Labels, joined.Key = "labels", []string{"id"}
	brier := spec()
	brier.Metric, brier.Positive = decay.Brier, "1"
	for name, c := range map[string]struct {
		spec  decay.Spec
		files map[string]string
		why   string
	}{
		"no such column":       {spec(), map[string]string{"predictions": "at,label\n2027-01-02,a\n"}, "table predictions has no column prediction"},
		"times that are texts": {spec(), map[string]string{"predictions": "at,prediction,label\nnoon,a,a\n"}, "holds no dates or times"},
		"scores that are none": {brier, map[string]string{"predictions": "at,prediction,label,score\n2027-01-02,1,1,high\n"}, "column score of table predictions holds no numbers"},
		"a label twice":        {joined, map[string]string{"predictions": "id,at,prediction\n1,2027-01-02,a\n", "labels": "id,label\n1,a\n1,b\n"}, "1 keys stand more than once in table labels"},
		"nothing mature":       {spec(), map[string]string{"predictions": "at,prediction,label\n2027-01-31,a,a\n"}, "no labelled row is mature yet"},
	} {
		t.Run(name, func(t *testing.T) {
			result := measure(t, c.spec, 0.9, c.files)
			require.Contains(t, result.Unknown, c.why)
			require.False(t, result.Decayed)
		})
	}
}

// An estimate needs rows that were held out: the same keys are refused.
func TestHeldOutRowsAreNoPredictions(t *testing.T) {
	s := spec()
	s.Labels, s.Key, s.Positive, s.Estimate = "labels", []string{"id"}, "1", &decay.Estimate{Calibrate: "held"}
	var predictions, held strings.Builder
	predictions.WriteString("id,at,prediction,score\n")
	held.WriteString("id,label,prediction,score\n")
	for i := range 600 {
		fmt.Fprintf(&predictions, "%d,2027-01-02,%d,%v\n", i, i%2, 0.2+0.6*float64(i%2))
		fmt.Fprintf(&held, "%d,%d,%d,%v\n", i+500, (i%2+i%5/4)%2, i%2, 0.2+0.6*float64(i%2))
	}
	files := map[string]string{"predictions": predictions.String(), "labels": "id,label\n0,0\n", "held": held.String()}
	result := measure(t, s, 0.9, files)
	require.Contains(t, result.Estimated.Unknown, "table held is not held out: 100 of its rows are among the predictions")
	files["held"] = strings.ReplaceAll(files["held"], "\n", "\nh")
	files["held"] = strings.TrimSuffix(files["held"], "h")
	result = measure(t, s, 0.9, files)
	require.Empty(t, result.Estimated.Unknown)
	require.InDelta(t, 0.8, result.Estimated.Value, 0.03, "one of five held-out labels is another")
	require.EqualValues(t, 599, result.Estimated.Rows)
}
