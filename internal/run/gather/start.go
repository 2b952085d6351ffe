package gather

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/release/promote"
)

// Starter starts what follows a promotion, on GitHub.
type Starter struct {
	GitHub  *github.Client
	Default string // the default branch
}

func (s Starter) dispatch(o promote.Order) github.Dispatch {
	d := github.Dispatch{Workflow: o.Workflow, Event: o.Event, Ref: o.Ref, Inputs: o.Inputs}
	if d.Ref == "" {
		d.Ref = s.Default
	}
	return d
}

// Start implements promote.Starter.
func (s Starter) Start(ctx context.Context, o promote.Order) (int64, error) {
	run, err := s.GitHub.Start(ctx, s.dispatch(o))
	var refused *github.DispatchRefused
	var forbidden *github.PermissionError
	switch {
	case errors.As(err, &refused):
		return 0, fmt.Errorf("%w: %w", promote.ErrRefused, err)
	case errors.As(err, &forbidden):
		return 0, fmt.Errorf("%w: %w", promote.ErrUnsent, err)
	}
	return run, err
}

// early is how far GitHub's clock may be behind ours.
const early = time.Minute

// Started implements promote.Starter.
func (s Starter) Started(ctx context.Context, o promote.Order, since time.Time) ([]promote.Run, error) {
	found, err := s.GitHub.StartedSince(ctx, s.dispatch(o), since.Add(-early))
	runs := make([]promote.Run, len(found))
	for i, run := range found {
		runs[i] = promote.Run(run)
	}
	return runs, err
}
