package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/attach"
	"github.com/assay-ml/assay/internal/train/confusion"
)

// reportParts are the user's own part of the report, read after training: what it shows is a product of it.
func reportParts(c *config.Config) []part {
	if c.Report == nil {
		return nil
	}
	var parts []part
	if spec := c.Report.Predictions; spec != nil {
		parts = append(parts, part{nil, func(ctx context.Context, s *session) ([]finding.Answer, error) { return s.predictions(ctx, *spec) }})
	}
	for _, name := range c.Report.Attach {
		parts = append(parts, part{nil, func(_ context.Context, s *session) ([]finding.Answer, error) {
			if s.skip != "" {
				return []finding.Answer{attach.Result{Path: name, Why: s.skip}}, nil
			}
			return []finding.Answer{attach.Read(s.config.Dir, name)}, nil
		}})
	}
	return parts
}

// predictions shows the classes of a file. What is wrong with the file is said, and blocks nothing.
func (s *session) predictions(ctx context.Context, spec confusion.Spec) ([]finding.Answer, error) {
	if s.skip != "" {
		return []finding.Answer{confusion.Result{Path: spec.Path, Why: s.skip}}, nil
	}
	if !isWithin(s.config.Dir, spec.Path) {
		return []finding.Answer{confusion.Result{Path: spec.Path, Why: "there is no such file in the config's folder"}}, nil
	}
	engine, err := table.NewEngine(ctx, table.Options{MemoryLimit: table.ShareOf(s.options.Memory) / 2})
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	opened, err := engine.Open(ctx, "predictions", s.config.Dir, table.Spec{Path: spec.Path, Sensitive: s.config.Sensitive()}, false)
	var result confusion.Result
	if err == nil {
		result, err = confusion.Count(ctx, opened, spec)
	}
	var malformed *table.MalformedError
	var wrong source.Problems
	switch {
	case errors.As(err, &malformed):
		result = confusion.Result{Path: spec.Path, Why: malformed.Without(s.config.Sensitive()).Error()}
	case errors.As(err, &wrong):
		result = confusion.Result{Path: spec.Path, Why: wrong[0].Message}
	case err != nil:
		return nil, err
	}
	return []finding.Answer{result}, nil
}

// isWithin reports whether there is a regular file below a folder, and no link leads out of it.
func isWithin(dir, name string) bool {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(name))
	return err == nil && info.Mode().IsRegular()
}
