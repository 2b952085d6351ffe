// Package record looks up stored results of commits: today the metrics that the head is compared with. It knows git only
// through a small interface.
package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Repository gives access to what was committed.
type Repository interface {
	// Base is the full sha of the commit that the head is compared with.
	Base(ctx context.Context) (string, error)
	// File is the content of a file at a commit; fs.ErrNotExist where the commit does not have it.
	File(ctx context.Context, commit, path string) ([]byte, error)
}

// Base is what the head is compared with.
type Base struct {
	From   finding.Base            `json:"from"`
	Values map[string]metric.Value `json:"values"` // nil: no base
}

// Lookup finds the base: the metrics file that the user named, else the one that was committed at the base commit, else
// none, with the reason in From.Why. Only a named file that cannot be read is an error: the user asked for it. repository
// may be nil, with why saying what stood in the way.
func Lookup(ctx context.Context, named string, repository Repository, why, path string) (Base, error) {
	if named != "" {
		return fromFile(named)
	}
	if repository == nil {
		return none(why), nil
	}
	commit, err := repository.Base(ctx)
	if err != nil {
		return none(err.Error()), ctx.Err()
	}
	data, err := repository.File(ctx, commit, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return none(fmt.Sprintf("%s is not committed at %.12s", path, commit)), nil
	case err != nil:
		return none(err.Error()), ctx.Err()
	}
	set, err := metric.Parse(path, data)
	if err != nil {
		return none(fmt.Sprintf("at %.12s: %v", commit, err)), nil
	}
	return Base{From: finding.Base{Source: "commit", Commit: commit, Path: path}, Values: set.Values}, nil
}

func fromFile(path string) (Base, error) {
	set, err := metric.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Base{}, source.Errorf("name a metrics file with --base-metrics", "no base metrics at %s", path)
	}
	var parseError *metric.ParseError
	if errors.As(err, &parseError) {
		return Base{}, source.Errorf("the file named with --base-metrics must hold metrics", "%v", err)
	}
	if err != nil {
		return Base{}, err
	}
	return Base{From: finding.Base{Source: "file", Path: path}, Values: set.Values}, nil
}

func none(why string) Base { return Base{From: finding.Base{Source: "none", Why: why}} }
