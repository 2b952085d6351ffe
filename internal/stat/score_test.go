package stat_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
)

// The same rows as ties() of testdata/peers/sklearn_cases.py: tied probabilities, some of them 0 and 1.
func TestScoresWithTies(t *testing.T) {
	data, err := os.ReadFile("../../testdata/peers/sklearn_cases.json")
	require.NoError(t, err)
	var peers struct{ Ties map[string]float64 }
	require.NoError(t, json.Unmarshal(data, &peers))
	var truth []bool
	var p []float64
	for i := range 60 {
		truth, p = append(truth, i*7%3 == 0), append(p, float64(i*5%11)/10)
	}
	s, err := stat.ScoreClassification(truth, p)
	require.NoError(t, err)
	for name, got := range map[string]float64{"accuracy": s.Accuracy, "balanced_accuracy": s.BalancedAccuracy, "auc": s.AUC,
		"log_loss": s.LogLoss, "brier": s.Brier, "precision": s.Precision, "recall": s.Recall, "f1": s.F1} {
		require.InDelta(t, peers.Ties[name], got, 1e-9, name)
	}
}

func TestScoresWithoutValue(t *testing.T) {
	_, err := stat.ScoreClassification(nil, nil)
	require.ErrorIs(t, err, stat.ErrUndefined)
	_, err = stat.ScoreClassification([]bool{true}, []float64{math.NaN()})
	require.ErrorIs(t, err, stat.ErrUndefined)
	s, err := stat.ScoreClassification([]bool{true, true}, []float64{0.4, 0.3})
	require.NoError(t, err)
	require.True(t, math.IsNaN(s.AUC), "one class has no AUC")
	require.True(t, math.IsNaN(s.Precision), "nothing was predicted to be positive")
	r, err := stat.ScoreRegression([]float64{2, 2}, []float64{1, 3})
	require.NoError(t, err)
	require.True(t, math.IsNaN(r.R2))
	require.InDelta(t, 1, r.RMSE, 0)
	_, err = stat.ScoreRegression(nil, nil)
	require.ErrorIs(t, err, stat.ErrUndefined)
}
