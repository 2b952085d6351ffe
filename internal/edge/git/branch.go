package git

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// BranchesWith are the branches that hold a commit: those of origin as they were fetched last, or the clone's own where it has no origin.
func (r *Repository) BranchesWith(ctx context.Context, commit string) ([]string, error) {
	if shallow, err := r.git(ctx, "rev-parse", "--is-shallow-repository"); err != nil || strings.TrimSpace(shallow) == "true" {
		return nil, errors.Join(err, errors.New("this clone does not hold the whole history"))
	}
	if r.resolve(ctx, commit) == "" {
		return nil, fmt.Errorf("commit %.12s is not in this clone", commit)
	}
	place := "refs/heads/"
	if r.HasRemote(ctx, "origin") {
		place = "refs/remotes/origin/"
	}
	printed, err := r.git(ctx, "for-each-ref", "--format=%(refname)", "--contains", commit, place)
	var names []string
	for line := range strings.Lines(printed) {
		if name := strings.TrimPrefix(strings.TrimSpace(line), place); name != "HEAD" {
			names = append(names, name)
		}
	}
	return names, err
}

// DefaultTip is the tip of the default branch, by its name where that is known: origin's as it was fetched last, or the clone's own.
func (r *Repository) DefaultTip(ctx context.Context, name string) (string, error) {
	tip := r.Against(BaseHint{BaseRef: name}).target(ctx)
	if tip == "" && name == "" && !r.HasRemote(ctx, "origin") {
		tip = r.resolve(ctx, "HEAD")
	}
	if tip == "" {
		return "", errors.New("this clone does not have the default branch")
	}
	return tip, nil
}
