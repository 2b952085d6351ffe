package handoff

import (
	"errors"
	"fmt"
	"time"
)

// Who is a try of a workflow run, and the attempt that it was dispatched for.
type Who struct {
	Run     int64
	Try     int // GITHUB_RUN_ATTEMPT
	Round   int
	Attempt int
}

// What a move may be refused for.
var (
	// ErrOver: the hand-off has ended, or was never submitted.
	ErrOver = errors.New("the hand-off is over")
	// ErrSuperseded: another run does this work now. The one that asks has to stop.
	ErrSuperseded = errors.New("another run has taken the work over")
	// ErrEnding: the hand-off has just ended, and its end is not announced yet. A new round has to wait, or it might be taken
	// for ended.
	ErrEnding = errors.New("the hand-off has just ended: submit again in some minutes")
)

// Submit is the state once a request is submitted at some time. One that is going on, or that succeeded, is joined: the state
// stays as it is. A new round goes on from the checkpoint of the one before, but not where its loss was not a number.
func (s State) Submit(r Request, p Plan, now time.Time) (next State, joined bool, err error) {
	switch {
	case s.Phase == "":
	case s.End == nil || s.End.Cause == Succeeded:
		return s, true, nil
	case !s.Announced:
		return s, false, ErrEnding
	}
	next = State{Request: r, Plan: p, Round: s.Round + 1, Phase: Asked, Submitted: now, Stop: s.Stop}
	if s.End == nil || s.End.Cause != NaNLoss {
		next.Checkpoints = s.Checkpoints
	}
	next.Attempts = []Attempt{{Began: now, Dispatched: now, Dispatches: 1}}
	return next, false, nil
}

// ShownAs notes that the pending status of a round stands.
func (s State) ShownAs(round int) State {
	if s.Round == round {
		s.Shown = true
	}
	return s
}

// Sent notes the run that came of a dispatch.
func (s State) Sent(attempt int, run int64) State {
	s = s.copy()
	if s.Phase == Asked && attempt == s.Attempt() && s.last().Run == 0 {
		s.Attempts[attempt-1].Run = run
	}
	return s
}

// Unsendable ends a hand-off whose workflow cannot be dispatched.
func (s State) Unsendable(attempt int, why string, now time.Time) State {
	s = s.copy()
	if s.Phase == Asked && attempt == s.Attempt() {
		s.end(NoWorkflow, why, now)
	}
	return s
}

// Stopped notes that a run which was to be cancelled is over.
func (s State) Stopped(run int64) State {
	s = s.copy()
	var left []int64
	for _, id := range s.Stop {
		if id != run {
			left = append(left, id)
		}
	}
	s.Stop = left
	return s
}

// Told notes that the end of a round is announced.
func (s State) Told(round int) State {
	if s.Phase == Ended && s.Round == round {
		s.Announced = true
	}
	return s
}

// Claim gives the work to a run, or says why not. Of two runs of one attempt, where the first was thought lost, the first to
// claim has it. A later try of the run that had it takes it over: GitHub runs no two tries at once.
func (s State) Claim(w Who, now time.Time) (State, error) {
	if s.Phase == "" || s.Phase == Ended {
		return s, ErrOver
	}
	s = s.copy()
	if w.Round != s.Round || w.Attempt != s.Attempt() || s.last().Over != (time.Time{}) && s.Phase != Running {
		return s, ErrSuperseded
	}
	a := &s.Attempts[w.Attempt-1]
	mine := a.Run == w.Run
	switch {
	case s.Phase == Running && mine && w.Try == a.Try && a.Cause == "": // its answer was lost
		return s, nil
	case s.Phase == Asked && (a.Run == 0 || mine):
	case s.Phase == Running && mine && w.Try > a.Try:
	default:
		return s, ErrSuperseded
	}
	s.Phase = Running
	a.Run, a.Try, a.Claimed, a.Beat = w.Run, w.Try, now, now
	a.Over, a.Cause, a.Detail = time.Time{}, "", ""
	return s, nil
}

// holds tells why a run does not have the work; nil where it has.
func (s State) holds(w Who) error {
	if s.Phase == "" || s.Phase == Ended {
		return ErrOver
	}
	if w.Round != s.Round || w.Attempt != s.Attempt() || s.last().Run != w.Run || s.last().Try != w.Try {
		return ErrSuperseded
	}
	return nil
}

// Beat notes that the training goes on, and acknowledges a checkpoint; nil for none. It acknowledges no older one than it has.
func (s State) Beat(w Who, checkpoint *Checkpoint, now time.Time) (State, error) {
	if err := s.holds(w); err != nil {
		return s, err
	}
	if s.Phase != Running || s.last().Cause != "" {
		return s, ErrSuperseded
	}
	s = s.copy()
	a := &s.Attempts[w.Attempt-1]
	a.Beat = now
	if checkpoint != nil {
		if checkpoint.Step == s.Step() && checkpoint.Digest == s.Checkpoints[0].Digest { // its answer was lost
			return s, nil
		}
		if checkpoint.Step <= s.Step() {
			return s, fmt.Errorf("step %d is not after step %d, whose checkpoint is kept", checkpoint.Step, s.Step())
		}
		s.Checkpoints = append([]Checkpoint{*checkpoint}, s.Checkpoints[:min(len(s.Checkpoints), maxCheckpoints-1)]...)
		a.Kept = now
	}
	return s, nil
}

// Finish notes how the training ended, in the words of the runner. With Succeeded the model is named, and its report is to come.
func (s State) Finish(w Who, cause Cause, detail string, model *Artifact, now time.Time) (State, error) {
	if err := s.holds(w); err != nil {
		return s, err
	}
	if s.last().Cause == cause { // its answer was lost
		return s, nil
	}
	if s.Phase != Running || s.last().Cause != "" {
		return s, ErrSuperseded
	}
	s = s.copy()
	a := &s.Attempts[w.Attempt-1]
	a.Beat, a.Over, a.Cause, a.Detail = now, now, cause, detail
	if cause == Succeeded {
		s.Phase, s.Model = Trained, model
	}
	return s, nil
}

// Judge ends a hand-off whose training went well with the verdict of its report. A report that comes late, after its loss was
// noted, is refused: the end never changes.
func (s State) Judge(w Who, passed bool, detail string, now time.Time) (State, error) {
	cause := Refused
	if passed {
		cause = Succeeded
	}
	if s.Phase == Ended && s.End.Cause == cause && s.last().Run == w.Run && s.Round == w.Round { // its answer was lost
		return s, nil
	}
	if err := s.holds(w); err != nil {
		return s, err
	}
	if s.Phase != Trained {
		return s, fmt.Errorf("there is nothing to judge: the training is %s", s.Phase)
	}
	s = s.copy()
	s.end(cause, detail, now)
	return s, nil
}
