package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
)

// How often an update is tried that others stand in the way of without having moved anything: git locks each ref as a file, and
// gives up soon where another holds the lock.
const (
	maxTries  = 8
	firstWait = 20 * time.Millisecond
)

// Update implements gittag.Repository: by a transaction of this clone, or by an atomic push with a lease on each ref. What came of
// a failure is told by looking at the refs, and not by git's words.
func (r *Registry) Update(ctx context.Context, moves []gittag.Move) error {
	made := make([]string, len(moves))
	for i, move := range moves {
		var err error
		if move.Deletes() {
			continue
		}
		if made[i], err = r.make(ctx, move); err != nil {
			return explainObject(move, err)
		}
	}
	wait := firstWait
	for try := 1; ; try++ {
		refused, err := r.send(ctx, moves, made)
		if err == nil {
			return nil
		}
		if now, stateErr := r.outcome(ctx, moves, made); now != gittag.AsBefore || stateErr != nil {
			return errors.Join(now.Err(), stateErr)
		}
		if !refused {
			return fmt.Errorf("%w: %w", registry.ErrUnsure, err)
		}
		if try == maxTries || !isLock(err) {
			return r.explainLock(ctx, moves, err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		wait *= 2
	}
}

// explainObject says what to do where a commit is not here.
func explainObject(m gittag.Move, err error) error {
	if m.Tag != nil {
		return fmt.Errorf("make the tag %s: %w; git fetch brings commit %.12s here", m.Ref, err, m.Tag.Commit)
	}
	return err
}

// explainLock names the locks that stand in the way of this clone's refs: a git that was killed left them, and git never takes them away.
func (r *Registry) explainLock(ctx context.Context, moves []gittag.Move, err error) error {
	for _, m := range moves {
		printed, pathErr := r.git(ctx, "rev-parse", "--path-format=absolute", "--git-path", m.Ref+".lock")
		path := strings.TrimSpace(printed)
		if pathErr != nil || r.remote != "" {
			continue
		}
		if _, statErr := os.Lstat(path); statErr == nil {
			return fmt.Errorf("%w: %s is there: a git is at work, or was killed; where none is, remove the file", err, path)
		}
	}
	return err
}

// isLock reports that another process has a lock.
func isLock(err error) bool {
	text := err.Error()
	return strings.Contains(text, "lock") || strings.Contains(text, "remove the file") || strings.Contains(text, "failed to update ref") || strings.Contains(text, "atomic")
}

// send moves the refs. refused says of an error that git answered, and moved nothing.
func (r *Registry) send(ctx context.Context, moves []gittag.Move, made []string) (refused bool, err error) {
	if r.remote == "" {
		var script strings.Builder
		script.WriteString("start\n")
		for i, m := range moves {
			script.WriteString(transaction(m, made[i]))
		}
		script.WriteString("prepare\ncommit\n")
		_, err = r.feed(ctx, script.String(), "update-ref", "--stdin")
		return true, err
	}
	args := []string{"push", "--quiet", "--porcelain", "--atomic", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no", "--receive-pack=git-receive-pack"}
	var specs []string
	for i, m := range moves {
		args = append(args, "--force-with-lease="+m.Ref+":"+m.Before)
		specs = append(specs, made[i]+":"+m.Ref)
	}
	return r.push(ctx, append(append(args, "--end-of-options", r.remote), specs...))
}

// transaction is a line of update-ref --stdin.
func transaction(m gittag.Move, made string) string {
	switch {
	case m.Deletes():
		return fmt.Sprintf("delete %s %s\n", m.Ref, m.Before)
	case m.Before == "":
		return fmt.Sprintf("create %s %s\n", m.Ref, made)
	}
	return fmt.Sprintf("update %s %s %s\n", m.Ref, made, m.Before)
}

// push pushes. A refusal stands in what --porcelain prints, in a line that begins with an exclamation mark.
func (r *Registry) push(ctx context.Context, args []string) (refused bool, err error) {
	var report strings.Builder
	if err = r.stream(ctx, "", &report, args...); err == nil {
		return false, nil
	}
	for line := range strings.Lines(report.String()) {
		if strings.HasPrefix(line, "!") {
			return true, fmt.Errorf("%w (%s)", err, r.lastLine(line, err))
		}
	}
	return false, err
}

// outcome looks where the refs of an update are now.
func (r *Registry) outcome(ctx context.Context, moves []gittag.Move, made []string) (gittag.Outcome, error) {
	now, err := r.list(ctx, registryRefs...)
	if err != nil {
		return gittag.AsBefore, fmt.Errorf("%w: %w", registry.ErrUnsure, err)
	}
	return gittag.OutcomeOf(moves, made, now), nil
}
