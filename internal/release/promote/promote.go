// Package promote takes a version to a stage: it asks the policy, writes the transition together with what was decided and with what
// is to be started, and starts it. Killed anywhere, it leaves a log from which the next call goes on. Facts, the registry and what can be started
// are behind small interfaces; it knows no GitHub and no git.
package promote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assay-ml/assay/internal/release/policy"
	"github.com/assay-ml/assay/internal/release/registry"
)

// Gatherer finds out what a policy asks about.
type Gatherer interface {
	// Gather completes facts whose subject, record, stays and moment are known. What it cannot tell it says in the fact's place.
	Gather(ctx context.Context, facts policy.Facts, spec policy.Spec) policy.Facts
}

// Desk promotes. Several may do so at once, and any of them may stop anywhere.
type Desk struct {
	Registry registry.Backend
	Stages   registry.Stages
	Policy   policy.Spec
	Source   string // where the policy was read
	Gatherer Gatherer
	Starter  Starter // nil: nothing can be started from here
	Now      func() time.Time
}

// Ask is a promotion that somebody asks for.
type Ask struct {
	Ref      registry.Ref
	Stage    string
	Deed     registry.Deed
	Archive  bool   // the version that held the stage
	Override string // why rules shall be set aside, "" where nobody asks for that
	DryRun   bool   // decide, and write nothing
}

// Answer is what became of it.
type Answer struct {
	Decision policy.Decision  `json:"decision"`
	Events   []registry.Event `json:"events,omitempty"` // that were written, or on a dry run would be
	Orders   []Standing       `json:"dispatches,omitempty"`
}

// maxTurns bounds how often a promotion is decided anew because somebody wrote in between.
const maxTurns = 5

// Promote takes a version to a stage where the policy allows it; Answer.Decision says whether it does. A refusal is no error.
func (d Desk) Promote(ctx context.Context, ask Ask) (Answer, error) {
	return d.turns(ctx, ask, policy.Decide, func(log registry.Log, version string) ([]registry.Event, error) {
		return log.Transition(d.Stages, version, ask.Stage, ask.Archive, ask.Deed)
	})
}

// Rollback takes a stage back to the version that held it before.
func (d Desk) Rollback(ctx context.Context, ask Ask) (Answer, error) {
	return d.turns(ctx, ask, policy.Rollback, func(log registry.Log, _ string) ([]registry.Event, error) {
		return log.Rollback(d.Stages, ask.Stage, ask.Deed)
	})
}

type (
	decide func(policy.Spec, policy.Facts) policy.Decision
	plan   func(log registry.Log, version string) ([]registry.Event, error)
)

// turns goes again where somebody wrote in between: the decision was made of what is no longer so. Where the caller expects a holder, that
// is an answer and no reason to go again.
func (d Desk) turns(ctx context.Context, ask Ask, decide decide, plan plan) (Answer, error) {
	for turn := 1; ; turn++ {
		answer, err := d.turn(ctx, ask, decide, plan)
		if !errors.Is(err, registry.ErrMoved) || ask.Deed.Expect != nil || turn == maxTurns {
			return answer, err
		}
	}
}

func (d Desk) turn(ctx context.Context, ask Ask, decide decide, plan plan) (Answer, error) {
	log, err := d.Registry.Read(ctx, ask.Ref.Model)
	if err != nil {
		return Answer{}, fmt.Errorf("read the registry: %w", err)
	}
	version, events, err := d.planned(log, ask, plan)
	if err != nil {
		return Answer{}, err
	}
	facts := factsOf(log, version, ask, d.Now())
	answer := Answer{Decision: decide(d.Policy, d.Gatherer.Gather(ctx, facts, d.Policy))}
	answer.Decision.Source = d.Source
	if !answer.Decision.Allowed() {
		return answer, nil
	}
	answer.Events, err = d.recorded(log, version, events, ask, answer.Decision)
	if err != nil || ask.DryRun {
		return answer, err
	}
	if err := d.write(ctx, log, answer.Events); err != nil {
		return answer, err
	}
	answer.Orders, err = d.Settle(ctx, ask.Ref.Model, ask.Deed)
	return answer, err
}

// planned is the version that moves, and the events that move it.
func (d Desk) planned(log registry.Log, ask Ask, plan plan) (*registry.Version, []registry.Event, error) {
	state := log.Of()
	if ask.Ref.Version == "" && ask.Ref.Stage == "" { // a way back: the plan finds the version
		events, err := plan(log, "")
		if err != nil {
			return nil, nil, err
		}
		given := assigned(events, ask.Stage)
		if given == nil {
			return nil, nil, fmt.Errorf("%s of %s stays as it is", ask.Stage, ask.Ref.Model)
		}
		return state.Version(given.Version), events, nil
	}
	version, err := state.Resolve(ask.Ref)
	if err != nil {
		return nil, nil, err
	}
	events, err := plan(log, version.Name)
	return version, events, err
}

// assigned is the event that gives a stage to a version, nil where none does.
func assigned(events []registry.Event, stage string) *registry.Event {
	for i := range events {
		if events[i].Kind == registry.Assigned && events[i].Stage == stage {
			return &events[i]
		}
	}
	return nil
}

// factsOf are what the registry knows.
func factsOf(log registry.Log, version *registry.Version, ask Ask, now time.Time) policy.Facts {
	facts := policy.Facts{Model: log.Model, Version: version.Name, Stage: ask.Stage, Now: now, Commit: version.Commit, Override: ask.Override, Stays: stays(log, version.Name)}
	if record := version.Record(); record != nil {
		facts.Digest = record.Digest
		if record.Trained != "" {
			facts.Commit = record.Trained
		}
	}
	return facts
}

// stays are when a version was in which stage: the last time that it came to each, until it left, or until another took its place.
func stays(log registry.Log, version string) map[string]policy.Stay {
	all := map[string]policy.Stay{}
	for _, e := range log.Events {
		switch {
		case e.Kind == registry.Assigned && e.Version == version:
			all[e.Stage] = policy.Stay{From: e.At}
		case e.Kind == registry.Unassigned && e.Version == version, e.Kind == registry.Assigned:
			if stay, was := all[e.Stage]; was && stay.To.IsZero() {
				stay.To = e.At
				all[e.Stage] = stay
			}
		}
	}
	return all
}

// recorded adds to a transition what was decided and what is to be started, so that all of it is written at once or not at all. Where the
// stage is the version's already nothing is added.
func (d Desk) recorded(log registry.Log, version *registry.Version, events []registry.Event, ask Ask, decision policy.Decision) ([]registry.Event, error) {
	given := assigned(events, ask.Stage)
	if given == nil {
		return events, nil
	}
	notes := map[string]string{promotionKey(given.Number): written(summaryOf(decision))}
	if dispatch := d.Policy.Stages[ask.Stage].Dispatch; dispatch != nil {
		notes[orderKey(given.Number)] = written(orderOf(*dispatch, version, ask.Ref.Model, ask.Stage, decision))
	}
	after := log
	after.Events = append(append([]registry.Event(nil), log.Events...), events...)
	noted, err := after.Annotate(version.Name, notes, ask.Deed)
	return append(events, noted...), err
}

// write writes events. Where nobody knows whether they were, the log tells.
func (d Desk) write(ctx context.Context, log registry.Log, events []registry.Event) error {
	if len(events) == 0 {
		return nil
	}
	err := d.Registry.Write(ctx, log.Model, log.Revision, events)
	if !errors.Is(err, registry.ErrUnsure) {
		return err
	}
	now, readErr := d.Registry.Read(ctx, log.Model)
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	switch {
	case holds(now, events[len(events)-1]):
		return nil
	case now.Revision == log.Revision:
		return err // it may still come
	}
	return registry.ErrMoved
}

// holds reports whether a log has an event: its kind, version, number and moment are its own.
func holds(log registry.Log, e registry.Event) bool {
	for _, other := range log.Events {
		if other.Kind == e.Kind && other.Version == e.Version && other.Number == e.Number && other.At.Equal(e.At) {
			return true
		}
	}
	return false
}
