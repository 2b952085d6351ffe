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
	repository, err := git.Open(ctx, c.Dir, git.Options{})
	if err != nil {
		return commit{}
	}
	names := []string{filepath.Base(c.File), c.MetricsPath()}
	for _, check := range c.Validate {
		if check.Promises != nil {
			names = append(names, check.Contract)
		}
	}
	held, err := repository.Held(ctx, names)
	if err != nil {
		return commit{}
	}
	at := commit{files: map[string]string{}, path: filepath.ToSlash(filepath.Join(c.Dir, c.MetricsPath()))}
	for name, path := range held {
		at.files[filepath.ToSlash(filepath.Join(c.Dir, name))] = path
	}
	if _, ok := at.files[at.path]; ok {
		at.metrics, _ = repository.File(ctx, "HEAD", c.MetricsPath()) // one that cannot be read is like no other
	}
	return at
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
