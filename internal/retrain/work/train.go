package work

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/retrain/handoff"
	"github.com/assay-ml/assay/internal/train/process"
)

// ending is how a training ended, before anybody was told.
type ending struct {
	cause   handoff.Cause // "" where a signal left it open
	detail  string
	metrics map[string]float64
}

const (
	// lastTime is how long the last checkpoint may take once the training is over.
	lastTime = 10 * time.Minute
	// hurried is the same where a run is cancelled: the runner kills all ten seconds after its first signal.
	hurried = 4 * time.Second
)

// train runs the command to its end, and keeps its checkpoints meanwhile and once more after it.
func (w *worker) train(ctx context.Context, preempted <-chan struct{}, resumes bool) (ending, error) {
	command := exec.Command(w.Command[0], w.Command[1:]...)
	command.Dir, command.Env = w.Dir, w.environ(resumes)
	output := process.NewTail(w.Output)
	command.Stdout, command.Stderr = output, output
	command.WaitDelay = time.Second // for what still lies in the pipe when all writers are gone
	kills := process.OOMKills()
	tree, err := process.Start(command)
	if err != nil {
		return ending{handoff.Failed, fmt.Sprintf("start %s: %v", w.Command[0], err), nil}, nil
	}
	waited := make(chan error, 1)
	go func() { waited <- command.Wait() }()

	tending, stop := context.WithCancel(context.WithoutCancel(ctx))
	taken := make(chan error, 1)
	var tender sync.WaitGroup
	tender.Go(func() { w.tend(tending, taken) })
	defer tender.Wait()
	defer stop()

	limit := time.NewTimer(w.Limit)
	defer limit.Stop()
	var exit error
	var end ending
	patience, isOver := w.Grace, false
	select {
	case exit = <-waited:
		isOver = true
	case <-limit.C:
		end = ending{cause: handoff.TokenExpired, detail: fmt.Sprintf("the attempt took %v", w.Limit)}
	case <-preempted:
		end = ending{cause: handoff.Preempted, detail: "the machine said that it is taken away"}
	case err = <-taken:
	case <-ctx.Done():
		err, patience = ErrTaken, min(patience, hurried)
	}
	tree.End(patience)
	if !isOver {
		exit = <-waited
	}
	stop()
	tender.Wait()
	if isTaken(err) {
		return ending{}, err
	}
	if isOver { // else it was told to end, and how it did says nothing
		end = w.classify(exit, output.Last(), process.OOMKills() > kills)
	}
	return end, errors.Join(err, w.lastCheckpoint(ctx, end))
}

// lastCheckpoint keeps what the training left, unless it was a good end: the model is kept then.
func (w *worker) lastCheckpoint(ctx context.Context, end ending) error {
	if end.cause == handoff.Succeeded || end.cause == handoff.NaNLoss {
		return nil
	}
	limit := lastTime
	if ctx.Err() != nil {
		limit = hurried
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	return w.checkpoint(last)
}

// environ is what the command sees: no secrets of ours, and where its folders are.
func (w *worker) environ(resumes bool) []string {
	seen := slices.DeleteFunc(slices.Clone(w.Environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return process.IsSecret(name)
	})
	seen = append(seen, "ASSAY_CHECKPOINTS="+w.Checkpoints, "ASSAY_MODEL="+w.Model, "ASSAY_METRICS="+w.Metrics, fmt.Sprint("ASSAY_ATTEMPT=", w.Who.Attempt))
	if resumes {
		seen = append(seen, "ASSAY_RESUME=1")
	}
	return seen
}

// tend says that the training lives and keeps its checkpoints, until ctx ends. Where the work is another's by now, it says so.
// What else goes wrong is written to the log, and tried again: no training ends because nobody could be told of it.
func (w *worker) tend(ctx context.Context, taken chan<- error) {
	beats, keeps := time.NewTicker(w.Beat), time.NewTicker(w.Every)
	defer beats.Stop()
	defer keeps.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-beats.C:
			err = w.beat(ctx, nil)
		case <-keeps.C:
			if w.isQuiet(time.Now()) {
				err = w.checkpoint(ctx)
			}
		}
		switch {
		case isTaken(err):
			taken <- err
			return
		case err != nil && ctx.Err() == nil:
			fmt.Fprintf(w.Output, "assay: %v\n", err)
		}
	}
}

// isQuiet tells whether nothing in the folder of checkpoints changed of late.
func (w *worker) isQuiet(now time.Time) bool {
	err := filepath.WalkDir(w.Checkpoints, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && now.Sub(info.ModTime()) < w.Quiet {
			return fs.ErrExist
		}
		return err
	})
	return err == nil
}

// What a training prints where the machine is too small for it, in lower case.
var (
	tellsMemory = []string{"cuda out of memory", "outofmemoryerror", "resource_exhausted", "cannot allocate memory", "std::bad_alloc"}
	tellsDisk   = []string{"no space left on device", "disk quota exceeded"}
)

func tells(lines, signs []string) bool {
	text := strings.ToLower(strings.Join(lines, "\n"))
	return slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(text, sign) })
}

// classify tells how a command ended.
func (w *worker) classify(exit error, last []string, killedForMemory bool) ending {
	if exit == nil || errors.Is(exit, exec.ErrWaitDelay) {
		return w.produced()
	}
	var status *exec.ExitError
	killed := errors.As(exit, &status) && isKill(status)
	switch {
	case killed && killedForMemory:
		return ending{cause: handoff.OutOfMemory, detail: "the kernel killed it for lack of memory"}
	case tells(last, tellsMemory):
		return ending{cause: handoff.OutOfMemory, detail: "its output says so"}
	case tells(last, tellsDisk):
		return ending{cause: handoff.OutOfDisk, detail: "its output says so"}
	case killed:
		return ending{cause: handoff.Preempted, detail: "somebody killed it"}
	}
	return ending{cause: handoff.Failed, detail: exit.Error()}
}

func isKill(exit *exec.ExitError) bool {
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL || exit.ExitCode() == 128+int(syscall.SIGKILL)
}

// produced looks at what a training that ended well has left.
func (w *worker) produced() ending {
	if entries, err := os.ReadDir(w.Model); err != nil || len(entries) == 0 {
		return ending{cause: handoff.Failed, detail: "it left no model in " + w.Model + " (ASSAY_MODEL)"}
	}
	end := ending{cause: handoff.Succeeded}
	if w.Metrics == "" {
		return end
	}
	set, err := metric.Read(w.Metrics)
	switch {
	case err != nil:
		return ending{cause: handoff.Failed, detail: err.Error()}
	case len(set.NotFinite()) > 0:
		return ending{cause: handoff.NaNLoss, detail: strings.Join(set.NotFinite(), ", ") + " is not finite"}
	}
	end.metrics = map[string]float64{}
	for name, value := range set.Values {
		end.metrics[name] = float64(value)
	}
	return end
}
