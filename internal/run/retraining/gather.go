package retraining

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/assay-ml/assay/internal/check/shape"
	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/retrain/trigger"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/source"
)

// gathering collects the inputs of one decision.
type gathering struct {
	options Options
	in      trigger.Inputs
	places  *run.Places
	engine  *table.Engine // nil until a table is read
	tables  map[string]*table.Table
	scratch string
}

func gather(ctx context.Context, o Options) (in trigger.Inputs, err error) {
	scratch, err := os.MkdirTemp("", "assay-retrain-")
	if err != nil {
		return in, err
	}
	g := &gathering{options: o, places: run.NewPlaces(o.Remote, o.Config.S3), tables: map[string]*table.Table{}, scratch: scratch}
	defer func() { err = errors.Join(err, g.close()) }()
	g.in = trigger.Inputs{Model: o.Config.Model, Manual: o.Manual}
	for _, step := range []func(context.Context) error{g.production, g.commit, g.params, g.data, g.countTrained, g.drift, g.decay, g.settings} {
		if err := step(ctx); err != nil {
			return in, err
		}
	}
	return g.in, nil
}

func (g *gathering) close() (err error) {
	if g.engine != nil {
		err = g.engine.Close()
	}
	return errors.Join(err, g.places.Close(), os.RemoveAll(g.scratch))
}

// maxRecord bounds a record of what is in production.
const maxRecord = 1 << 20

// production asks what is in production.
func (g *gathering) production(ctx context.Context) (err error) {
	o, name := g.options, g.options.Config.Retrain.Production
	switch {
	case o.Production != nil:
		if g.in.Production, err = o.Production.Production(ctx, o.Config.Model); err != nil {
			g.in.Unknown = err.Error()
		}
	case name == "":
		g.in.Unknown = "retrain: production names no record of it"
	default:
		g.in.Production, err = readRecord(filepath.Join(o.Config.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			g.in.Unknown = "there is no file " + name
			return nil
		}
		return err
	}
	return nil
}

// readRecord reads a file that says what is in production.
func readRecord(path string) (*trigger.Version, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > maxRecord:
		return nil, source.Errorf("name a JSON file of less than 1 MiB under retrain: production", "%s is no record of what is in production", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var version trigger.Version
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, source.Errorf("docs/retraining.md shows one", "%s is no record of what is in production: %v", path, err)
	}
	return &version, nil
}

// commit names what would be trained, and which code of it changed.
func (g *gathering) commit(ctx context.Context) error {
	o, code := g.options, g.options.Config.Retrain.Triggers.Code
	if o.Repository == nil {
		if code != nil {
			g.in.Code = &trigger.Changes{Unknown: "this is no git repository"}
		}
		return nil
	}
	head, err := o.Repository.Head(ctx)
	if err != nil || code == nil {
		g.in.Recipe.Commit = head
		return err
	}
	g.in.Recipe.Commit = head
	now, err := g.code(ctx, head)
	if err != nil {
		return err
	}
	g.in.Recipe.Code = trigger.DigestOf(now)
	if g.in.Production == nil {
		return nil
	}
	g.in.Code = g.since(func(commit string) (map[string]string, map[string]string, error) {
		before, err := g.code(ctx, commit)
		return before, now, err
	})
	return nil
}

// code is the files of a commit that the config calls code.
func (g *gathering) code(ctx context.Context, commit string) (map[string]string, error) {
	files, err := g.options.Repository.Blobs(ctx, commit)
	patterns := g.options.Config.Retrain.Triggers.Code.Paths
	maps.DeleteFunc(files, func(name, _ string) bool {
		return !slices.ContainsFunc(patterns, func(pattern string) bool { return blob.Location{Key: pattern}.Match(name) })
	})
	return files, err
}

// since compares two states of names, that of the commit from which the version in production was trained and the present one.
func (g *gathering) since(read func(commit string) (before, now map[string]string, err error)) *trigger.Changes {
	commit := g.in.Production.Commit
	if commit == "" {
		return &trigger.Changes{Unknown: "the record of the version in production names no commit"}
	}
	before, now, err := read(commit)
	if err != nil {
		return &trigger.Changes{Since: commit, Unknown: err.Error()}
	}
	changes := &trigger.Changes{Since: commit}
	for name := range joined(before, now) {
		if before[name] != now[name] {
			changes.Names = append(changes.Names, name)
		}
	}
	slices.Sort(changes.Names)
	return changes
}

// joined has the names of both.
func joined(a, b map[string]string) map[string]bool {
	names := map[string]bool{}
	for _, m := range []map[string]string{a, b} {
		for name := range m {
			names[name] = true
		}
	}
	return names
}

// settings asks which values of the file of parameters changed.
func (g *gathering) settings(ctx context.Context) error {
	spec := g.options.Config.Retrain.Triggers.Settings
	switch {
	case spec == nil || g.in.Production == nil:
		return nil
	case g.options.Repository == nil:
		g.in.Settings = &trigger.Changes{Unknown: "this is no git repository"}
		return nil
	}
	g.in.Settings = g.since(func(commit string) (map[string]string, map[string]string, error) {
		before, err := g.values(ctx, commit, spec.File)
		if err != nil {
			return nil, nil, err
		}
		now, err := g.values(ctx, g.in.Recipe.Commit, spec.File)
		return spec.Counted(before), spec.Counted(now), err
	})
	return nil
}

// values are those of a file of parameters at a commit; a file that is not there has none.
func (g *gathering) values(ctx context.Context, commit, name string) (map[string]string, error) {
	text, err := g.options.Repository.File(ctx, commit, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return shape.ParseParameters(name, text)
}

// table opens a table of the config, once. The text says why a table that is there cannot be read.
func (g *gathering) table(ctx context.Context, name string) (*table.Table, string, error) {
	if opened := g.tables[name]; opened != nil {
		return opened, "", nil
	}
	if g.engine == nil {
		engine, err := table.NewEngine(ctx, table.Options{MemoryLimit: table.ShareOf(g.options.Memory)})
		if err != nil {
			return nil, "", err
		}
		g.engine = engine
	}
	c := g.options.Config
	spec, err := g.places.Find(ctx, c.Data[name])
	if err != nil {
		return nil, "", err
	}
	spec.Sensitive = c.Sensitive()
	opened, err := g.engine.Open(ctx, name, c.Dir, spec, false)
	var malformed *table.MalformedError
	switch {
	case errors.As(err, &malformed):
		return nil, fmt.Sprintf("table %s cannot be read: %s", name, malformed.Without(c.Sensitive())), nil
	case err != nil:
		return nil, "", err
	}
	g.tables[name] = opened
	return opened, "", nil
}

// data counts the table to train on, and names its bytes.
func (g *gathering) data(ctx context.Context) error {
	name := g.options.Config.Retrain.Data
	if name == "" {
		return nil
	}
	opened, why, err := g.table(ctx, name)
	if err != nil || why != "" {
		return err
	}
	digest, err := digestOf(opened)
	if err != nil {
		return err
	}
	rows, err := opened.Rows(ctx)
	if err != nil {
		return err
	}
	g.in.Recipe.Data, g.in.Rows = map[string]string{name: digest}, &rows
	return nil
}
