package handoff

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"
)

// Revision names a written state; "" is that of none.
type Revision string

// ErrMoved: somebody wrote since; nothing was written.
var ErrMoved = errors.New("somebody changed the hand-off in the meantime")

// Book is where states are written. Its methods may be called by several processes at once.
type Book interface {
	// Keys lists the hand-offs that are in the book.
	Keys(ctx context.Context) ([]string, error)
	// Load gives the state of a key and its revision; the zero state and "" for one that is not in the book.
	Load(ctx context.Context, key string) (State, Revision, error)
	// Save writes a state where the book still is at a revision, else it is ErrMoved. Any other error leaves open whether it was
	// written.
	Save(ctx context.Context, key string, s State, after Revision) error
}

// ErrNoWorkflow: the workflow does not exist, or takes no dispatch.
var ErrNoWorkflow = errors.New("the workflow cannot be dispatched")

// Runs are the workflow runs of the hosting service.
type Runs interface {
	// Dispatch asks for a run of the attempt that counts. The id is 0 where the service does not tell it.
	Dispatch(ctx context.Context, s State) (run int64, err error)
	// See looks at the run of the attempt that counts: by its id, or, where that is not known, by the key, round and attempt
	// that its name bears.
	See(ctx context.Context, s State) (Run, error)
	// Cancel asks for the end of a run and tells whether it is over by now.
	Cancel(ctx context.Context, run int64) (over bool, err error)
}

// Board is where commits show their statuses.
type Board interface {
	// Stands tells whether the end of this round is announced.
	Stands(ctx context.Context, s State) (bool, error)
	// Put shows the state as it is: pending, or how it ended.
	Put(ctx context.Context, s State) error
}

// Desk carries hand-offs on. Several may do so at once, and any of them may stop anywhere.
type Desk struct {
	Book  Book
	Runs  Runs
	Board Board
	Now   func() time.Time
}

// maxTurns bounds how often one desk writes a state, or tries to.
const maxTurns = 20

// Submit hands a request off, or joins the hand-off of the same request.
func (d Desk) Submit(ctx context.Context, r Request, p Plan) (s State, joined bool, err error) {
	key := r.Key()
	s, err = d.change(ctx, key, func(s State) (State, error) {
		next, other, err := s.Submit(r, p, d.Now())
		joined = other
		return next, err
	})
	if err != nil && !errors.Is(err, ErrEnding) {
		return s, false, fmt.Errorf("write hand-off %s: %w", key, err)
	}
	if joined || err != nil {
		settled, failed := d.Settle(ctx, key, nil)
		return settled, joined, errors.Join(err, failed)
	}
	ctx, cancel := context.WithTimeout(ctx, grace/2)
	defer cancel()
	failed := errors.Join(d.show(ctx, key, s), d.dispatch(ctx, key, s)) // a status that is missing blocks as well as a pending one
	if s, _, err = d.Book.Load(ctx, key); err != nil {
		err = fmt.Errorf("read hand-off %s: %w", key, err)
	}
	return s, false, errors.Join(failed, err)
}

// show puts up the pending status of a round.
func (d Desk) show(ctx context.Context, key string, s State) error {
	if err := d.Board.Put(ctx, s); err != nil {
		return err
	}
	_, err := d.change(ctx, key, func(now State) (State, error) { return now.ShownAs(s.Round), nil })
	return err
}

// Settle looks at a hand-off and does what follows. Where seen is given, that is how the run of the attempt stands: a job of
// that very run knows better than the service how its other jobs ended.
func (d Desk) Settle(ctx context.Context, key string, seen *Run) (State, error) {
	for range maxTurns {
		s, revision, err := d.Book.Load(ctx, key)
		if err != nil {
			return s, fmt.Errorf("read hand-off %s: %w", key, err)
		}
		var run Run
		if seen != nil && s.Attempt() > 0 && s.last().Run == seen.ID {
			run = *seen
		} else if s.Phase != "" && s.Phase != Ended {
			if run, err = d.Runs.See(ctx, s); err != nil {
				return s, fmt.Errorf("look for the run of hand-off %s: %w", key, err)
			}
		}
		next, acts := s.Next(run, d.Now())
		if len(acts) == 0 && reflect.DeepEqual(next, s.copy()) {
			return s, nil
		}
		if err := d.Book.Save(ctx, key, next, revision); errors.Is(err, ErrMoved) {
			continue
		} else if err != nil {
			return s, fmt.Errorf("write hand-off %s: %w", key, err)
		}
		return next, d.perform(ctx, key, next, acts)
	}
	return State{}, fmt.Errorf("hand-off %s: %w", key, ErrMoved)
}

// perform does what follows from a state that is written. Each act has less time than others leave it alone for.
func (d Desk) perform(ctx context.Context, key string, s State, acts []Act) error {
	ctx, cancel := context.WithTimeout(ctx, grace/2)
	defer cancel()
	var failed []error
	for _, act := range acts {
		switch act.Verb {
		case Dispatch:
			failed = append(failed, d.dispatch(ctx, key, s))
		case Cancel:
			failed = append(failed, d.cancel(ctx, key, act.Run))
		case Announce:
			failed = append(failed, d.announce(ctx, key, s))
		}
	}
	return errors.Join(failed...)
}

func (d Desk) dispatch(ctx context.Context, key string, s State) error {
	run, err := d.Runs.Dispatch(ctx, s)
	if errors.Is(err, ErrNoWorkflow) {
		_, err = d.change(ctx, key, func(now State) (State, error) {
			if now.Round != s.Round {
				return now, nil
			}
			return now.Unsendable(s.Attempt(), err.Error(), d.Now()), nil
		})
		if err == nil {
			_, err = d.Settle(ctx, key, nil)
		}
		return err
	}
	if err != nil || run == 0 {
		return err
	}
	_, err = d.change(ctx, key, func(now State) (State, error) {
		if now.Round != s.Round {
			return now, nil
		}
		return now.Sent(s.Attempt(), run), nil
	})
	return err
}

func (d Desk) cancel(ctx context.Context, key string, run int64) error {
	over, err := d.Runs.Cancel(ctx, run)
	if err != nil || !over {
		return err
	}
	_, err = d.change(ctx, key, func(s State) (State, error) { return s.Stopped(run), nil })
	return err
}

func (d Desk) announce(ctx context.Context, key string, s State) error {
	stands, err := d.Board.Stands(ctx, s)
	if err == nil && !stands {
		err = d.Board.Put(ctx, s)
	}
	if err != nil {
		return err
	}
	_, err = d.change(ctx, key, func(now State) (State, error) { return now.Told(s.Round), nil })
	return err
}

// change writes what a move makes of a state, and moves again where somebody wrote in between. A state that stays as it was is
// not written.
func (d Desk) change(ctx context.Context, key string, move func(State) (State, error)) (State, error) {
	for range maxTurns {
		s, revision, err := d.Book.Load(ctx, key)
		if err != nil {
			return s, err
		}
		next, err := move(s)
		if err != nil || reflect.DeepEqual(next.copy(), s.copy()) {
			return s, err
		}
		if err = d.Book.Save(ctx, key, next, revision); err == nil {
			return next, nil
		} else if !errors.Is(err, ErrMoved) {
			return s, err
		}
	}
	return State{}, ErrMoved
}

// Claim takes the work for a run.
func (d Desk) Claim(ctx context.Context, key string, w Who) (State, error) {
	return d.change(ctx, key, func(s State) (State, error) { return s.Claim(w, d.Now()) })
}

// Beat says that a run still trains, and that a checkpoint lies in the store.
func (d Desk) Beat(ctx context.Context, key string, w Who, checkpoint *Checkpoint) (State, error) {
	return d.change(ctx, key, func(s State) (State, error) { return s.Beat(w, checkpoint, d.Now()) })
}

// Finish says how the training of a run ended.
func (d Desk) Finish(ctx context.Context, key string, w Who, cause Cause, detail string, model *Artifact) (State, error) {
	return d.change(ctx, key, func(s State) (State, error) { return s.Finish(w, cause, detail, model, d.Now()) })
}

// Report carries a hand-off on after the training of a run: where it went well the model is judged, and where not, the next
// attempt begins or the hand-off ends. Job is how the run's training job ended.
func (d Desk) Report(ctx context.Context, key string, w Who, job string, judge func(context.Context, State) (passed bool, detail string, err error)) (State, error) {
	s, _, err := d.Book.Load(ctx, key)
	if err != nil {
		return s, fmt.Errorf("read hand-off %s: %w", key, err)
	}
	if s.Phase != Trained || s.holds(w) != nil {
		return d.Settle(ctx, key, &Run{ID: w.Run, Status: Completed, Conclusion: job})
	}
	passed, detail, err := judge(ctx, s)
	if err != nil {
		return s, err
	}
	if s, err = d.change(ctx, key, func(s State) (State, error) { return s.Judge(w, passed, detail, d.Now()) }); err != nil {
		return s, err
	}
	return d.Settle(ctx, key, nil)
}

// Sweep settles every hand-off of the book. One that cannot be settled keeps no other from it.
func (d Desk) Sweep(ctx context.Context) ([]State, error) {
	keys, err := d.Book.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list hand-offs: %w", err)
	}
	var all []State
	var failed []error
	for _, key := range keys {
		s, err := d.Settle(ctx, key, nil)
		all, failed = append(all, s), append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	return all, errors.Join(failed...)
}
