package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/edge/sagemaker"
	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/source"
)

func (a *app) registryCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "registry", Short: "Versions of models, the stages that they hold, and what moved them",
		Long: `Keep versions of models and the stages that they hold: none, staging, production, archived.

The default registry needs no server: each event is an annotated tag of the git repository, in the format of GTO. A model is named as
clf, a version as clf@v1.2.0 or clf@latest, and whatever holds a stage as clf#production. What registry: in assay.yaml says holds; without
a config the registry is that of this repository.

Exit code 1 says that it was refused: the registry does not allow it, or somebody else was faster; nothing was written then.`,
		Example: "  assay registry register clf --version v1.0.0 --artifact models/clf.pkl --metrics metrics.json\n" +
			"  assay registry promote clf@v1.0.0 --to production\n  assay registry show clf#production\n  assay registry rollback clf --reason 'answers slowly'",
	}
	c.AddCommand(a.registerCommand(), a.registryShowCommand(), a.registryListCommand(), a.registryHistoryCommand(), a.promoteCommand(), a.rollbackCommand(),
		a.archiveCommand(), a.deprecateCommand(), a.annotateCommand(), a.registryVerifyCommand(), a.reconcileCommand())
	return c
}

// desk is the registry that a command works on.
type desk struct {
	registry.Backend
	stages     registry.Stages
	repository *git.Repository // nil: there is no clone
	config     *config.Config
}

// openDesk opens the registry that the config names, or this repository's where there is no config.
func (a *app) openDesk(ctx context.Context) (*desk, error) {
	c := &config.Config{Dir: a.global.dir}
	if _, err := os.Stat(a.configPath()); err == nil || a.global.config != "" {
		if c, err = config.Load(a.configPath()); err != nil {
			return nil, err
		}
	}
	return a.deskOf(ctx, c)
}

// deskOf opens the registry of a config.
func (a *app) deskOf(ctx context.Context, c *config.Config) (*desk, error) {
	token, event := "", actions.Event{}
	if a.isGitHub() {
		var err error
		if _, event, token, err = a.enterActions(); err != nil {
			return nil, err
		}
	}
	asked := c.RegistryOrDefaults()
	d := &desk{stages: asked.Stages, config: c}
	repository, err := git.Open(ctx, c.Dir, git.Options{Token: token, ServerURL: event.ServerURL})
	if err == nil {
		d.repository = repository
	}
	if asked.Backend != config.GitBackend {
		d.Backend, err = a.openElsewhere(ctx, d.stages, asked.Backend)
		return d, err
	}
	if asked.Via == "api" || asked.Via == "" && token != "" && asked.Remote == "" {
		client, why := connect(event, token)
		if client == nil {
			return nil, source.Errorf("write via: git to use this clone's remote", "GitHub cannot be asked: %s", why)
		}
		d.Backend = gittag.New(client)
		return d, nil
	}
	if err != nil {
		return nil, source.Errorf("the registry lies in the tags of a git repository; -C names its folder", "%v", err)
	}
	d.Backend = gittag.New(repository.Registry(remoteOf(ctx, repository, asked.Remote)))
	return d, nil
}

// openElsewhere opens a registry that is no git repository. Its address and credentials come from the environment.
func (a *app) openElsewhere(ctx context.Context, stages registry.Stages, backend string) (opened registry.Backend, err error) {
	if backend == "mlflow" {
		opened, err = a.openMLflow(stages)
	} else {
		opened, err = sagemaker.Open(ctx, stages, sagemaker.Options{Guard: outbound.Guard{Loopback: true}})
	}
	if err != nil {
		return nil, source.Errorf("registry: backend: "+backend+" asks for it", "%v", err)
	}
	return opened, nil
}

// remoteOf is the remote whose tags count; "" for the clone's own.
func remoteOf(ctx context.Context, repository *git.Repository, asked string) string {
	switch {
	case asked == config.NoRemote, asked == "" && !repository.HasRemote(ctx, "origin"):
		return ""
	case asked == "":
		return "origin"
	}
	return asked
}

// deeds are the flags of what changes a registry.
type deeds struct {
	reason, expect string
	expects        bool
	dryRun         bool
}

func (f *deeds) flags(c *cobra.Command) {
	c.Flags().StringVar(&f.reason, "reason", "", "why, for the record")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "say what would be written, and write nothing")
}

func (f *deeds) expectFlag(c *cobra.Command) {
	c.Flags().StringVar(&f.expect, "expect", "", "`version` that must hold the stage until then, \"\" for none; where another does, nothing is done")
}

// deed is what the flags say, by whoever runs this.
func (a *app) deed(ctx context.Context, d *desk, f deeds) registry.Deed {
	deed := registry.Deed{By: a.actor(ctx, d), Reason: f.reason, Now: a.env.Now()}
	if f.expects {
		deed.Expect = &f.expect
	}
	return deed
}

// actor is who runs this: in Actions the login, else whom git commits as.
func (a *app) actor(ctx context.Context, d *desk) string {
	if login := a.env.Getenv("GITHUB_ACTOR"); login != "" && a.isGitHub() {
		return login
	}
	if d.repository != nil {
		if person := d.repository.Person(ctx); person != "" {
			return person
		}
	}
	return or(a.env.Getenv("USER"), "unknown")
}

// maxTurns bounds how often a change is planned anew because somebody else wrote in between.
const maxTurns = 5

// change plans and writes, and answers with what was written, or on a dry run would be.
func (a *app) change(ctx context.Context, d *desk, model string, f deeds, plan func(registry.Log, registry.Deed) ([]registry.Event, error)) error {
	for turn := 1; ; turn++ {
		log, err := d.Read(ctx, model)
		if err != nil {
			return fmt.Errorf("read the registry: %w", err)
		}
		events, err := plan(log, a.deed(ctx, d, f))
		if err == nil && !f.dryRun {
			err = d.Write(ctx, model, log.Revision, events)
		}
		if errors.Is(err, registry.ErrMoved) && !f.expects && turn < maxTurns {
			continue
		}
		if err != nil {
			return a.refused(err)
		}
		return a.tellChange(model, events, f.dryRun)
	}
}

// refused tells a refusal; any other error is left as it is.
func (a *app) refused(err error) error {
	var refusal *registry.Refusal
	if errors.As(err, &refusal) || errors.Is(err, registry.ErrMoved) || errors.Is(err, registry.ErrRaced) {
		fmt.Fprintln(a.env.Err, "assay: refused: "+strings.Map(visible, err.Error()))
		return errRed
	}
	return err
}

// tellChange shows what was written.
func (a *app) tellChange(model string, events []registry.Event, dryRun bool) error {
	if events == nil {
		events = []registry.Event{}
	}
	return a.answer(map[string]any{"model": model, "dry_run": dryRun, "events": events}, func(w io.Writer) {
		if len(events) == 0 {
			fmt.Fprintln(w, "it is so already: nothing to do")
		}
		for _, e := range events {
			fmt.Fprintln(w, visibleLine(sentence(model, e)))
		}
		if dryRun && len(events) > 0 {
			fmt.Fprintln(w, "a dry run: nothing was written")
		}
	})
}

// sentence is an event as a person says it.
func sentence(model string, e registry.Event) string {
	subject := model
	if e.Version != "" {
		subject += "@" + e.Version
	}
	switch e.Kind {
	case registry.Assigned:
		return subject + " came to " + e.Stage
	case registry.Unassigned:
		return subject + " left " + e.Stage
	case registry.Registered:
		return subject + " was registered"
	case registry.Deregistered:
		return subject + " was taken back"
	case registry.Deprecated:
		return subject + " was deprecated"
	}
	return subject + " was annotated"
}

// answer shows a value as JSON where that is asked for, else as text.
func (a *app) answer(value any, text func(io.Writer)) error {
	if a.global.json != "" && a.global.json != "-" {
		err := writeWith(a.path(a.global.json), func(w io.Writer) error { return writeValue(w, value) })
		if err != nil {
			return err
		}
	}
	if a.global.json == "-" || a.global.format == "json" {
		return writeValue(a.env.Out, value)
	}
	text(a.env.Out)
	return nil
}

func writeValue(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// visibleLine is a text on one line, without what a terminal would obey.
func visibleLine(text string) string {
	return strings.Map(visible, strings.Join(strings.Fields(text), " "))
}

// parseRef reads the name of a version, and finds its stage as the registry writes it.
func (d *desk) parseRef(text string) (registry.Ref, error) {
	ref, err := registry.ParseRef(text)
	if err != nil {
		return ref, source.Errorf("write NAME@v1.2.0, NAME@latest or NAME#STAGE", "%v", err)
	}
	if name, ok := d.stages.Find(ref.Stage); ok {
		ref.Stage = name
	}
	return ref, nil
}
