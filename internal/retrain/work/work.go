// Package work trains on the runner that a hand-off reached: it takes the work, goes on from the newest good checkpoint, says
// again and again that it lives, keeps checkpoints where the next runner finds them, and says how it ended. The training is a
// command of the user's; the package knows no GitHub and no store but through what it is given.
package work

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/snapshot"
	"github.com/assay-ml/assay/internal/retrain/handoff"
)

// Job is one training.
type Job struct {
	Key     string
	Who     handoff.Who
	Command []string
	Dir     string
	Environ []string
	Output  io.Writer // what the command prints, as it prints it

	Checkpoints string // folder that the training keeps its checkpoints in; it must not be there yet
	Model       string // folder that the training leaves its model in
	Metrics     string // file that it writes its metrics to; "" for none

	Every time.Duration // between two checkpoints
	Quiet time.Duration // nothing in the folder may have changed for so long, or it is not kept while the training runs
	Beat  time.Duration // between two signs of life
	Limit time.Duration // after which this attempt stops, since the runner's token runs out
	Grace time.Duration // between TERM and KILL

	Store  blob.Keeper
	Prefix string // of all hand-offs
}

// Ledger is where the state of the hand-off is written: a handoff.Desk.
type Ledger interface {
	Claim(ctx context.Context, key string, w handoff.Who) (handoff.State, error)
	Beat(ctx context.Context, key string, w handoff.Who, checkpoint *handoff.Checkpoint) (handoff.State, error)
	Finish(ctx context.Context, key string, w handoff.Who, cause handoff.Cause, detail string, model *handoff.Artifact) (handoff.State, error)
}

// ErrTaken: the runner is taken away, or the run is cancelled: a signal came. Its cause is for others to tell.
var ErrTaken = errors.New("the training was told to stop")

// Result is how a training ended.
type Result struct {
	Cause   handoff.Cause // "" where the work was another's, or a signal left it open
	Detail  string
	Resumed int64 // step that it went on from; 0 for none
	Kept    int64 // step of the last checkpoint that was kept; 0 for none
}

// Run does the work. Preempted is closed where the machine says that it will be taken away. An error says that the work could
// not be done or its end not be written; the sweep tells the hand-off's end then.
func Run(ctx context.Context, ledger Ledger, job Job, preempted <-chan struct{}) (Result, error) {
	s, err := ledger.Claim(ctx, job.Key, job.Who)
	if err != nil {
		return Result{}, fmt.Errorf("take the work: %w", err)
	}
	job.Output = &shared{to: job.Output}
	w := &worker{Job: job, ledger: ledger, step: s.Step()}
	resumed, err := w.resume(ctx, s.Checkpoints)
	if err != nil {
		return Result{}, fmt.Errorf("go on from a checkpoint: %w", err)
	}
	w.step = max(w.step, resumed)
	end, err := w.train(ctx, preempted, resumed > 0)
	result := Result{Cause: end.cause, Detail: end.detail, Resumed: resumed, Kept: w.kept}
	if end.cause == "" {
		return result, err
	}
	return result, errors.Join(err, w.finish(ctx, end))
}

// shared is a writer for the command and for us.
type shared struct {
	mutex sync.Mutex
	to    io.Writer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.to.Write(p)
}

// worker is a job under way.
type worker struct {
	Job
	ledger Ledger
	known  snapshot.Known
	last   string // digest of the last checkpoint that was kept
	step   int64  // of the last one that the hand-off knows of
	kept   int64  // of the last one of this attempt
}

// resume puts the newest checkpoint that is whole where the training looks for it, and tells its step. One that is no good is
// named, and the one before it taken. One that cannot be read now is an error: to begin anew would throw work away.
func (w *worker) resume(ctx context.Context, checkpoints []handoff.Checkpoint) (step int64, err error) {
	for _, c := range checkpoints {
		_, err := snapshot.Load(ctx, w.Store, w.Prefix, c.Digest, w.Checkpoints)
		if err == nil {
			w.last = c.Digest
			fmt.Fprintf(w.Output, "assay: going on from checkpoint %d of attempt %d\n", c.Step, c.Attempt)
			return c.Step, nil
		}
		if cause := blob.CauseOf(err); cause != blob.Corrupt && cause != blob.NotFound {
			return 0, err
		}
		fmt.Fprintf(w.Output, "assay: checkpoint %d is no good: %v\n", c.Step, err)
	}
	return 0, os.MkdirAll(w.Checkpoints, 0o755)
}

// checkpoint keeps the folder of checkpoints where it changed, and has the hand-off know it. A folder that is written to at this
// moment is left for the next time.
func (w *worker) checkpoint(ctx context.Context) error {
	var kept *handoff.Checkpoint
	saved, err := snapshot.Save(ctx, w.Store, w.Prefix, w.Checkpoints, &w.known)
	switch {
	case errors.Is(err, snapshot.ErrChanges):
	case err != nil:
		return fmt.Errorf("keep a checkpoint: %w", err)
	case saved.Size > 0 && saved.Digest != w.last:
		kept = &handoff.Checkpoint{Digest: saved.Digest, Step: w.step + 1, Attempt: w.Who.Attempt, At: time.Now().UTC()}
	}
	if kept == nil {
		return nil
	}
	if err := w.beat(ctx, kept); err != nil {
		return err
	}
	w.last, w.kept = saved.Digest, kept.Step
	fmt.Fprintf(w.Output, "assay: checkpoint %d kept: %d bytes, %d of them sent\n", kept.Step, saved.Size, saved.Sent)
	return nil
}

func (w *worker) beat(ctx context.Context, kept *handoff.Checkpoint) error {
	s, err := w.ledger.Beat(ctx, w.Key, w.Who, kept)
	if err == nil {
		w.step = max(w.step, s.Step()) // one whose answer was lost may have been written
	}
	return err
}

// isTaken tells whether another has the work now.
func isTaken(err error) bool {
	return errors.Is(err, handoff.ErrSuperseded) || errors.Is(err, handoff.ErrOver)
}

// finish keeps the model where the training went well, and says how it ended.
func (w *worker) finish(ctx context.Context, end ending) error {
	var model *handoff.Artifact
	if end.cause == handoff.Succeeded {
		saved, err := snapshot.Save(ctx, w.Store, w.Prefix, w.Model, &w.known)
		if err != nil {
			return fmt.Errorf("keep the model: %w", err)
		}
		model = &handoff.Artifact{Digest: saved.Digest, Metrics: end.metrics}
	}
	if _, err := w.ledger.Finish(ctx, w.Key, w.Who, end.cause, end.detail, model); err != nil {
		return fmt.Errorf("say how the training ended: %w", err)
	}
	return nil
}
