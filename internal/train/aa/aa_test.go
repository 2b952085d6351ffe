package aa_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/aa"
)

// newJob evaluates in a folder that every user can reach, and holds accuracy against 0.85.
func newJob(t *testing.T, command string, runs int) aa.Job {
	t.Helper()
	dir := t.TempDir()
	for folder := dir; folder != "/"; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(folder, info.Mode()|0o001))
	}
	limit, err := source.ParseNumber("0.85", source.Pos{File: "assay.yaml", Line: 4})
	require.NoError(t, err)
	return aa.Job{Command: command, Runs: runs, Dir: dir, Metrics: filepath.Join(dir, "m.json"), Environ: os.Environ(), Output: &bytes.Buffer{},
		Begin: func(int) {}, Judge: func(head metric.Set) gate.Result {
			return gate.Check([]gate.Spec{{Metric: "accuracy", AtLeast: &limit}}, gate.Input{Head: head, Describe: metric.Spec{}.Describe})
		}}
}

func TestAMetricThatComesAndGoes(t *testing.T) {
	job := newJob(t, `if [ -e twice ]; then v='{"accuracy": 0.9}'; elif [ -e once ]; then touch twice; v='{"accuracy": NaN, "extra": 1}'; else touch once; v='{"loss": 2}'; fi; echo "$v" > "$ASSAY_METRICS"`, 4)
	seen := 0
	job.Begin = func(run int) { seen = run }
	result, err := aa.Run(t.Context(), job)
	require.NoError(t, err)
	require.Equal(t, 4, seen)
	require.Equal(t, []finding.Outcome{finding.NotRun, finding.NotRun, finding.Pass, finding.Pass}, result.Gates[0].Outcomes)
	for _, m := range result.Metrics {
		require.Len(t, m.Values, 4, m.Name)
	}
	f := result.Findings()[0]
	require.Equal(t, finding.Warn, f.Outcome)
	require.Equal(t, 4, f.Pos.Line)
	data, err := json.Marshal(result)
	require.NoError(t, err)
	back, err := finding.DecodeAs[aa.Result](data)
	require.NoError(t, err)
	require.Equal(t, result.Findings(), back.Findings())
	require.Equal(t, result.Blocks(), back.Blocks())
}

// The old metrics file is the user's: it neither passes for a run's nor is lost where the first run fails.
func TestAnOldFileIsNoRuns(t *testing.T) {
	job := newJob(t, "true", 3)
	require.NoError(t, os.WriteFile(job.Metrics, []byte(`{"accuracy": 1}`), 0o644))
	_, err := aa.Run(t.Context(), job)
	require.ErrorContains(t, err, "run 1 of 3: it wrote no metrics file")
	require.True(t, source.IsUserError(err))
	kept, err := os.ReadFile(job.Metrics)
	require.NoError(t, err)
	require.JSONEq(t, `{"accuracy": 1}`, string(kept))
}

func TestACancelledTestSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	job := newJob(t, "sleep 600", 3)
	job.Begin = func(int) { cancel(stopped) }
	_, err := aa.Run(ctx, job)
	require.ErrorIs(t, err, stopped)
}

func result(outcomes ...finding.Outcome) aa.Result {
	r := aa.Result{Runs: len(outcomes), Gates: []aa.Gate{{Metric: "m", Limit: "≥ 1", Outcomes: outcomes}}}
	for i := range outcomes {
		v := metric.Value(i)
		r.Metrics = append(r.Metrics, aa.Metric{Name: fmt.Sprint(i), Values: []*metric.Value{&v, nil}})
	}
	return r
}

// The intervals are Wilson's: statsmodels 0.15.0, proportion_confint(k, n, method="wilson").
func TestSharesOfFlips(t *testing.T) {
	for _, c := range []struct {
		outcomes []finding.Outcome
		want     finding.Outcome
		says     string
	}{
		{[]finding.Outcome{finding.Pass, finding.Pass, finding.Pass, finding.Fail}, finding.Warn, "flips in 1 of 4 runs of the same model (25 %, 95 % interval 5 % to 70 %): 3 pass, 1 fail"},
		{[]finding.Outcome{finding.Fail, finding.Fail, finding.Fail}, finding.Pass, "came out alike in all 3 runs: fail; up to 56 % of runs may still differ"},
		{[]finding.Outcome{finding.NotRun, finding.NotRun}, finding.NotRun, "alike in all 2 runs: not-run"},
		{nil, finding.Unknown, "was not judged"},
	} {
		f := result(c.outcomes...).Findings()[0]
		require.Equal(t, c.want, f.Outcome)
		require.Contains(t, f.Message, c.says)
		require.NotEmpty(t, result(c.outcomes...).Blocks())
	}
}

func TestADeviationNeedsTwoNumbers(t *testing.T) {
	one, nan := metric.Value(1), metric.Value(math.NaN())
	r := aa.Result{Runs: 2, Metrics: []aa.Metric{{Name: "m", Values: []*metric.Value{&one, &nan}}}}
	require.Equal(t, finding.Absent{}, r.Blocks()[1].(finding.Table).Rows[0].Cells[4])
}
