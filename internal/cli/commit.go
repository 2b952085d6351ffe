package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/edge/git"
)

// commit is what HEAD holds of the files that annotations may point at: config, contracts and metrics. It is read before any
// command of the user runs.
type commit struct {
	files   map[string]string // path here → path in the repository; nil where git cannot tell
	path    string            // of the metrics file here
	metrics []byte            // what HEAD has there
}

func readCommit(ctx context.Context, c *config.Config) commit {
	names := []string{filepath.Base(c.File), c.MetricsPath()}
	for _, check := range c.Validate {
		if check.Promises != nil {
			names = append(names, check.Contract)
		}
	}
	at := commit{files: heldFiles(ctx, c.Dir, names), path: filepath.ToSlash(filepath.Join(c.Dir, c.MetricsPath()))}
	if _, ok := at.files[at.path]; ok {
		at.metrics = headFile(ctx, c.Dir, c.MetricsPath())
	}
	return at
}

// heldFiles are those of some files, named from a folder, that HEAD has: path here → path in the repository; nil where git
// cannot tell.
func heldFiles(ctx context.Context, dir string, names []string) map[string]string {
	repository, err := git.Open(ctx, dir, git.Options{})
	if err != nil {
		return nil
	}
	held, err := repository.Held(ctx, names)
	if err != nil {
		return nil
	}
	files := map[string]string{}
	for name, path := range held {
		files[filepath.ToSlash(filepath.Join(dir, name))] = path
	}
	return files
}

// headFile is what HEAD has of a file in a folder, nil where it has none that can be read.
func headFile(ctx context.Context, dir, name string) []byte {
	repository, err := git.Open(ctx, dir, git.Options{})
	if err != nil {
		return nil
	}
	data, err := repository.File(ctx, "HEAD", name)
	if err != nil {
		return nil
	}
	return data
}

// forgetMetrics keeps annotations from the metrics file where the run wrote another than HEAD has: its lines are others.
func (at commit) forgetMetrics() {
	if !isFile(at.path, at.metrics) {
		delete(at.files, at.path)
	}
}

// isFile reports whether a regular file has this content and some.
func isFile(path string, content []byte) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(content)) {
		return false
	}
	data, err := os.ReadFile(path)
	return err == nil && len(data) > 0 && bytes.Equal(data, content)
}
