package cli

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/release/promote"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/artifact"
)

// entry is what the flags of assay registry register say.
type entry struct {
	deeds
	version, bump, commit, artifact, location, digest, metrics, run, trained, profile, mlflowRun string
	data                                                                                         map[string]string
}

func (a *app) registerCommand() *cobra.Command {
	var in entry
	c := &cobra.Command{
		Use: "register NAME", Short: "Register a version of a model", Args: cobra.ExactArgs(1),
		Long: `Register a version: where it lies, what it is by its bytes, what it was trained on and from, and how it measured. The version stands on a
commit of its own: of two on one commit nobody could tell which is meant, and GTO reads no such model.`,
		Example: "  assay registry register clf --artifact models/clf.pkl --data train=data/train.csv --metrics metrics.json",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := a.openDesk(c.Context())
			if err != nil {
				return err
			}
			return a.register(c.Context(), d, args[0], in)
		},
	}
	flags := c.Flags()
	flags.StringVar(&in.version, "version", "", "`version`, such as v1.2.0; default the one after the latest")
	flags.StringVar(&in.bump, "bump", "patch", "which part the next version raises: patch, minor, major")
	flags.StringVar(&in.commit, "commit", "HEAD", "`commit` that the version stands on")
	flags.StringVar(&in.artifact, "artifact", "", "the model's `file`: its digest is kept, and its path as the location")
	flags.StringVar(&in.location, "location", "", "where the model lies, a path or an address")
	flags.StringVar(&in.digest, "digest", "", "the model's digest as sha256:…, where its file is not here")
	flags.StringToStringVar(&in.data, "data", nil, "tables that it was trained on, as `name=file` or name=sha256:…")
	flags.StringVar(&in.metrics, "metrics", "", "metrics `file`; default the one that assay.yaml names, where it is here")
	flags.StringVar(&in.run, "run", "", "`address` or id of the run that trained it; default the run in Actions")
	flags.StringVar(&in.mlflowRun, "mlflow-run", "", "`id` of a run at MLFLOW_TRACKING_URI: its model, its metrics and its commit are taken, where no flag says others")
	flags.StringVar(&in.trained, "trained", "", "`commit` that it was trained from; default the one that it stands on")
	flags.StringVar(&in.profile, "profile", "", "where the `profile` of its training data lies")
	in.flags(c)
	return c
}

func (a *app) register(ctx context.Context, d *desk, model string, in entry) error {
	if err := registry.CheckModel(model); err != nil {
		return source.Errorf("name the model, without a version", "%v", err)
	}
	if in.version != "" {
		if err := registry.CheckVersion(in.version); err != nil {
			return source.Errorf("semantic versioning behind a v", "%v", err)
		}
	}
	bump := registry.Bump(in.bump)
	if bump != registry.Patch && bump != registry.Minor && bump != registry.Major {
		return source.Errorf("write patch, minor or major", "--bump is %q", in.bump)
	}
	commit, err := a.commitOf(ctx, d, in.commit)
	if err != nil {
		return err
	}
	record, err := a.record(ctx, d, in, commit)
	if err == nil && in.mlflowRun != "" {
		record, err = a.ofRun(ctx, d, in, record)
	}
	if err != nil {
		return err
	}
	return a.change(ctx, d, model, in.deeds, func(l registry.Log, deed registry.Deed) ([]registry.Event, error) {
		return l.Register(registry.Entry{Version: in.version, Bump: bump, Commit: commit, Record: record}, deed)
	})
}

// commitOf is the full sha of a commit, as the clone knows it; without a clone it must be one already, or is the event's.
func (a *app) commitOf(ctx context.Context, d *desk, name string) (string, error) {
	if d.repository != nil {
		sha, err := d.repository.Commit(ctx, name)
		if err != nil {
			return "", source.Errorf("name another with --commit, or fetch it", "%v", err)
		}
		return sha, nil
	}
	if sha := a.env.Getenv("GITHUB_SHA"); name == "HEAD" && sha != "" {
		return sha, nil
	}
	return name, nil
}

// record is what the flags say of the version.
func (a *app) record(ctx context.Context, d *desk, in entry, commit string) (registry.Record, error) {
	r := registry.Record{Location: or(in.location, in.artifact), Digest: in.digest, Run: or(in.run, a.runURL()), Trained: commit, Profile: in.profile}
	var err error
	if in.trained != "" {
		if r.Trained, err = a.commitOf(ctx, d, in.trained); err != nil {
			return r, err
		}
	}
	if in.artifact != "" {
		if r.Digest, err = a.digestOf(in.artifact); err != nil {
			return r, err
		}
		if in.digest != "" && in.digest != r.Digest {
			return r, source.Errorf("leave one of them out", "the digest of %s is %s, not %s", in.artifact, r.Digest, in.digest)
		}
	}
	for name, value := range in.data {
		if !strings.HasPrefix(value, "sha256:") {
			if value, err = a.digestOf(value); err != nil {
				return r, err
			}
		}
		if r.Data == nil {
			r.Data = map[string]string{}
		}
		r.Data[name] = value
	}
	r.Metrics, err = a.measured(d, in.metrics)
	return r, err
}

// runURL is the address of this run in Actions, "" elsewhere.
func (a *app) runURL() string {
	if !a.isGitHub() {
		return ""
	}
	event, err := actions.New(a.env.Getenv, a.env.Out).Event()
	if err != nil {
		return ""
	}
	return event.RunURL
}

// digestOf is the digest of a file or a folder, as a run takes that of the model that it judges. What whoever runs this names may be a link: data
// often are.
func (a *app) digestOf(name string) (string, error) {
	path, err := filepath.EvalSymlinks(a.path(name))
	var digest string
	if err == nil {
		digest, _, err = artifact.Digest(filepath.Dir(path), filepath.Base(path))
	}
	if err != nil {
		return "", source.Errorf("name a file or a folder; paths start at the folder of -C", "%s: %v", name, err)
	}
	return digest, nil
}

// measured are the metrics of a file: the named one, or the config's where it is there.
func (a *app) measured(d *desk, named string) (map[string]float64, error) {
	path := filepath.Join(d.config.Dir, d.config.MetricsPath())
	if named != "" {
		path = a.path(named)
	}
	set, err := metric.Read(path)
	switch {
	case err != nil && named == "" && errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, source.Errorf("name a metrics file with --metrics", "%v", err)
	}
	values := map[string]float64{}
	for name, value := range set.Values {
		values[name] = float64(value)
	}
	return values, nil
}

func (a *app) promoteCommand() *cobra.Command {
	var in promotion
	var keep bool
	c := &cobra.Command{
		Use: "promote REF", Short: "Take a version to a stage", Args: cobra.ExactArgs(1),
		Long: `Take a version to a stage. It leaves the stage where it was, and the version that held the new one is archived, all in one update: nobody
ever sees a part of it. With --expect nothing happens unless that version holds the stage.

Where assay.yaml says what a stage asks, under release, as the default branch has it, all of that must be met: a refusal lists everything that is
missing, and --dry-run says the same. What release declares as dispatch is started afterwards.`,
		Example: "  assay registry promote clf@v1.1.0 --to staging\n  assay registry promote 'clf#staging' --to production --expect v1.0.0",
		RunE: func(c *cobra.Command, args []string) error {
			in.expects, in.archive = c.Flags().Changed("expect"), !keep
			return a.promote(c.Context(), args[0], in)
		},
	}
	c.Flags().StringVar(&in.stage, "to", "", "the `stage`")
	in.promotionFlags(c)
	c.Flags().BoolVar(&keep, "no-archive", false, "take the stage from its holder without archiving it")
	in.flags(c)
	in.expectFlag(c)
	return c
}

// transition moves the version that a ref names to a stage.
func (a *app) transition(ctx context.Context, name, to string, archive bool, in deeds) error {
	d, ref, err := a.openRef(ctx, name)
	if err != nil {
		return err
	}
	stage, ok := d.stages.Find(to)
	if !ok {
		return source.Errorf("stages are "+strings.Join(d.stages.Names(), ", "), "there is no stage %q", to)
	}
	return a.change(ctx, d, ref.Model, in, func(l registry.Log, deed registry.Deed) ([]registry.Event, error) {
		version, err := l.Of().Resolve(ref)
		if err != nil {
			return nil, err
		}
		return l.Transition(d.stages, version.Name, stage, archive, deed)
	})
}

// openRef opens the registry, and reads the name of a version of it.
func (a *app) openRef(ctx context.Context, name string) (*desk, registry.Ref, error) {
	d, err := a.openDesk(ctx)
	if err != nil {
		return nil, registry.Ref{}, err
	}
	ref, err := d.parseRef(name)
	return d, ref, err
}

func (a *app) rollbackCommand() *cobra.Command {
	var in promotion
	c := &cobra.Command{
		Use: "rollback NAME", Short: "Take a stage back to the version that held it before", Args: cobra.ExactArgs(1),
		Long: `Take a stage back to the version that held it before the present one, which is archived. A second rollback goes one further back, and never
to a version that was given up. Versions that are deprecated or were taken back are passed over.`,
		Example: "  assay registry rollback clf --reason 'wrong for accounts without orders'",
		RunE: func(c *cobra.Command, args []string) error {
			in.expects = c.Flags().Changed("expect")
			return a.rollback(c.Context(), args[0], in)
		},
	}
	c.Flags().StringVar(&in.stage, "stage", "", "the `stage`; default production")
	in.flags(c)
	in.expectFlag(c)
	return c
}

func (a *app) rollback(ctx context.Context, name string, in promotion) error {
	d, ref, err := a.openRef(ctx, name)
	if err != nil {
		return err
	}
	found, ok := d.stages.Find(or(in.stage, d.stages.Production))
	if !ok || ref.Version != "" || ref.Stage != "" {
		return source.Errorf("write rollback NAME --stage STAGE; stages are "+strings.Join(d.stages.Names(), ", "), "%s has no stage %q to go back in", name, in.stage)
	}
	in.stage = found
	return a.underPolicy(ctx, d, ref, in, promote.Desk.Rollback, func(l registry.Log, deed registry.Deed) ([]registry.Event, error) {
		return l.Rollback(d.stages, found, deed)
	})
}

func (a *app) archiveCommand() *cobra.Command {
	var in deeds
	c := &cobra.Command{
		Use: "archive REF", Short: "Archive a version: it leaves all stages and never comes back by itself", Args: cobra.ExactArgs(1),
		Example: "  assay registry archive clf@v1.0.0 --reason 'trained on the wrong year'",
		RunE: func(c *cobra.Command, args []string) error {
			d, err := a.openDesk(c.Context())
			if err != nil {
				return err
			}
			return a.transition(c.Context(), args[0], d.stages.Archived, false, in)
		},
	}
	in.flags(c)
	return c
}

func (a *app) deprecateCommand() *cobra.Command {
	var in deeds
	var takeBack bool
	c := &cobra.Command{
		Use: "deprecate REF", Short: "Say that nobody should use a version any more, or a model", Args: cobra.ExactArgs(1),
		Long: `Say that nobody should use a version any more, or the whole model where only its name is given. A deprecated version keeps its stage and is
promoted no more. Who registers or promotes a version of a deprecated model lifts that.

With --take-back the version is as if it had never been, which is what GTO calls deprecating a version. One that holds a stage is not taken back.`,
		Example: "  assay registry deprecate clf@v1.0.0 --reason 'license of the data ended'\n  assay registry deprecate clf",
		RunE: func(c *cobra.Command, args []string) error {
			return a.deprecate(c.Context(), args[0], takeBack, in)
		},
	}
	c.Flags().BoolVar(&takeBack, "take-back", false, "the version is as if it had never been")
	in.flags(c)
	return c
}

func (a *app) deprecate(ctx context.Context, name string, takeBack bool, in deeds) error {
	d, ref, err := a.openRef(ctx, name)
	if err != nil {
		return err
	}
	return a.change(ctx, d, ref.Model, in, func(l registry.Log, deed registry.Deed) ([]registry.Event, error) {
		if ref.Version == "" && ref.Stage == "" && !takeBack {
			return l.Deprecate("", deed)
		}
		version, err := l.Of().Resolve(ref)
		switch {
		case err != nil:
			return nil, err
		case takeBack:
			return l.Deregister(version.Name, deed)
		}
		return l.Deprecate(version.Name, deed)
	})
}

func (a *app) annotateCommand() *cobra.Command {
	var in deeds
	var notes map[string]string
	c := &cobra.Command{
		Use: "annotate REF --set KEY=TEXT", Short: "Note something on a version", Args: cobra.ExactArgs(1),
		Example: "  assay registry annotate clf@v1.0.0 --set owner=risk --set card=cards/clf.md\n  assay registry annotate clf@v1.0.0 --set owner=",
		RunE: func(c *cobra.Command, args []string) error {
			d, ref, err := a.openRef(c.Context(), args[0])
			if err != nil {
				return err
			}
			if len(notes) == 0 {
				return source.Errorf("--set KEY=TEXT; an empty text takes a note away", "nothing is to be noted")
			}
			return a.change(c.Context(), d, ref.Model, in, func(l registry.Log, deed registry.Deed) ([]registry.Event, error) {
				version, err := l.Of().Resolve(ref)
				if err != nil {
					return nil, err
				}
				return l.Annotate(version.Name, notes, deed)
			})
		},
	}
	c.Flags().StringToStringVar(&notes, "set", nil, "a note as `key=text`; an empty text takes it away")
	in.flags(c)
	return c
}
