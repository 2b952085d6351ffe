package smoke

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/assay-ml/assay/internal/train/process"
)

// outcome is an attempt and the end of what it printed.
type outcome struct {
	Attempt
	output []string
}

// try runs a command line to its end and ends all that it started. An error means that ctx ended, or that nothing could
// be started.
func (h *house) try(ctx context.Context, job Job, line string, limit time.Duration) (outcome, error) {
	started := time.Now()
	reader, writer, err := os.Pipe()
	if err != nil {
		return outcome{}, err
	}
	defer reader.Close()
	command := h.command(job, line)
	command.Stdout, command.Stderr = writer, writer
	kills := oomKills()
	tree, err := process.Start(command)
	writer.Close()
	if err != nil {
		return outcome{}, fmt.Errorf("start %s: %w", command.Path, err)
	}
	kept := process.NewTail(job.Output)
	copied := make(chan struct{})
	go func() { defer close(copied); copyFrom(kept, reader) }()
	waited := make(chan error, 1)
	go func() { waited <- command.Wait() }()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var exit error
	var timedOut bool
	select {
	case exit = <-waited:
		tree.End(grace)
	case <-limited.Done():
		timedOut = ctx.Err() == nil
		patience := grace
		if !timedOut {
			patience = hurriedGrace
		}
		tree.End(patience)
		exit = <-waited
	}
	reader.SetReadDeadline(time.Now().Add(drain))
	<-copied
	if ctx.Err() != nil {
		return outcome{}, context.Cause(ctx)
	}
	a := outcome{Attempt: Attempt{Seconds: time.Since(started).Seconds()}, output: kept.Last()}
	a.Cause, a.Reason = classify(exit, timedOut, oomKills() > kills, limit)
	return a, nil
}

// How long a tree has between TERM and KILL. When a run is cancelled, the runner kills all after ten seconds, and the
// check run has to be completed before.
const (
	grace        = 3 * time.Second
	hurriedGrace = 2 * time.Second
	drain        = time.Second // for what still lies in the pipe when all writers are gone
)

// What a shell answers where it could not run a command, or where a signal ended it.
const (
	shellNotExecutable = 126
	shellNotFound      = 127
	shellKilled        = 128 + int(syscall.SIGKILL)
)

// classify names how a command ended; "" where it ended well.
func classify(err error, timedOut, outOfMemory bool, limit time.Duration) (Cause, string) {
	var exit *exec.ExitError
	switch {
	case timedOut:
		return TimedOut, fmt.Sprintf("it took longer than %s", limit)
	case err == nil:
		return "", ""
	case !errors.As(err, &exit):
		return KilledUnknown, err.Error()
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	killed := ok && status.Signaled() && status.Signal() == syscall.SIGKILL || exit.ExitCode() == shellKilled
	switch {
	case killed && outOfMemory:
		return OutOfMemory, "the machine ran out of memory and killed it"
	case killed:
		return KilledUnknown, "it was killed, cause unknown"
	case ok && status.Signaled():
		return ExitedNonZero, "a signal ended it: " + status.Signal().String()
	case exit.ExitCode() == shellNotExecutable:
		return NotExecutable, "the shell could not execute it (exit code 126)"
	case exit.ExitCode() == shellNotFound:
		return NotFound, "the shell did not find it (exit code 127)"
	default:
		return ExitedNonZero, fmt.Sprintf("it ended with exit code %d", exit.ExitCode())
	}
}

// copyFrom reads until all writers are gone.
func copyFrom(kept *process.Tail, reader *os.File) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := reader.Read(buffer)
		_, _ = kept.Write(buffer[:n])
		if err != nil {
			return
		}
	}
}

// oomKills is a variable for tests: no test can run the machine out of memory.
var oomKills = process.OOMKills
