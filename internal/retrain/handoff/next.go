package handoff

import (
	"fmt"
	"slices"
	"time"
)

// RunStatus is what GitHub says of a workflow run.
type RunStatus int

// The statuses.
const (
	Unseen    RunStatus = iota // nobody asked, or there was no answer
	Absent                     // there is no such run
	Queued                     // no runner has taken it
	Working                    // a runner has
	Completed                  // see its conclusion
)

// Run is a workflow run as it was seen.
type Run struct {
	ID         int64
	Status     RunStatus
	Conclusion string // success, failure, cancelled, timed_out, …
}

// Verb is something to do.
type Verb string

// The verbs.
const (
	Dispatch Verb = "dispatch" // the attempt that counts
	Cancel   Verb = "cancel"   // a run
	Announce Verb = "announce" // the end
)

// Act is what follows from a state and is done once the state is written. Doing it twice does no harm.
type Act struct {
	Verb Verb
	Run  int64 // of Cancel
}

const (
	// grace is how long one who set out to do something is left alone with it.
	grace = 2 * time.Minute
	// maxDispatches bounds how often an attempt is dispatched.
	maxDispatches = 4
)

// Next is what follows from the state, what was seen of the run of the attempt that counts, and the time: the state to write and
// then what to do. Where nothing follows, the state is the same and there is nothing to do.
func (s State) Next(run Run, now time.Time) (State, []Act) {
	s = s.copy()
	if s.Phase == "" {
		return s, nil
	}
	var acts []Act
	if s.Phase != Ended {
		acts = s.carryOn(run, now)
	}
	for _, id := range s.Stop {
		acts = append(acts, Act{Cancel, id})
	}
	if s.isToAnnounce(now) {
		s.Announcing = now
		acts = append(acts, Act{Verb: Announce})
	}
	return s, acts
}

// isToAnnounce keeps an end back while somebody may still be about to show the round as pending, or to announce its end.
func (s State) isToAnnounce(now time.Time) bool {
	return s.Phase == Ended && !s.Announced && now.Sub(s.Announcing) >= grace && (s.Shown || now.Sub(s.Submitted) >= grace)
}

// carryOn moves a state that has not ended.
func (s *State) carryOn(run Run, now time.Time) []Act {
	a := &s.Attempts[len(s.Attempts)-1]
	if a.Run == 0 && run.ID != 0 {
		a.Run = run.ID
	}
	switch {
	case s.Phase == Trained:
		if run.Status == Completed || now.Sub(a.Over) >= s.Plan.Report {
			s.end(ReportLost, "", now)
		}
	case now.Sub(s.Submitted) >= s.Plan.Limit:
		s.stop()
		s.end(TimedOut, fmt.Sprintf("its limit was %v", s.Plan.Limit), now)
	case s.Phase == Asked:
		return s.asked(a, run, now)
	case s.Phase == Running:
		return s.running(a, run, now)
	}
	return nil
}

// asked: the workflow was dispatched and nobody trains yet.
func (s *State) asked(a *Attempt, run Run, now time.Time) []Act {
	switch run.Status {
	case Absent:
		if now.Sub(a.Dispatched) < grace {
			return nil
		}
		if a.Run != 0 || a.Dispatches >= maxDispatches { // a run that was there and is deleted does not come again
			return s.again(DispatchLost, "", now)
		}
		a.Dispatched, a.Dispatches = now, a.Dispatches+1
		return []Act{{Verb: Dispatch}}
	case Queued:
		if now.Sub(a.Began) >= s.Plan.Queue {
			s.stop()
			s.end(NoRunner, fmt.Sprintf("it waited %v for a runner with the labels %v", s.Plan.Queue, s.Plan.Labels), now)
		}
	case Completed:
		return s.over(NeverBegan, run, now)
	}
	return nil
}

// running: the training began.
func (s *State) running(a *Attempt, run Run, now time.Time) []Act {
	switch {
	case a.Cause.Resumes():
		return s.again(a.Cause, a.Detail, now)
	case a.Cause != "":
		s.end(a.Cause, a.Detail, now)
	case run.Status == Completed:
		return s.over(Lost, run, now)
	case run.Status == Absent:
		return s.again(Lost, "the run is gone", now)
	case run.Status != Unseen && now.Sub(a.Beat) >= s.Plan.Silence:
		s.stop()
		return s.again(Silent, fmt.Sprintf("nothing was heard for %v", s.Plan.Silence), now)
	}
	return nil
}

// over: the run is, and the training had not said so. What a person cancelled is not begun again.
func (s *State) over(cause Cause, run Run, now time.Time) []Act {
	if run.Conclusion == "cancelled" {
		s.end(Cancelled, "", now)
		return nil
	}
	return s.again(cause, "the run ended as "+run.Conclusion, now)
}

// again closes the attempt that counts and begins the next one, or ends where there is none left.
func (s *State) again(cause Cause, detail string, now time.Time) []Act {
	s.close(cause, detail, now)
	if len(s.Attempts) >= s.Plan.Attempts {
		s.end(cause, detail, now)
		return nil
	}
	s.Phase = Asked
	s.Attempts = append(s.Attempts, Attempt{Began: now, Dispatched: now, Dispatches: 1})
	return []Act{{Verb: Dispatch}}
}

// stop has the run of the attempt that counts cancelled.
func (s *State) stop() {
	if run := s.last().Run; run != 0 && !slices.Contains(s.Stop, run) {
		s.Stop = append(s.Stop, run)
	}
}

// close notes that the attempt that counts is over.
func (s *State) close(cause Cause, detail string, now time.Time) {
	a := &s.Attempts[len(s.Attempts)-1]
	if a.Over.IsZero() {
		a.Over = now
	}
	if a.Cause == "" {
		a.Cause, a.Detail = cause, detail
	}
}

func (s *State) end(cause Cause, detail string, now time.Time) {
	s.close(cause, detail, now)
	s.Phase, s.End = Ended, &End{cause, detail, now}
}

// copy shares nothing that Next may change.
func (s State) copy() State {
	s.Attempts, s.Stop = slices.Clone(s.Attempts), slices.Clone(s.Stop)
	return s
}
