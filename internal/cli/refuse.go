package cli

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/source"
)

// refuseInActions tells on GitHub why nothing can be judged, where people would see an earlier verdict or none. It answers with
// the cause, which decides the exit code.
func (a *app) refuseInActions(ctx context.Context, in invocation, cause error) error {
	runner, event, token, err := a.enterActions()
	if err != nil {
		return cause // that of the event would hide it
	}
	c := a.nameOnly(ctx, in, hintOf(event), git.Options{Token: token, ServerURL: event.ServerURL})
	options := a.writebackOptions(runner, event, token, in, c)
	options.Files, options.Unasked = placesOf(ctx, c.Dir, cause), true
	_, err = writeback.Begin(ctx, options).Judge(ctx, func() (finding.Result, error) { return finding.Result{}, cause })
	return err
}

// nameOnly is a config that cannot be read, with the names under which its results stand: its own where they can be told, else
// those at the base, else its path.
func (a *app) nameOnly(ctx context.Context, in invocation, hint git.BaseHint, options git.Options) *config.Config {
	file := a.configPath()
	c := &config.Config{File: file, Dir: filepath.Dir(file)}
	if c.Model, c.Name = config.LoadNames(file); c.Model == "" {
		c.Model, c.Name = namesAtBase(ctx, openPast(ctx, c, hint, options), file)
	}
	c.Model, c.Name = or(c.Model, filepath.ToSlash(file)), or(in.name, c.Name)
	return c
}

// namesAtBase are those of the config as the base has it, "" where it has none.
func namesAtBase(ctx context.Context, past past, file string) (model, name string) {
	if past.repository == nil {
		return "", ""
	}
	commit, err := past.repository.Base(ctx)
	if err != nil {
		return "", ""
	}
	data, err := past.repository.File(ctx, commit, filepath.Base(file))
	if err != nil {
		return "", ""
	}
	return config.Names(file, data)
}

// placesOf are the files that problems name and the commit holds; nil where git cannot tell.
func placesOf(ctx context.Context, dir string, cause error) map[string]string {
	var problems source.Problems
	errors.As(cause, &problems)
	var names []string
	for _, p := range problems {
		if name, err := filepath.Rel(dir, p.Pos.File); err == nil {
			names = append(names, name)
		}
	}
	return heldFiles(ctx, dir, names)
}
