// Package aa runs an evaluation several times on the same model and says how often the verdict of each gate flips: an A/A test. The
// evaluation is as hostile as a training command and runs in the same house.
package aa

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/smoke"
)

// Job is an evaluation and what it is held against.
type Job struct {
	Command string
	Runs    int
	Timeout time.Duration // of one run; 0: that of a training
	Dir     string        // working folder of the command
	Metrics string        // file that it writes, within Dir
	Environ []string      // name=value; what the command must not see is taken out
	Output  io.Writer
	Hide    []string // files and folders that the command must not read
	// Judge holds the gates against the metrics of one run.
	Judge func(metric.Set) gate.Result
	// Begin is called before each run, which count from 1.
	Begin func(run int)
}

// Result is how the runs came out.
type Result struct {
	Command string   `json:"command"`
	Runs    int      `json:"runs"`
	Metrics []Metric `json:"metrics"`
	Gates   []Gate   `json:"gates"`
	Notices []string `json:"notices,omitempty"`
}

// Metric is what the runs say of one metric.
type Metric struct {
	Name   string          `json:"name"`
	Unit   string          `json:"unit,omitempty"`
	Values []*metric.Value `json:"values"` // one for each run, nil where it was not among them
}

// Gate is one limit and its outcome in each run.
type Gate struct {
	Metric   string            `json:"metric"`
	Limit    string            `json:"limit"`
	Pos      source.Pos        `json:"position,omitzero"`
	Outcomes []finding.Outcome `json:"outcomes"`
}

// Run repeats the evaluation. A run that fails, or that wrote no metrics, is an error: a share of fewer runs than were asked for
// would not say so. The metrics file of an earlier run never passes for that of a later one.
func Run(ctx context.Context, job Job) (Result, error) {
	result := Result{Command: job.Command}
	for run := range job.Runs {
		job.Begin(run + 1)
		set, notices, err := job.evaluate(ctx, run+1)
		if err != nil {
			return result, err
		}
		result.add(job.Judge(set))
		for _, notice := range notices {
			if !slices.Contains(result.Notices, notice) {
				result.Notices = append(result.Notices, notice)
			}
		}
	}
	return result, nil
}

// evaluate runs the command once.
func (job Job) evaluate(ctx context.Context, run int) (set metric.Set, notices []string, err error) {
	once := 0
	done, err := smoke.Run(ctx, smoke.Job{Spec: smoke.Spec{Command: job.Command, Timeout: job.Timeout, Retries: &once}, Dir: job.Dir, Metrics: job.Metrics,
		Environ: job.Environ, Output: job.Output, Hide: job.Hide,
		Check: func(path string) error {
			set, err = metric.Read(path)
			if errors.Is(err, fs.ErrNotExist) {
				return &smoke.MetricsError{Cause: smoke.MetricsMissing}
			}
			return err
		}})
	switch {
	case err != nil:
		return set, nil, fmt.Errorf("run %d of %d: %w", run, job.Runs, err)
	case !done.Succeeded():
		return set, nil, source.Errorf("the command must evaluate the same model each time, and write its metrics to the file that ASSAY_METRICS names",
			"run %d of %d: %s", run, job.Runs, done.Attempts[0].Reason)
	}
	return set, done.Notices, nil
}

// add adds one run.
func (r *Result) add(judged gate.Result) {
	at := 0
	for _, m := range judged.Metrics {
		i := slices.IndexFunc(r.Metrics, func(known Metric) bool { return known.Name == m.Name })
		if i < 0 {
			i = len(r.Metrics)
			r.Metrics = append(r.Metrics, Metric{Name: m.Name, Unit: m.Unit, Values: make([]*metric.Value, r.Runs)})
		}
		r.Metrics[i].Values = append(r.Metrics[i].Values, m.Head)
		for _, l := range m.Limits {
			if at == len(r.Gates) { // the first run: gates are the same in all
				r.Gates = append(r.Gates, Gate{Metric: m.Name, Limit: l.Text(), Pos: l.Number.Pos})
			}
			r.Gates[at].Outcomes = append(r.Gates[at].Outcomes, l.Outcome)
			at++
		}
	}
	r.Runs++
	for i := range r.Metrics {
		if m := &r.Metrics[i]; len(m.Values) < r.Runs {
			m.Values = append(m.Values, nil)
		}
	}
}
