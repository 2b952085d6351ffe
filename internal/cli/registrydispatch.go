package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/assay-ml/assay/internal/release/promote"
	"github.com/assay-ml/assay/internal/run/gather"
)

// starting is a desk that only starts what promotions left open; nil where GitHub cannot be asked.
func (a *app) starting(d *desk) (*promote.Desk, error) {
	event, token, err := a.here()
	if err != nil {
		return nil, err
	}
	client, _ := connect(event, token)
	if client == nil {
		return nil, nil
	}
	return &promote.Desk{Registry: d.Backend, Stages: d.stages, Starter: gather.Starter{GitHub: client, Default: event.Default}, Now: a.env.Now}, nil
}

// settleDispatches carries on the dispatches of some models, or of all. One that nobody can tell about is red: a person has to look.
func (a *app) settleDispatches(ctx context.Context, d *desk, starting *promote.Desk, models []string, dryRun bool) error {
	if starting == nil {
		return nil
	}
	if len(models) == 0 {
		var err error
		if models, err = d.Models(ctx); err != nil {
			return fmt.Errorf("read the registry: %w", err)
		}
	}
	settled := map[string][]promote.Standing{}
	var failed []error
	for _, model := range models {
		var err error
		if dryRun {
			settled[model], err = starting.Open(ctx, model)
		} else {
			settled[model], err = starting.Settle(ctx, model, a.deed(ctx, d, deeds{reason: "reconcile"}))
		}
		failed = append(failed, err)
	}
	err := a.answer(map[string]any{"dry_run": dryRun, "dispatches": settled}, func(w io.Writer) { writeSettled(w, models, settled) })
	if err := errors.Join(append(failed, err)...); err != nil {
		return err
	}
	return leftOpen(settled)
}

func writeSettled(w io.Writer, models []string, settled map[string][]promote.Standing) {
	open := 0
	for _, model := range models {
		for _, order := range settled[model] {
			open++
			fmt.Fprintln(w, visibleLine(orderSentence(model, order)))
		}
	}
	if open == 0 {
		fmt.Fprintln(w, "no dispatch is open")
	}
}

// leftOpen is red where a dispatch is neither sent nor dropped.
func leftOpen(settled map[string][]promote.Standing) error {
	for _, orders := range settled {
		for _, order := range orders {
			if order.State == promote.Wanted || order.State == promote.Sending {
				return errRed
			}
		}
	}
	return nil
}
