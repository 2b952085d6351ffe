package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/edge/sagemaker"
	"github.com/assay-ml/assay/internal/release/mirror"
	"github.com/assay-ml/assay/internal/source"
)

// reconciling are the flags of reconcile.
type reconciling struct{ dryRun, anyway bool }

func (a *app) reconcileCommand() *cobra.Command {
	var f reconciling
	c := &cobra.Command{
		Use: "reconcile [NAME...]", Short: "Make MLflow and SageMaker show what the registry says, and start what promotions left open",
		Long: `Compare the registries under registry: mirrors: with the registry itself, say what differs, and mend it: changes that a mirror has not
heard of, aliases, stages and tags that somebody moved by hand, versions that are missing. The registry is what counts.

Where a mirror remembers what the registry does not, nothing of that model is mended unless --anyway is given: a tag may have been
lost, and a clone without tags knows nothing. It may be stopped at any point, and run by several at once.

What a promotion declared as dispatch and did not start, because it was killed or had no token, is started by GitHub's API. What may have been
started is looked for among the workflow's runs first.

Exit code 1 says that something is left for a person; on a dry run, that there is something to do.`,
		Example: "  assay registry reconcile --dry-run\n  assay registry reconcile clf",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := a.openDesk(c.Context())
			if err != nil {
				return err
			}
			mirrors, err := a.mirrors(c.Context(), d)
			if err != nil {
				return err
			}
			starting, err := a.starting(d)
			if err != nil {
				return err
			}
			if len(mirrors) == 0 && starting == nil {
				return source.Errorf("write registry: {mirrors: {mlflow: true}} in assay.yaml, or set GITHUB_TOKEN", "no registry follows this one, and GitHub cannot be asked for dispatches")
			}
			return both(a.reconcile(c.Context(), d, mirrors, args, f), a.settleDispatches(c.Context(), d, starting, args, f.dryRun))
		},
	}
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "say what differs, and mend nothing")
	c.Flags().BoolVar(&f.anyway, "anyway", false, "mend also models of which a mirror remembers what the registry does not")
	return c
}

// both is what two deeds ended in: an error before the red of the other.
func both(first, second error) error {
	switch {
	case first == nil, errors.Is(first, errRed) && second != nil:
		return second
	case second == nil, errors.Is(second, errRed):
		return first
	}
	return errors.Join(first, second)
}

// follower is a mirror and its name.
type follower struct {
	name string
	mirror.Mirror
}

// mirrors opens the registries that follow a desk's.
func (a *app) mirrors(ctx context.Context, d *desk) ([]follower, error) {
	asked := d.config.RegistryOrDefaults().Mirrors
	var all []follower
	if asked.MLflow {
		m, err := a.openMLflow(d.stages)
		if err != nil {
			return nil, source.Errorf("registry: mirrors: mlflow: asks for it", "%v", err)
		}
		all = append(all, follower{"MLflow", m})
	}
	if asked.SageMaker != nil {
		m, err := sagemaker.Open(ctx, d.stages, sagemaker.Options{Region: asked.SageMaker.Region, Image: asked.SageMaker.Image,
			Guard: outbound.Guard{Loopback: true}})
		if err != nil {
			return nil, source.Errorf("registry: mirrors: sagemaker: asks for it", "%v", err)
		}
		all = append(all, follower{"SageMaker", m})
	}
	return all, nil
}

// reconciled is what was found of a model in a mirror.
type reconciled struct {
	Mirror string `json:"mirror"`
	mirror.Finding
	Error string `json:"error,omitempty"` // what kept it from being mended
}

// reconcile goes through all mirrors and models; what fails of one keeps no other.
func (a *app) reconcile(ctx context.Context, d *desk, mirrors []follower, models []string, f reconciling) error {
	if len(mirrors) == 0 {
		return nil
	}
	found, left := []reconciled{}, false
	var failed []error
	for _, m := range mirrors {
		names, err := modelsOf(ctx, d, m, models)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", m.name, err))
			continue
		}
		for _, model := range names {
			one := reconciled{Mirror: m.name}
			if f.dryRun {
				one.Finding, err = mirror.Look(ctx, d, m, model)
			} else {
				one.Finding, err = mirror.Reconcile(ctx, d, m, model, f.anyway)
			}
			one.Model = model
			if err != nil {
				one.Error = err.Error()
				failed = append(failed, fmt.Errorf("%s: %w", m.name, err))
			}
			left = left || len(one.Unknown) > 0 || !one.IsClean() && !one.Mended
			found = append(found, one)
		}
	}
	if err := a.answer(map[string]any{"dry_run": f.dryRun, "found": found}, func(w io.Writer) { tellReconciled(w, found, f.dryRun) }); err != nil {
		return err
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if left {
		return errRed
	}
	return nil
}

// modelsOf are the models that the registry or a mirror knows, or those that somebody asks for.
func modelsOf(ctx context.Context, d *desk, m follower, asked []string) ([]string, error) {
	if len(asked) > 0 {
		return asked, nil
	}
	known, err := d.Models(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the registry: %w", err)
	}
	shown, err := m.Models(ctx)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(known, shown)
	slices.Sort(all)
	return slices.Compact(all), nil
}

// tellReconciled shows what was found; a dry run shows the same.
func tellReconciled(w io.Writer, all []reconciled, dryRun bool) {
	for _, one := range all {
		say := func(format string, args ...any) {
			fmt.Fprintln(w, visibleLine(one.Mirror+": "+fmt.Sprintf(format, args...)))
		}
		for _, e := range one.Missing {
			say("has not heard that %s", sentence(one.Model, e))
		}
		for _, e := range one.Unknown {
			say("remembers that %s at %s, which the registry does not: assay registry verify, then restore the tag or run again with --anyway",
				sentence(one.Model, e), e.At.Format("2006-01-02 15:04:05"))
		}
		for _, drift := range one.Drifts {
			say("%s: %s", one.Model, drift)
		}
		switch {
		case one.Error != "":
			say("%s was not mended: %s", one.Model, one.Error)
		case one.IsClean():
			say("%s follows", one.Model)
		case one.Mended:
			say("%s was mended", one.Model)
		case !dryRun:
			say("%s was left as it is", one.Model)
		}
	}
	if dryRun {
		fmt.Fprintln(w, "a dry run: nothing was mended")
	}
}
