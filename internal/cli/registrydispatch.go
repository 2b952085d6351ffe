package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/release/promote"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) reconcileCommand() *cobra.Command {
	return &cobra.Command{
		Use: "reconcile", Short: "Finish what promotions left open", Args: cobra.NoArgs,
		Long: `Start what promotions declared as dispatch and did not start, because they were killed or had no token. What may have been started is looked for among
the workflow's runs first, and is started again only where none of them can be it.`,
		Example: "  assay registry reconcile",
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := a.openDesk(c.Context())
			if err != nil {
				return err
			}
			return a.settleDispatches(c.Context(), d)
		},
	}
}

// settleDispatches carries on the dispatches of all models. One that nobody can tell about is red: a person has to look.
func (a *app) settleDispatches(ctx context.Context, d *desk) error {
	event, token, err := a.here()
	if err != nil {
		return err
	}
	client, why := connect(event, token)
	if client == nil {
		return source.Errorf("dispatches are sent by GitHub's API", "GitHub cannot be asked: %s", why)
	}
	models, err := d.Models(ctx)
	if err != nil {
		return fmt.Errorf("read the registry: %w", err)
	}
	settled := map[string][]promote.Standing{}
	var failed []error
	for _, model := range models {
		orders, err := a.settler(d, client, event.Default).Settle(ctx, model, a.deed(ctx, d, deeds{reason: "reconcile"}))
		settled[model], failed = orders, append(failed, err)
	}
	err = a.answer(map[string]any{"dispatches": settled}, func(w io.Writer) { writeSettled(w, models, settled) })
	if err := errors.Join(append(failed, err)...); err != nil {
		return err
	}
	return doubtful(settled)
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

// doubtful is red where it could not be told of a dispatch whether it was sent.
func doubtful(settled map[string][]promote.Standing) error {
	for _, orders := range settled {
		for _, order := range orders {
			if order.Doubt != "" {
				return errRed
			}
		}
	}
	return nil
}
