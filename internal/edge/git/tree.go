package git

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Root is the folder of the whole work tree.
func (r *Repository) Root() string { return r.root }

// Prefix is the folder that was opened, from the root; "" for the root itself.
func (r *Repository) Prefix() string { return strings.TrimSuffix(r.prefix, "/") }

// Files are those of the work tree, from its root, that are committed or would be by git add: what is ignored is left out,
// what was deleted since is not.
func (r *Repository) Files(ctx context.Context) ([]string, error) {
	listed, err := r.git(ctx, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	if listed == "" {
		return nil, nil
	}
	return strings.Split(strings.TrimSuffix(listed, "\x00"), "\x00"), nil
}

// DefaultBranch is the branch that origin names, else main or master where there is one, else the current one; main where
// nothing says.
func (r *Repository) DefaultBranch(ctx context.Context) string {
	if out, err := r.git(ctx, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"); err == nil {
		return strings.TrimPrefix(strings.TrimSpace(out), "origin/")
	}
	for _, name := range []string{"main", "master"} {
		if r.tip(ctx, name) != "" {
			return name
		}
	}
	if out, err := r.git(ctx, "symbolic-ref", "--quiet", "--short", "HEAD"); err == nil {
		return strings.TrimSpace(out)
	}
	return "main"
}

// tip is the commit of a branch, origin's before our own; "" for none.
func (r *Repository) tip(ctx context.Context, branch string) string {
	for _, place := range []string{"refs/remotes/origin/", "refs/heads/"} {
		if sha := r.resolve(ctx, place+branch); sha != "" {
			return sha
		}
	}
	return ""
}

// FilesOf are the files of a branch, sorted, from the root; nil where this clone does not have the branch.
func (r *Repository) FilesOf(ctx context.Context, branch string) []string {
	tip := r.tip(ctx, branch)
	if tip == "" {
		return nil
	}
	listed, err := r.git(ctx, "ls-tree", "-r", "-z", "--name-only", "--full-tree", tip)
	if err != nil {
		return nil
	}
	files := strings.Split(strings.TrimSuffix(listed, "\x00"), "\x00")
	slices.Sort(files)
	return files
}

// Origin is the owner/name that the address of origin ends with, where it is on this host; "" where it is not.
func (r *Repository) Origin(ctx context.Context, host string) string {
	address, err := r.git(ctx, "config", "--get", "remote.origin.url")
	if err != nil {
		return ""
	}
	address = strings.TrimSuffix(strings.TrimSpace(address), ".git")
	_, name, ok := strings.Cut(address, host)
	name = strings.TrimLeft(name, ":/")
	if !ok || strings.Count(name, "/") != 1 {
		return ""
	}
	return name
}

// Head is the full sha of the commit that is checked out.
func (r *Repository) Head(ctx context.Context) (string, error) {
	if head := r.resolve(ctx, "HEAD"); head != "" {
		return head, nil
	}
	return "", fmt.Errorf("the repository has no commit yet")
}

// Blobs are the files of a commit, from the root of the repository, with the names of what they hold. A commit that is not here is
// fetched, alone.
func (r *Repository) Blobs(ctx context.Context, commit string) (map[string]string, error) {
	if err := r.ensure(ctx, commit); err != nil {
		return nil, err
	}
	listed, err := r.git(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	blobs := map[string]string{}
	for entry := range strings.SplitSeq(strings.TrimSuffix(listed, "\x00"), "\x00") {
		header, name, ok := strings.Cut(entry, "\t")
		if fields := strings.Fields(header); ok && len(fields) == 3 {
			blobs[name] = fields[2]
		}
	}
	return blobs, nil
}
