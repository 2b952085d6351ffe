package writeback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/source"
)

// Judge runs what judges, and sees to it that the check run ends where it judges nothing: it panics, fails, or is cancelled.
func (s *Session) Judge(ctx context.Context, judge func() (finding.Result, error)) (finding.Result, error) {
	hasReturned := false
	defer func() {
		if !hasReturned { // the panic goes on
			s.abandon(ctx, errPanic)
		}
	}()
	result, err := judge()
	hasReturned = true
	if err != nil {
		s.abandon(ctx, err)
	}
	return result, err
}

var errPanic = errors.New("a bug of Assay itself broke the run off; the log of the job shows where")

// abandon ends the check run of a run that judged nothing.
func (s *Session) abandon(ctx context.Context, cause error) {
	if s.GitHub == nil {
		return
	}
	isCancelled := errors.Is(ctx.Err(), context.Canceled)
	ctx, cancel := outlive(ctx, s.patience())
	defer cancel()
	if isCancelled {
		s.end(ctx, ending{Conclusion: cancelled, Title: "Cancelled", Summary: "The run was cancelled before it had judged."}, nil)
	} else {
		page := report.Trouble(s.Model, cause.Error(), remedy(cause))
		var problems source.Problems
		errors.As(cause, &problems)
		s.end(ctx, ending{Conclusion: failure, Title: "Assay could not judge", Summary: page, word: s.mark("")}, forCheck(s.committed(report.Complaints(problems))))
		s.sayTrouble(ctx, page)
	}
	for _, notice := range s.notices {
		s.Runner.Notice(notice)
	}
}

// sayTrouble tells people where they look first: a comment that still shows the last verdict would mislead.
func (s *Session) sayTrouble(ctx context.Context, page string) {
	whole := func(report.Budget) string { return page }
	if s.Event.PullRequest != 0 && s.Comment != Never {
		_, err := s.postComment(ctx, s.mark(""), false, whole)
		s.explain("comment", err)
	}
	if s.hasIssue() {
		s.postIssue(ctx, "", whole)
	}
}

func remedy(cause error) string {
	switch {
	case source.IsUserError(cause):
		return "Nothing was judged. Mend what is named here, and push again."
	case errors.Is(cause, context.DeadlineExceeded):
		return "Nothing was judged: the time was over. Run the job again, or give it more time."
	}
	return "Nothing was judged. This lies outside of your files: an outside system, the machine or Assay itself. Run the job again."
}

// End ends what the steps of a job left open: where a process was killed, or GitHub could not be reached in time. It runs
// after them, in a process of its own, and takes Runner, GitHub and Now of the options.
func End(ctx context.Context, options Options) error {
	s := &Session{Options: options, path: options.Runner.Remembered()}
	data, err := actions.LoadState(s.path)
	if err != nil || data == nil {
		return err
	}
	if err := json.Unmarshal(data, &s.state); err != nil {
		return fmt.Errorf("read the state of the job's steps: %w", err)
	}
	if !s.state.Open || s.GitHub == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience())
	defer cancel()
	return s.endLost(ctx)
}

// endLost ends a check run with what its step had to say, or says that it ended without a word.
func (s *Session) endLost(ctx context.Context) error {
	if s.state.Status == "" {
		lost := s.state.Lost
		if !lost.IsZero() {
			lost = time.Now() // the step may have sent it again until it was killed
		}
		check, isThere, err := s.GitHub.FindCheck(ctx, s.state.Spec, lost)
		if err != nil || !isThere {
			return err
		}
		s.state.Check, s.state.Lost = check, time.Time{}
	}
	e := s.state.Ending
	if e == nil {
		e = &ending{Conclusion: failure, Title: "Ended without a word", Summary: "The step was killed before it had judged: it ran out of memory or of time, " +
			"or its machine went away. Nothing was judged; the log of the job may say more."}
	}
	s.end(ctx, *e, nil)
	if s.state.Open {
		return errors.New(s.notices[len(s.notices)-1])
	}
	return nil
}
