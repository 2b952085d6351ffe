package union

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/source"
)

// Repository gives access to what was committed.
type Repository interface {
	// Base is the full sha of the commit that the head is compared with.
	Base(ctx context.Context) (string, error)
	// File is the content of a file at a commit, its path from the config's folder; fs.ErrNotExist where there is none.
	File(ctx context.Context, commit, path string) ([]byte, error)
	// Named lists the paths, from the config's folder, of a commit's files whose name fits a pattern of path.Match.
	Named(ctx context.Context, commit, pattern string) ([]string, error)
}

// Read joins a config with the base's: the one of the same path, or where that is new the one that it replaces. It is called
// before any command of the user runs.
func Read(ctx context.Context, repository Repository, head *config.Config) (*config.Config, Result) {
	result := Result{Config: head.File, State: Unread}
	var err error
	if result.Commit, err = repository.Base(ctx); err != nil {
		result.Why = err.Error()
		return head, result
	}
	r := reader{repository, result.Commit}
	name := filepath.Base(head.File)
	base, err := r.config(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		name, base, err = r.replaced(ctx, head)
	}
	switch {
	case err != nil:
		result.Why = err.Error()
		return head, result
	case base == nil:
		result.State = New
		return head, result
	}
	result.State = Joined
	joined, changes := Join(base, head)
	if name != filepath.Base(head.File) {
		changes = append([]Change{{Rule: "config", Effect: Shown, Before: name, After: filepath.Base(head.File), Pos: source.Pos{File: head.File, Line: 1}}}, changes...)
	}
	result.Changes = changes
	return joined, result
}

// reader reads configs of one commit.
type reader struct {
	repository Repository
	commit     string
}

// config reads one config with its contracts; the paths of both start at the folder of the change's config.
func (r reader) config(ctx context.Context, name string) (*config.Config, error) {
	data, err := r.repository.File(ctx, r.commit, name)
	if err != nil {
		return nil, err
	}
	c, err := config.Parse(name, data, func(contract string) ([]byte, error) {
		return r.repository.File(ctx, r.commit, filepath.Join(filepath.Dir(name), contract))
	})
	if err != nil {
		return nil, fmt.Errorf("at the base: %w", err)
	}
	return c, nil
}

// replaced finds the config of the base that one of another path stands in for: it has the same model, or the change took
// it away. Another config that is left where it was is another model's.
func (r reader) replaced(ctx context.Context, head *config.Config) (string, *config.Config, error) {
	names, err := r.repository.Named(ctx, r.commit, "*assay*.y*ml")
	if err != nil {
		return "", nil, err
	}
	for _, name := range names {
		base, err := r.config(ctx, name)
		if err != nil {
			continue // one that nobody could have run
		}
		_, gone := os.Stat(filepath.Join(head.Dir, name))
		if base.Model == head.Model || errors.Is(gone, fs.ErrNotExist) {
			return name, base, nil
		}
	}
	return "", nil, nil
}
