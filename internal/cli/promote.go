package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/release/policy"
	"github.com/assay-ml/assay/internal/release/promote"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/run/gather"
	"github.com/assay-ml/assay/internal/run/publish"
	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/source"
)

// promotion is what flags say of a promotion or a way back.
type promotion struct {
	deeds
	stage    string
	archive  bool
	result   string
	override string
}

func (f *promotion) promotionFlags(c *cobra.Command) {
	c.Flags().StringVar(&f.result, "result", "", "a result `file` of the run that judged the model, where the policy takes evidence of files")
	c.Flags().StringVar(&f.override, "override", "", "`why` rules shall be set aside, by somebody whom the policy lets")
}

// promote takes the version that a ref names to a stage. What is no stage to be promoted to has no policy.
func (a *app) promote(ctx context.Context, name string, in promotion) error {
	d, ref, err := a.openRef(ctx, name)
	if err != nil {
		return err
	}
	stage, ok := d.stages.Find(in.stage)
	switch {
	case !ok:
		return source.Errorf("stages are "+strings.Join(d.stages.Names(), ", "), "there is no stage %q", in.stage)
	case stage != d.stages.Staging && stage != d.stages.Production:
		return a.transition(ctx, name, stage, in.archive, in.deeds)
	}
	in.stage = stage
	return a.underPolicy(ctx, d, ref, in, promote.Desk.Promote, func(l registry.Log, deed registry.Deed) ([]registry.Event, error) {
		version, err := l.Of().Resolve(ref)
		if err != nil {
			return nil, err
		}
		return l.Transition(d.stages, version.Name, stage, in.archive, deed)
	})
}

// underPolicy does what the policy of the default branch allows, or where that says nothing of stages just what is asked for.
func (a *app) underPolicy(ctx context.Context, d *desk, ref registry.Ref, in promotion, do func(promote.Desk, context.Context, promote.Ask) (promote.Answer, error),
	plan func(registry.Log, registry.Deed) ([]registry.Event, error)) error {
	p, err := a.openPromoter(ctx, d, ref.Model, in)
	if err != nil {
		return err
	}
	if p == nil {
		return a.change(ctx, d, ref.Model, in.deeds, plan)
	}
	answer, err := do(*p, ctx, promote.Ask{Ref: ref, Stage: in.stage, Deed: a.deed(ctx, d, in.deeds), Archive: in.archive, Override: in.override, DryRun: in.dryRun})
	if err != nil {
		return a.refused(err)
	}
	if err := a.tellPromotion(d, answer, in.dryRun); err != nil {
		return err
	}
	if !answer.Decision.Allowed() {
		return errRed
	}
	return nil
}

// openPromoter is a desk under the policy of the default branch; nil where the default branch has none.
func (a *app) openPromoter(ctx context.Context, d *desk, model string, in promotion) (*promote.Desk, error) {
	event, token, err := a.here()
	if err != nil {
		return nil, err
	}
	client, why := connect(event, token)
	c, from, err := a.rulesOfDefault(ctx, d, client, event)
	if err != nil || c == nil || c.Release == nil {
		return nil, err
	}
	if named := c.RegistryOrDefaults().Model; named != model {
		return nil, source.Errorf("name the config of that model with --config", "%s is about the model %s, not %s", c.File, named, model)
	}
	g := gather.Gatherer{GitHub: client, Why: why, Repository: d.repository, Model: c.Model, Name: c.Name}
	desk := &promote.Desk{Registry: d.Backend, Stages: d.stages, Policy: *c.Release, Source: from, Now: a.env.Now}
	if client != nil {
		g.Store = store{client, writeback.Options{Model: c.Model, Name: publish.Named(c)}.CheckName()}
		desk.Starter = gather.Starter{GitHub: client, Default: event.Default}
	}
	if a.isGitHub() {
		g.Actor = event.Actor
		g.Run, _, _ = strings.Cut(event.Run, "/")
		g.Workflow, g.IsDefault, _ = gather.ParseWorkflow(event.WorkflowRef, event.Repository, event.Default) // one of another repository is none
	}
	if in.result != "" {
		if g.File, err = a.digestOfResult(in.result); err != nil {
			return nil, err
		}
	}
	desk.Gatherer = g
	return desk, nil
}

// digestOfResult sums up a result file, as a run keeps its own.
func (a *app) digestOfResult(name string) (*record.Digest, error) {
	result, err := a.readResult(a.path(name))
	if err != nil {
		return nil, err
	}
	digest := record.NewDigest(result)
	return &digest, nil
}

// here is what the environment says of the run and of GitHub. Outside of Actions there may still be a token and a repository.
func (a *app) here() (actions.Event, string, error) {
	if a.isGitHub() {
		_, event, token, err := a.enterActions()
		return event, token, err
	}
	runner := actions.New(a.env.Getenv, io.Discard)
	event, err := runner.Event()
	return event, runner.Token(), err
}

// rulesOfDefault is the config as the default branch has it, and where that was read; nil where it has none. A change under way has no say in
// what may be promoted.
func (a *app) rulesOfDefault(ctx context.Context, d *desk, client *github.Client, event actions.Event) (c *config.Config, from string, err error) {
	name := filepath.Base(a.configPath())
	read, from, err := a.filesOfDefault(ctx, d, client, event)
	if err != nil {
		return nil, "", err
	}
	data, err := read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, from, nil
	case err != nil:
		return nil, "", err
	}
	c, err = config.Parse(name, data, read)
	return c, from, err
}

// filesOfDefault reads files of the default branch, by their paths from the config's folder: from the clone, or where there is none from GitHub.
func (a *app) filesOfDefault(ctx context.Context, d *desk, client *github.Client, event actions.Event) (read func(string) ([]byte, error), from string, err error) {
	if d.repository == nil {
		folder := path.Dir(filepath.ToSlash(a.configPath()))
		return func(name string) ([]byte, error) { return client.DefaultFile(ctx, path.Join(folder, name)) }, "default branch", nil
	}
	tip, err := d.repository.DefaultTip(ctx, event.Default)
	if err != nil {
		return nil, "", source.Errorf("fetch it, or check out with fetch-depth: 0", "what release says at the default branch cannot be read: %v", err)
	}
	return func(name string) ([]byte, error) { return d.repository.File(ctx, tip, name) }, tip, nil
}

// shownPromotion is a promotion as programs read it.
type shownPromotion struct {
	promote.Answer
	Allowed bool `json:"allowed"`
	DryRun  bool `json:"dry_run"`
}

// tellPromotion shows what was decided, written and started.
func (a *app) tellPromotion(d *desk, answer promote.Answer, dryRun bool) error {
	if answer.Events == nil {
		answer.Events = []registry.Event{}
	}
	var failed error
	err := a.answer(shownPromotion{answer, answer.Decision.Allowed(), dryRun}, func(w io.Writer) {
		failed = report.Text(w, a.decided(d, answer.Decision), a.textOptions())
		writePromotion(w, answer, dryRun)
	})
	return errors.Join(err, failed, a.summarize(d, answer))
}

// decided is a decision as a result, which every renderer draws.
func (a *app) decided(d *desk, decision policy.Decision) finding.Result {
	now := a.env.Now()
	return finding.Result{Version: finding.ResultVersion, Tool: version(), Model: decision.Model, Started: now, Rules: finding.Rules{Source: "base", Commit: decision.Source, Config: d.config.File},
		Steps: []finding.Step{{Name: "release", Enforced: true, Started: now, Answers: []finding.Answer{decision}}}}
}

// summarize leaves the decision in the job's summary.
func (a *app) summarize(d *desk, answer promote.Answer) error {
	if !a.isGitHub() {
		return nil
	}
	runner := actions.New(a.env.Getenv, a.env.Out)
	var b strings.Builder
	if err := report.Markdown(&b, a.decided(d, answer.Decision), report.StepSummary); err != nil {
		return err
	}
	return runner.Summary(b.String())
}

// writePromotion writes what changed, and what was started.
func writePromotion(w io.Writer, answer promote.Answer, dryRun bool) {
	if !answer.Decision.Allowed() {
		fmt.Fprintln(w, "refused: nothing was written")
		return
	}
	for _, e := range answer.Events {
		if e.Kind != registry.Annotated {
			fmt.Fprintln(w, visibleLine(sentence(answer.Decision.Model, e)))
		}
	}
	switch {
	case dryRun:
		fmt.Fprintln(w, "a dry run: nothing was written")
	case len(answer.Events) == 0:
		fmt.Fprintln(w, "it is so already")
	}
	for _, order := range answer.Orders {
		fmt.Fprintln(w, visibleLine(orderSentence(answer.Decision.Model, order)))
	}
}

// orderSentence says how a dispatch stands.
func orderSentence(model string, s promote.Standing) string {
	subject := fmt.Sprintf("%s for %s@%s ", s.Name(), model, s.Version)
	switch {
	case s.Doubt != "":
		return subject + "is " + s.State + ": " + s.Doubt
	case s.State == promote.Wanted || s.State == promote.Sending:
		return subject + "is " + s.State
	case s.State == promote.Dropped:
		return subject + "was not started: " + s.Why
	case s.Run != 0:
		return fmt.Sprintf("%swas started: run %d", subject, s.Run)
	}
	return subject + "was started"
}
