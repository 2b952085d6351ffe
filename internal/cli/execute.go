package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/run"
)

// execute is what every judging command does: read the config (from its file, or as build makes it from flags), find the
// base, run the steps, show the result and answer with its color.
func (a *app) execute(ctx context.Context, in invocation, build func() (*config.Config, error)) error {
	c, err := a.configure(in, build)
	switch {
	case err != nil && build == nil && a.isGitHub():
		return a.refuseInActions(ctx, in, err)
	case err != nil:
		return err
	case a.isGitHub():
		return a.executeInActions(ctx, in, c)
	}
	past := openPast(ctx, c, git.BaseHint{}, git.Options{})
	base, err := a.findBase(ctx, in, c, past)
	if err != nil {
		return err
	}
	options, err := a.options(in, c, base, a.watch())
	if err != nil {
		return err
	}
	options.Promised = past.promises(ctx, c)
	result, err := run.Run(ctx, options)
	if err != nil {
		return err
	}
	result.Notices = append(result.Notices, past.pause(ctx, c, a.env.Now())...)
	if _, err := a.writeReports(in.report, result); err != nil {
		return err
	}
	return a.show(result)
}

// configure is the config that the command asks for.
func (a *app) configure(in invocation, build func() (*config.Config, error)) (*config.Config, error) {
	if build == nil {
		build = func() (*config.Config, error) { return config.Load(a.configPath()) }
	}
	c, err := build()
	if err == nil {
		err = in.back.check()
	}
	if err != nil {
		return nil, err
	}
	if in.name != "" {
		c.Name = in.name
	}
	return c, nil
}

// isGitHub reports whether the result is shown the way GitHub Actions reads it.
func (a *app) isGitHub() bool {
	return a.global.format == "github" || a.global.format == "auto" && actions.Detect(a.env.Getenv)
}

func (a *app) options(in invocation, c *config.Config, base record.Base, observer run.Observer) (run.Options, error) {
	remote, err := a.remote()
	if err != nil {
		return run.Options{}, err
	}
	failing, flips := in.failing, in.flips
	if failing != "" {
		failing = a.path(failing)
	}
	if flips != "" {
		flips = a.path(flips)
	}
	return run.Options{Config: c, Failing: failing, Flips: flips, Steps: in.steps, Base: base, Tool: version(), Observer: observer,
		Environ: a.env.Environ, Enforce: in.enforce, Now: a.env.Now, Remote: remote, Memory: int64(in.memory)}, nil
}

// watch is the observer for a terminal or a pipe.
func (a *app) watch() run.Observer {
	if a.global.quiet || a.global.format == "json" {
		return silent{}
	}
	return &terminal{out: a.env.Err, alive: a.env.IsTerminal}
}

// findBase looks for the metrics to compare with, before any command of the user runs.
func (a *app) findBase(ctx context.Context, in invocation, c *config.Config, past past) (record.Base, error) {
	switch {
	case len(c.Gates) == 0 && past.store == nil:
		return record.Base{}, nil
	case in.baseMetrics != "":
		base, err := record.Lookup(ctx, record.Search{Named: a.path(in.baseMetrics)})
		base.From.Path = in.baseMetrics // as the user wrote it
		return base, err
	}
	search := record.Search{Why: past.why, Path: c.MetricsPath(), Store: past.store, Champion: a.champion(c), Model: c.Model, Name: c.Name}
	if past.repository != nil {
		search.Repository = past.repository
	}
	base, err := record.Lookup(ctx, search)
	if len(c.Gates) == 0 {
		return record.Base{Digest: base.Digest, Seen: base.Seen}, err // nothing else is compared
	}
	return base, err
}

// show writes the result to standard output and to the files that flags name.
func (a *app) show(result finding.Result) error {
	if err := a.saveFiles(result); err != nil {
		return err
	}
	var err error
	switch {
	case a.global.format == "json" && a.global.json != "-":
		err = writeJSON(a.env.Out, result)
	case a.global.format != "json" && a.global.json != "-":
		err = a.text(result)
	}
	if err == nil && result.Red() {
		return errRed
	}
	return err
}

// saveFiles writes the files that --json, --junit and --sarif ask for.
func (a *app) saveFiles(result finding.Result) error {
	if a.global.json == "-" {
		if err := writeJSON(a.env.Out, result); err != nil {
			return err
		}
	}
	for _, path := range a.savedFiles() {
		if err := writeWith(a.path(path.name), func(w io.Writer) error { return path.write(w, result) }); err != nil {
			return err
		}
	}
	return nil
}

// savedFile is a file that a flag asks for.
type savedFile struct {
	name  string
	write func(io.Writer, finding.Result) error
}

func (a *app) savedFiles() []savedFile {
	all := []savedFile{{a.global.json, writeJSON}, {a.global.junit, report.JUnit}, {a.global.sarif, report.SARIF}}
	return slices.DeleteFunc(all, func(f savedFile) bool { return f.name == "" || f.name == "-" })
}

func writeJSON(w io.Writer, result finding.Result) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(result)
}

// reports are the files of a report folder.
type reports struct{ json, html, markdown string }

// writeReports leaves the result in a folder, "" for none.
func (a *app) writeReports(dir string, result finding.Result) (reports, error) {
	if dir == "" {
		return reports{}, nil
	}
	dir = a.path(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return reports{}, err
	}
	files := reports{filepath.Join(dir, "report.json"), filepath.Join(dir, "report.html"), filepath.Join(dir, "comment.md")}
	return files, errors.Join(
		writeWith(files.json, func(w io.Writer) error { return writeJSON(w, result) }),
		writeWith(files.html, func(w io.Writer) error { return report.HTML(w, result) }),
		writeWith(files.markdown, func(w io.Writer) error { return report.Markdown(w, result, report.Comment) }),
	)
}

func writeWith(path string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return run.WriteFile(path, b.Bytes())
}
