package git

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrMoved says that a ref is no longer what it was when it was read.
var ErrMoved = errors.New("the ref was changed in the meantime")

// Kept is a file that a ref of its own keeps: each change is a commit whose parent is the one before, so the ref's log is the file's. It lies
// at the remote origin where there is one, else in this repository.
type Kept struct {
	repository *Repository
	ref, file  string
}

// Keep names a file that a ref keeps.
func (r *Repository) Keep(ref, file string) *Kept { return &Kept{r, ref, file} }

// origin is the remote that all of a team share.
const origin = "origin"

// hasOrigin reports whether there is one.
func (k *Kept) hasOrigin(ctx context.Context) bool {
	_, err := k.repository.git(ctx, "remote", "get-url", origin)
	return err == nil
}

// Load is the file and the commit that holds it; nothing, and no commit, where the ref is not there.
func (k *Kept) Load(ctx context.Context) (content []byte, revision string, err error) {
	revision, err = k.tip(ctx)
	if err != nil || revision == "" {
		return nil, "", err
	}
	r := k.repository
	if _, err := r.git(ctx, "cat-file", "-e", revision+"^{commit}"); err != nil {
		if err := k.fetch(ctx, revision); err != nil {
			return nil, "", fmt.Errorf("read %s: %w", k.ref, err)
		}
	}
	text, err := r.git(ctx, "cat-file", "blob", revision+":"+k.file)
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w", k.ref, err)
	}
	return []byte(text), revision, nil
}

// fetch brings a commit here: alone into a clone that is shallow, else with those before it, since a fetch of one makes a clone shallow.
func (k *Kept) fetch(ctx context.Context, commit string) error {
	args := []string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules"}
	if shallow, err := k.repository.git(ctx, "rev-parse", "--is-shallow-repository"); err == nil && strings.TrimSpace(shallow) == "true" {
		args = append(args, "--depth=1")
	}
	_, err := k.repository.git(ctx, append(args, origin, commit)...)
	return err
}

// tip is the commit that the ref names now, "" for none.
func (k *Kept) tip(ctx context.Context) (string, error) {
	if !k.hasOrigin(ctx) {
		return k.repository.resolve(ctx, k.ref), nil
	}
	out, err := k.repository.git(ctx, "ls-remote", origin, k.ref)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", k.ref, err)
	}
	sha, _, _ := strings.Cut(strings.TrimSpace(out), "\t")
	return sha, nil
}

// Save takes the place of the commit that was loaded, "" for none; where the ref names another one by now, it is ErrMoved. The message is
// that of the commit.
func (k *Kept) Save(ctx context.Context, content []byte, message, revision string) error {
	commit, err := k.commit(ctx, content, message, revision)
	if err != nil {
		return fmt.Errorf("write %s: %w", k.ref, err)
	}
	for try, wait := 1, firstWait; ; try, wait = try+1, 2*wait {
		if err = k.move(ctx, commit, revision); err == nil {
			return nil
		}
		switch now, lookErr := k.tip(ctx); {
		case lookErr != nil:
			return fmt.Errorf("write %s: %w", k.ref, err)
		case now == commit: // the answer was lost, and the write was not
			return nil
		case now != revision:
			return ErrMoved
		case try == maxTries:
			return fmt.Errorf("write %s: %w; it takes contents: write", k.ref, err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// move lets the ref name a commit where it names the one before.
func (k *Kept) move(ctx context.Context, commit, before string) (err error) {
	if k.hasOrigin(ctx) {
		_, err = k.repository.git(ctx, "push", "--quiet", "--no-verify", "--force-with-lease="+k.ref+":"+before, origin, commit+":"+k.ref)
		return err
	}
	_, err = k.repository.git(ctx, "update-ref", k.ref, commit, or(before, strings.Repeat("0", len(commit))))
	return err
}

// commit makes the commit, which no ref names yet.
func (k *Kept) commit(ctx context.Context, content []byte, message, parent string) (string, error) {
	r := k.repository
	blob, err := r.feed(ctx, string(content), "hash-object", "-w", "--stdin")
	if err != nil {
		return "", err
	}
	tree, err := r.feed(ctx, fmt.Sprintf("100644 blob %s\t%s\n", strings.TrimSpace(blob), k.file), "mktree")
	if err != nil {
		return "", err
	}
	args := []string{"-c", "user.name=assay", "-c", "user.email=assay@localhost", "commit-tree", strings.TrimSpace(tree), "-F", "-"}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	commit, err := r.feed(ctx, message, args...)
	return strings.TrimSpace(commit), err
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
