package promote

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Starter starts workflows.
type Starter interface {
	// Start sends an order once and never again by itself; the run is 0 where the service does not name it. ErrRefused says that the service
	// will never take it, ErrUnsent that it did not take it; any other error leaves open whether it was taken.
	Start(ctx context.Context, o Order) (run int64, err error)
	// Started lists the runs that such an order may have started since a moment, the oldest first.
	Started(ctx context.Context, o Order, since time.Time) ([]Run, error)
}

// ErrRefused says that an order will never be taken: there is no such workflow, or it takes other inputs.
var ErrRefused = errors.New("it cannot be dispatched")

// ErrUnsent says that an order was certainly not taken, and may be another time: the token may not send it.
var ErrUnsent = errors.New("it was not sent")

// Run is a run of a workflow.
type Run struct {
	ID    int64
	Title string // as its run-name makes it
}

// Standing is an order and what it belongs to.
type Standing struct {
	Version string `json:"version"`
	Number  int    `json:"number"` // of the transition
	Order
	Doubt string `json:"doubt,omitempty"` // why it could not be told whether it was sent
}

// grace is how long an order that somebody set out to send is left alone: who does so is not killed yet, and the run of a dispatch takes a while
// to be listed.
const grace = 2 * time.Minute

// Settle sends the orders of a model that are not sent yet, the oldest first. Each is sent by whoever wrote that it is being sent, and once: an
// order that may have been sent is looked for among the runs, and repeated only where none can be its.
func (d Desk) Settle(ctx context.Context, model string, deed registry.Deed) ([]Standing, error) {
	waiting, err := d.Open(ctx, model)
	if err != nil {
		return nil, err
	}
	var all []Standing
	for _, open := range waiting {
		done, err := d.settle(ctx, model, open, deed)
		all = append(all, done)
		if err != nil {
			return all, fmt.Errorf("start %s for %s@%s: %w", open.Name(), model, open.Version, err)
		}
	}
	return all, nil
}

// Open lists the orders of a model that are neither sent nor dropped, by their transitions' numbers.
func (d Desk) Open(ctx context.Context, model string) ([]Standing, error) {
	log, err := d.Registry.Read(ctx, model)
	if err != nil {
		return nil, fmt.Errorf("read the registry: %w", err)
	}
	var open []Standing
	for _, version := range log.Of().Versions {
		all := orders(version)
		for _, number := range slices.Sorted(maps.Keys(all)) {
			if order := all[number]; order.State == Wanted || order.State == Sending {
				open = append(open, Standing{Version: version.Name, Number: number, Order: order})
			}
		}
	}
	slices.SortFunc(open, func(a, b Standing) int { return a.Number - b.Number })
	return open, nil
}

// settle carries one order on.
func (d Desk) settle(ctx context.Context, model string, s Standing, deed registry.Deed) (Standing, error) {
	if d.Starter == nil {
		s.Doubt = "nothing can be started from here: assay registry reconcile does it where a token may write actions"
		return s, nil
	}
	log, err := d.Registry.Read(ctx, model)
	if err != nil {
		return s, err
	}
	set := since(log, s)
	if !isCurrent(log.Of(), s) {
		s.State, s.Why = Dropped, "the version left the stage before it was sent"
		return s, d.note(ctx, log, s, deed)
	}
	if s.State == Sending {
		if d.Now().Sub(set) < grace {
			s.Doubt = "somebody is sending it at this moment"
			return s, nil
		}
		found, err := d.find(ctx, &s, set)
		if err != nil || s.Doubt != "" {
			return s, err
		}
		if found {
			return s, d.note(ctx, log, s, deed)
		}
	}
	return d.send(ctx, log, s, deed)
}

// since is when the order was last written.
func since(log registry.Log, s Standing) time.Time {
	for _, e := range slices.Backward(log.Events) {
		if _, ok := e.Notes[orderKey(s.Number)]; ok && e.Version == s.Version {
			return e.At
		}
	}
	return time.Time{}
}

// isCurrent reports whether the transition that an order belongs to still stands: what was promoted and taken back is not deployed later.
func isCurrent(state registry.State, s Standing) bool {
	version := state.Version(s.Version)
	for _, stage := range version.Given() {
		if version.Since(stage).Number == s.Number && version.Holds(stage) {
			return true
		}
	}
	return false
}

// find looks for the run of an order that may have been sent. One whose title names the version is its; where there are only others, nobody
// can tell, and it is not sent again.
func (d Desk) find(ctx context.Context, s *Standing, set time.Time) (found bool, err error) {
	runs, err := d.Starter.Started(ctx, s.Order, set)
	if err != nil {
		return false, err
	}
	for _, run := range runs {
		if slices.Contains(strings.FieldsFunc(run.Title, notOfVersion), s.Version) {
			s.State, s.Run = Sent, run.ID
			return true, nil
		}
	}
	if len(runs) > 0 {
		s.Doubt = fmt.Sprintf("%d runs were started since, and none names the version; give the workflow a run-name with it", len(runs))
	}
	return false, nil
}

// notOfVersion parts the words of a title: v1.2.0 is none of v1.2.0-rc.1.
func notOfVersion(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-+", r)
}

// send writes that the order is being sent, sends it, and writes what came of it. Of several senders one can write the first.
func (d Desk) send(ctx context.Context, log registry.Log, s Standing, deed registry.Deed) (Standing, error) {
	s.State, s.Doubt = Sending, ""
	deed.Now = d.Now()
	if err := d.claim(ctx, log, s, deed); errors.Is(err, registry.ErrMoved) {
		s.Doubt = "somebody else carries it on"
		return s, nil
	} else if err != nil {
		return s, err
	}
	run, sendErr := d.Starter.Start(ctx, s.Order)
	if s.end(run, sendErr); s.State == Sending { // it may have been taken: the next call looks
		return s, nil
	}
	now, err := d.Registry.Read(ctx, log.Model)
	if err != nil {
		return s, err
	}
	return s, d.note(ctx, now, s, deed)
}

// end is what became of an order that was being sent.
func (s *Standing) end(run int64, err error) {
	switch {
	case err == nil:
		s.State, s.Run = Sent, run
	case errors.Is(err, ErrRefused):
		s.State, s.Why = Dropped, err.Error()
	case errors.Is(err, ErrUnsent):
		s.State, s.Doubt = Wanted, err.Error()
	default:
		s.Doubt = err.Error()
	}
}

// claim writes the order at the revision at which it was read, and nowhere else: the note must be a new one even where its text is not.
func (d Desk) claim(ctx context.Context, log registry.Log, s Standing, deed registry.Deed) error {
	events, err := log.Annotate(s.Version, map[string]string{orderKey(s.Number): written(s.Order)}, deed)
	if err != nil {
		return err
	}
	if len(events) == 0 {
		s.Why = "again, " + deed.Now.UTC().Format(time.RFC3339)
		if events, err = log.Annotate(s.Version, map[string]string{orderKey(s.Number): written(s.Order)}, deed); err != nil {
			return err
		}
	}
	return d.write(ctx, log, events)
}

// note writes how the order stands, and again where somebody wrote something else in between.
func (d Desk) note(ctx context.Context, log registry.Log, s Standing, deed registry.Deed) error {
	for turn := 1; ; turn++ {
		deed.Now = d.Now()
		events, err := log.Annotate(s.Version, map[string]string{orderKey(s.Number): written(s.Order)}, deed)
		if err != nil {
			return err
		}
		if err = d.write(ctx, log, events); !errors.Is(err, registry.ErrMoved) || turn == maxTurns {
			return err
		}
		if log, err = d.Registry.Read(ctx, log.Model); err != nil {
			return err
		}
	}
}
