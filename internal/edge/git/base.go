package git

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// BaseHint is what the event says of the base. All of it may be empty: outside of Actions the base is where HEAD left the
// default branch.
type BaseHint struct {
	HeadSHA string // of a pull request
	BaseRef string // the branch that a pull request goes into
	BaseSHA string // of a merge group, or the commit before a push; never a pull request's, which can be stale
}

// Against is the repository with what is known of the base.
func (r *Repository) Against(hint BaseHint) *Comparison { return &Comparison{r, hint} }

// Comparison is a repository whose head is compared with a base.
type Comparison struct {
	*Repository
	hint BaseHint
}

// Base is the full sha of the commit that the head is compared with: the base that the event names for certain; else
// the first parent of the test merge, where that is checked out; else the merge base with the target branch. On the
// default branch itself it is HEAD.
func (c *Comparison) Base(ctx context.Context) (string, error) {
	if isSHA(c.hint.BaseSHA) {
		return c.hint.BaseSHA, nil
	}
	head := c.resolve(ctx, "HEAD")
	if head == "" {
		return "", fmt.Errorf("the repository has no commit yet")
	}
	parents, err := c.parents(ctx, head)
	if err != nil {
		return "", err
	}
	if len(parents) > 1 && slices.Contains(parents[1:], c.hint.HeadSHA) {
		return parents[0], nil
	}
	return c.mergeBase(ctx, head)
}

// isSHA reports a full commit name that is not all zeros.
func isSHA(s string) bool {
	return len(s) == 40 && strings.Trim(s, "0123456789abcdef") == "" && strings.Trim(s, "0") != ""
}

// mergeBase is where HEAD left the target branch.
func (c *Comparison) mergeBase(ctx context.Context, head string) (string, error) {
	target := c.target(ctx)
	if target == "" && c.hint.BaseRef == "" {
		return head, nil
	}
	for _, depth := range []string{"", "100", "1000"} {
		if depth != "" && !c.deepen(ctx, depth) {
			break
		}
		if target == "" {
			target = c.target(ctx)
		}
		if out, err := c.git(ctx, "merge-base", head, target); err == nil && target != "" {
			return strings.TrimSpace(out), nil
		}
	}
	return "", fmt.Errorf("this clone does not reach back to %s; check out with fetch-depth: 0", c.targetName())
}

func (c *Comparison) targetName() string {
	if c.hint.BaseRef != "" {
		return c.hint.BaseRef
	}
	return "the default branch"
}

// target is the tip of the branch that HEAD goes into, "" where this clone does not have it.
func (c *Comparison) target(ctx context.Context) string {
	names := []string{"refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"}
	if c.hint.BaseRef != "" {
		names = []string{"refs/remotes/origin/" + c.hint.BaseRef, "refs/heads/" + c.hint.BaseRef}
	}
	for _, name := range names {
		if sha := c.resolve(ctx, name); sha != "" {
			return sha
		}
	}
	return ""
}

// deepen fetches more of the history of a shallow clone, and the target branch.
func (c *Comparison) deepen(ctx context.Context, depth string) bool {
	if c.hint.BaseRef == "" {
		return false
	}
	spec := "+refs/heads/" + c.hint.BaseRef + ":refs/remotes/origin/" + c.hint.BaseRef
	head := c.resolve(ctx, "HEAD")
	_, err := c.git(ctx, "fetch", "--quiet", "--deepen="+depth, "--no-tags", "--no-recurse-submodules", "origin", spec, head)
	return err == nil
}
