package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/retrain/trigger"
	"github.com/assay-ml/assay/internal/run/retraining"
	"github.com/assay-ml/assay/internal/source"
)

// ownLedger opens what is kept with the token that there is.
func (a *app) ownLedger(ctx context.Context) (*ledger, error) {
	options := git.Options{}
	if actions.Detect(a.env.Getenv) {
		_, event, token, err := a.enterActions()
		if err != nil {
			return nil, err
		}
		options = git.Options{Token: token, ServerURL: event.ServerURL}
	}
	return a.openLedger(ctx, options)
}

// showState shows a part of what is kept.
func (a *app) showState(ctx context.Context, part func(trigger.State) (any, []finding.Block, error)) error {
	l, err := a.ownLedger(ctx)
	if err != nil {
		return err
	}
	state, err := retraining.Load(ctx, l.store, l.config.Model)
	if err != nil {
		return err
	}
	value, blocks, err := part(state)
	if err != nil {
		return err
	}
	return a.showRetrain(value, blocks)
}

func (a *app) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show where the model's retraining stands", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.showState(c.Context(), func(s trigger.State) (any, []finding.Block, error) { return s, s.Overview(a.env.Now()), nil })
		},
	}
}

func (a *app) historyCommand() *cobra.Command {
	n := 20
	c := &cobra.Command{
		Use: "history", Short: "Show the last decisions, the newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.showState(c.Context(), func(s trigger.State) (any, []finding.Block, error) {
				return s.Decisions[max(0, len(s.Decisions)-n):], s.History(n, a.env.Now()), nil
			})
		},
	}
	c.Flags().IntVarP(&n, "number", "n", n, "how many")
	return c
}

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain ID", Short: "Show a decision with all that it was made of", Args: cobra.ExactArgs(1),
		Long:    "Show a decision with all that it was made of. The ID stands in the history; its beginning will do.",
		Example: "  assay retrain explain 3f9a",
		RunE: func(c *cobra.Command, args []string) error {
			return a.showState(c.Context(), func(s trigger.State) (any, []finding.Block, error) {
				made, err := s.Decision(args[0])
				if err != nil {
					return nil, nil, source.Errorf("assay retrain history shows their IDs", "%v", err)
				}
				return made, append(s.Notes(a.env.Now()), made.Blocks()...), nil
			})
		},
	}
}

func (a *app) pauseCommand() *cobra.Command {
	var until, reason, by string
	c := &cobra.Command{
		Use: "pause", Short: "Pause retraining, until a time or until it is resumed", Args: cobra.NoArgs,
		Example: "  assay retrain pause --until 2027-03-01 --reason 'labels are audited'\n  assay retrain pause --until 48h --reason 'the cluster moves'",
		RunE: func(c *cobra.Command, _ []string) error {
			now := a.env.Now().UTC()
			pause := trigger.Pause{Since: now, Reason: reason, By: a.person(by)}
			if until != "" {
				var err error
				if pause.Until, err = parseUntil(until, now); err != nil {
					return err
				}
			}
			if reason == "" {
				return source.Errorf("say why with --reason", "a pause needs a reason: everybody reads it")
			}
			return a.changeState(c.Context(), func(s trigger.State) (trigger.State, string, error) {
				s.Pause = &pause
				return s, pause.Sentence(), nil
			})
		},
	}
	c.Flags().StringVar(&until, "until", "", "a day (its beginning, UTC), a `time` such as 2027-03-01T06:00:00Z, or a duration such as 48h; without it until assay retrain resume")
	c.Flags().StringVar(&reason, "reason", "", "why, in a few words")
	c.Flags().StringVar(&by, "by", "", "who pauses it (default: the actor of the run)")
	return c
}

// person is who gives a command, as far as is known.
func (a *app) person(named string) string { return or(named, a.env.Getenv("GITHUB_ACTOR")) }

// parseUntil reads a day, a time or a duration; what is over already is refused.
func parseUntil(text string, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		at, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		var span time.Duration
		if span, err = time.ParseDuration(text); err == nil {
			at = now.Add(span)
		}
	}
	if err != nil || !at.After(now) {
		return at, source.Errorf("write a day such as 2027-03-01, a time such as 2027-03-01T06:00:00Z, or a duration such as 48h, that is still to come", "--until is %q", text)
	}
	return at.UTC(), nil
}

func (a *app) resumeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "resume", Short: "End a pause of retraining", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.changeState(c.Context(), func(s trigger.State) (trigger.State, string, error) {
				s.Pause = nil
				return s, "retraining is resumed", nil
			})
		},
	}
}

func (a *app) endedCommand() *cobra.Command {
	var outcome string
	var hours float64
	c := &cobra.Command{
		Use: "end ID", Short: "Tell how a training ended: the brakes go by it", Args: cobra.ExactArgs(1),
		Long: `Tell how a training ended that was decided on. Until then no other training begins, and one of which no end is heard counts as lost after
the time that give-up says. A challenger that was not better is not trained again of the same data, parameters and code.`,
		Example: "  assay retrain end 3f9a0c11d2 --outcome not-better --gpu-hours 3.5",
		RunE: func(c *cobra.Command, args []string) error {
			return a.changeState(c.Context(), func(s trigger.State) (trigger.State, string, error) {
				ended, err := s.End(args[0], trigger.Outcome(outcome), hours, a.env.Now())
				if err != nil {
					return s, "", source.Errorf("assay retrain status shows the trainings", "%v", err)
				}
				return ended, fmt.Sprintf("training %s ended: %s", args[0], outcome), nil
			})
		},
	}
	c.Flags().StringVar(&outcome, "outcome", "", "how: better, not-better, failed or cancelled")
	c.Flags().Float64Var(&hours, "gpu-hours", 0, "GPU `hours` that it took")
	return c
}

// changeState changes what is kept, and says so.
func (a *app) changeState(ctx context.Context, change func(trigger.State) (trigger.State, string, error)) error {
	l, err := a.ownLedger(ctx)
	if err != nil {
		return err
	}
	state, err := retraining.Change(ctx, l.store, l.config.Model, change)
	if err != nil {
		return err
	}
	return a.showRetrain(state, state.Overview(a.env.Now()))
}
