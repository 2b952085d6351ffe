package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/check/audit"
	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/aa"
)

// gateFlags are the flags of the commands that ask what gates can do: those of `assay gate`.
type gateFlags struct {
	in      invocation
	metrics string
	limits  []string
	rows    int64
}

func (g *gateFlags) define(c *cobra.Command) {
	c.Flags().StringVar(&g.metrics, "metrics", "", "metrics `file` (default that of assay.yaml)")
	c.Flags().StringVar(&g.in.baseMetrics, "base-metrics", "", "metrics `file` to compare with, instead of the one committed at the base")
	c.Flags().StringArrayVar(&g.limits, "gate", nil, "`limit` on a metric, instead of those of assay.yaml; may be given several times")
	c.Flags().Int64Var(&g.rows, "rows", 0, "of how many rows the metrics of --gate are shares")
}

// config is assay.yaml, or what the flags say in its place.
func (g gateFlags) config(a *app) (*config.Config, error) {
	if len(g.limits) > 0 {
		c, err := a.gateConfig(g.metrics, g.limits)
		if err != nil {
			return nil, err
		}
		return c, config.SetRows(c, g.rows)
	}
	if g.rows != 0 {
		return nil, source.Errorf("in assay.yaml a gate has rows of its own", "--rows needs a --gate")
	}
	c, err := config.Load(a.configPath())
	switch {
	case err != nil:
		return nil, err
	case len(c.Gates) == 0:
		return nil, source.Errorf("add gates to it, or name one with --gate", "%s has no gates", c.File)
	case g.metrics != "":
		c.Metrics.Path = g.metrics
	}
	return c, nil
}

// read is the config and the base, all of it before a command of the user runs.
func (g gateFlags) read(ctx context.Context, a *app) (*config.Config, record.Base, error) {
	c, err := g.config(a)
	if err != nil {
		return nil, record.Base{}, err
	}
	past, err := a.pastOf(ctx, g.in, c)
	if err != nil {
		return nil, record.Base{}, err
	}
	base, err := a.findBase(ctx, g.in, c, past)
	return c, base, err
}

func (a *app) auditCommand() *cobra.Command {
	var g gateFlags
	c := &cobra.Command{
		Use: "audit", Short: "Say how often each gate is red by chance, and how large a drop it notices", Args: cobra.NoArgs,
		Long: `Say of each gate how often it fails a model that did not change, how often it notices a true drop of 1, 2 and 5 points, the smallest
drop that it notices in 80 % of runs, and what would mend it. That takes one of: the predictions of compare:, rows: beside the gate, or
the history of the base branch, which Assay stores in Actions. What none of them tells is not told.

Red (exit code 1) is a gate that breaks its own max-false-alarm or min-power.`,
		Example: "  assay gate audit\n  assay gate audit --metrics m.json --gate 'accuracy>=0.73' --rows 1319",
		RunE:    func(c *cobra.Command, _ []string) error { return a.auditGates(c.Context(), g) },
	}
	g.define(c)
	return c
}

func (a *app) auditGates(ctx context.Context, g gateFlags) error {
	c, base, err := g.read(ctx, a)
	if err != nil {
		return err
	}
	g.in.steps, g.in.enforce = []string{"gate"}, true
	options, err := a.options(g.in, c, base, silent{})
	if err != nil {
		return err
	}
	result, err := run.Run(ctx, options)
	if err != nil {
		return err
	}
	audited := audit.Audit(gate.Check(c.Gates, run.GateInput(c, base, metric.Set{}, nil))) // where there are no metrics yet, the base's
	for _, answer := range result.Steps[0].Answers {
		if found, ok := answer.(audit.Result); ok {
			audited = found
		}
	}
	audited.All = true
	result.Steps[0].Answers = []finding.Answer{audited}
	return a.show(result)
}

// pastOf is the past with its stored results, where Actions gives access to them.
func (a *app) pastOf(ctx context.Context, in invocation, c *config.Config) (past, error) {
	if !a.isGitHub() {
		return openPast(ctx, c, git.BaseHint{}, git.Options{}), nil
	}
	runner, event, token, err := a.enterActions()
	if err != nil {
		return past{}, err
	}
	opened := openPast(ctx, c, git.BaseHint{BaseRef: event.BaseRef, BaseSHA: event.BaseSHA, HeadSHA: event.HeadSHA}, git.Options{Token: token, ServerURL: event.ServerURL})
	if back := a.writebackOptions(runner, event, token, in, c); back.GitHub != nil {
		opened.store = store{back.GitHub, back.CheckName()}
	}
	return opened, nil
}

// The runs of an A/A test.
const (
	defaultRuns = 10
	mostRuns    = 1000
)

func (a *app) aaCommand() *cobra.Command {
	var g gateFlags
	runs, timeout := defaultRuns, time.Duration(0)
	c := &cobra.Command{
		Use: "aa -- COMMAND", Short: "Run an evaluation several times on the same model, and say how often each gate's verdict flips", Args: cobra.MinimumNArgs(1),
		Long: `Run an evaluation several times on the same model, hold the gates against the metrics of each run, and say how often each verdict
flips. The command writes its metrics to the file that ASSAY_METRICS names; a run that writes none ends the test. It runs as a training
command does: without the environment's credentials, and as another user where Assay is root.`,
		Example: "  assay gate aa -- python evaluate.py --model out/model.pt\n  assay gate aa --runs 20 --gate 'accuracy>=0.85' -- ./evaluate",
		RunE: func(c *cobra.Command, args []string) error {
			if runs < 2 || runs > mostRuns {
				return source.Errorf(fmt.Sprintf("allowed: 2 to %d", mostRuns), "--runs cannot be %d", runs)
			}
			return a.repeat(c.Context(), g, aa.Job{Command: commandLine(args), Runs: runs, Timeout: timeout})
		},
	}
	g.define(c)
	c.Flags().IntVar(&runs, "runs", runs, "how often to evaluate")
	c.Flags().DurationVar(&timeout, "timeout", 0, "limit of one run, such as 10m (default 10m)")
	return c
}

// commandLine is what the shell runs: one word is a line of its own, several are its words.
func commandLine(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}

// repeat is the A/A test.
func (a *app) repeat(ctx context.Context, g gateFlags, job aa.Job) error {
	c, base, err := g.read(ctx, a)
	if err != nil {
		return err
	}
	if job.Dir, err = filepath.Abs(c.Dir); err != nil {
		return err
	}
	observer, progress := a.watch(), a.env.Err
	if a.global.quiet {
		progress = io.Discard
	}
	job.Metrics, job.Environ, job.Output = filepath.Join(job.Dir, c.MetricsPath()), a.env.Environ, observer.Output()
	if a.isGitHub() {
		job.Hide = actions.New(a.env.Getenv, a.env.Out).Secrets()
	}
	job.Judge = func(head metric.Set) gate.Result { return gate.Check(c.Gates, run.GateInput(c, base, head, nil)) }
	job.Begin = func(n int) { fmt.Fprintf(progress, "run %d of %d\n", n, job.Runs) }
	started := a.env.Now()
	repeated, err := aa.Run(ctx, job)
	if err != nil {
		return err
	}
	step := finding.Step{Name: "gate", Enforced: true, Started: started, Seconds: a.env.Now().Sub(started).Seconds(), Answers: []finding.Answer{repeated}}
	return a.show(finding.Result{Version: finding.ResultVersion, Tool: version(), Model: c.Model, Name: c.Name, Base: base.From, Started: started,
		Rules: finding.Rules{Source: "head", Config: c.File}, Seconds: step.Seconds, Steps: []finding.Step{step}})
}
