// Package smoke runs a user's training command and reads what it produced. The command is hostile: it may be a pull
// request's. It runs in a process tree of its own that always ends, without our secrets, and where root allows it as
// another user. The package knows no config file and no renderer.
package smoke

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/process"
)

// Spec is `train:` with a command.
type Spec struct {
	Command string        `yaml:"command" config:"required" doc:"The training command, run by $SHELL -c. It reads ASSAY_TRAIN, ASSAY_TEST, ASSAY_SAMPLE_ROWS and ASSAY_SEED, and writes its metrics to ASSAY_METRICS."`
	Setup   string        `yaml:"setup,omitempty" doc:"Runs once before the command, outside of timeout and retries, in a virtual environment made for it. Such as uv pip install -r requirements.txt."`
	Timeout time.Duration `yaml:"timeout,omitempty" doc:"Limit of one attempt, such as 10m. Default 10m."`
	Retries *int          `yaml:"retries,omitempty" doc:"How often an attempt that crashed, ran out of time or was killed is repeated, with the same seed. Default 3."`
	Pos     source.Pos    `yaml:"-"`
}

// What a Spec leaves out.
const (
	defaultTimeout = 10 * time.Minute
	defaultRetries = 3
	setupLimit     = 30 * time.Minute // a setup that hangs must end too
)

func (s Spec) timeout() time.Duration { return cmp.Or(s.Timeout, defaultTimeout) }

func (s Spec) attempts() int {
	if s.Retries == nil {
		return 1 + defaultRetries
	}
	return 1 + *s.Retries
}

// Job is one training.
type Job struct {
	Spec       Spec
	Dir        string // working folder of the command
	Train      string // file of the training table, "" for none
	Test       string // file of the test table, "" for none
	SampleRows int64  // rows of a sample, 0 where the tables are whole
	Seed       int64
	Metrics    string                  // where the command writes its metrics: within Dir
	Variable   string                  // by which the command knows that file; "" for ASSAY_METRICS
	Check      func(path string) error // judges the metrics file; a *MetricsError names what is wrong with it
	Environ    []string                // name=value; what the command must not see is taken out
	Output     io.Writer               // what the command prints, as it prints it
	Hide       []string                // files and folders that the command must not read
}

// Cause names a failure.
type Cause string

// The failures. Those of a machine's mood are worth another attempt.
const (
	ExitedNonZero     Cause = "exit"
	TimedOut          Cause = "timeout"
	OutOfMemory       Cause = "out-of-memory"
	KilledUnknown     Cause = "killed"
	NotExecutable     Cause = "not-executable"
	NotFound          Cause = "not-found"
	MetricsMissing    Cause = "metrics-missing"
	MetricsUnparsable Cause = "metrics-unparsable"
	MetricsNotFinite  Cause = "metrics-not-finite"
	SetupFailed       Cause = "setup"
)

// isWorthAnotherTry reports whether the same seed could come out otherwise.
func (c Cause) isWorthAnotherTry() bool {
	return c == ExitedNonZero || c == TimedOut || c == OutOfMemory || c == KilledUnknown
}

// MetricsError says what is wrong with a metrics file.
type MetricsError struct {
	Cause  Cause // MetricsMissing, MetricsUnparsable or MetricsNotFinite
	Reason string
}

func (e *MetricsError) Error() string { return string(e.Cause) + ": " + e.Reason }

// Run trains. It answers with an error only where nothing could be tried, or where ctx ended; the whole process tree is
// gone in any case.
func Run(ctx context.Context, job Job) (result Result, err error) {
	if !filepath.IsAbs(job.Metrics) {
		job.Metrics = filepath.Join(job.Dir, job.Metrics)
	}
	result = Result{Command: job.Spec.Command, Allowed: job.Spec.attempts(), Timeout: job.Spec.timeout().Seconds(), Pos: job.Spec.Pos}
	house, err := prepare(job)
	if err != nil {
		return Result{}, fmt.Errorf("prepare training: %w", err)
	}
	result.Notices = house.notices
	defer func() {
		if problem := house.restore(); problem != nil {
			result.Notices = append(result.Notices, fmt.Sprintf("not everything is as it was before the training: %v", problem))
		}
	}()
	stale, err := setAside(job.Metrics)
	if err != nil {
		return Result{}, fmt.Errorf("set the old metrics file aside: %w", err)
	}
	defer func() { err = errors.Join(err, stale.settle()) }()
	if failed, err := house.setup(ctx, job); err != nil || failed != nil {
		if failed != nil {
			result.Attempts, result.Output = []Attempt{failed.Attempt}, failed.output
		}
		return result, err
	}
	return house.attempts(ctx, job, result)
}

// attempts repeats the command until it comes through, or until another try makes no sense.
func (h *house) attempts(ctx context.Context, job Job, result Result) (Result, error) {
	for n := range result.Allowed {
		if n > 0 {
			os.Remove(job.Metrics)
			fmt.Fprintf(job.Output, "assay: attempt %d of %d: %s\n", n+1, result.Allowed, result.Attempts[n-1].Reason)
		}
		done, err := h.try(ctx, job, job.Spec.Command, job.Spec.timeout())
		if err != nil {
			return result, err
		}
		if done.Cause == "" {
			done.judge(job)
		}
		result.Attempts = append(result.Attempts, done.Attempt)
		result.Output = done.output
		if done.Cause == "" {
			result.Output = nil
			return result, nil
		}
		if !done.Cause.isWorthAnotherTry() {
			break
		}
	}
	return result, nil
}

// judge reads the metrics of an attempt that ended well.
func (a *outcome) judge(job Job) {
	err := isPlainFile(job.Metrics, job.Dir)
	if err == nil {
		err = job.Check(job.Metrics)
	}
	var wrong *MetricsError
	switch {
	case err == nil:
	case !errors.As(err, &wrong):
		a.Cause, a.Reason = MetricsUnparsable, err.Error()
	case wrong.Cause == MetricsMissing:
		a.Cause, a.Reason = wrong.Cause, fmt.Sprintf("it wrote no %s file to %s", job.wrote(), filepath.Base(job.Metrics))
	case wrong.Cause == MetricsNotFinite:
		a.Cause, a.Reason = wrong.Cause, "NaN or infinite: "+wrong.Reason
	default:
		a.Cause, a.Reason = wrong.Cause, wrong.Reason
	}
}

// wrote is what the command writes, in a word.
func (job Job) wrote() string {
	if job.Variable == "" {
		return "metrics"
	}
	return strings.ToLower(strings.TrimPrefix(job.Variable, "ASSAY_"))
}

// isPlainFile refuses a metrics file that is a link or a pipe, or that lies elsewhere: we may read what the command may not.
func isPlainFile(path, dir string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return &MetricsError{Cause: MetricsMissing}
	}
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return err
	}
	home, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	inside, err := filepath.Rel(home, real)
	if !info.Mode().IsRegular() || err != nil || !filepath.IsLocal(inside) {
		return &MetricsError{Cause: MetricsUnparsable, Reason: "the metrics file is a link or no regular file"}
	}
	return nil
}

// aside is a metrics file of an earlier run, out of the way: it must not pass for this run's.
type aside struct{ path, kept string }

func setAside(path string) (aside, error) {
	kept := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".assay-before")
	err := os.Rename(path, kept)
	if errors.Is(err, os.ErrNotExist) {
		return aside{}, nil
	}
	return aside{path, kept}, err
}

// settle puts the old file back where the training left none.
func (a aside) settle() error {
	if a.path == "" {
		return nil
	}
	if _, err := os.Lstat(a.path); err == nil {
		return os.Remove(a.kept)
	}
	return os.Rename(a.kept, a.path)
}

// environ is what the command sees of the environment.
func (job Job) environ() map[string]string {
	seen := map[string]string{}
	for _, entry := range job.Environ {
		if name, value, ok := strings.Cut(entry, "="); ok && !process.IsSecret(name) {
			seen[name] = value
		}
	}
	seen["ASSAY_SMOKE"] = "1"
	for name, value := range map[string]string{"ASSAY_TRAIN": job.Train, "ASSAY_TEST": job.Test, cmp.Or(job.Variable, "ASSAY_METRICS"): job.Metrics} {
		if value != "" {
			seen[name] = value
		}
	}
	seen["ASSAY_SEED"] = fmt.Sprint(job.Seed)
	if job.SampleRows > 0 {
		seen["ASSAY_SAMPLE_ROWS"] = fmt.Sprint(job.SampleRows)
	}
	return seen
}
