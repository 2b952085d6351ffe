package git

import (
	"context"
	"errors"
)

// Scratch makes a new repository in a folder that exists, whose commits and tags are by somebody. It is for demonstrations: nothing of a user's
// is written.
func Scratch(ctx context.Context, dir, name, email string) (*Repository, error) {
	r := &Repository{root: dir}
	_, initErr := r.git(ctx, "init", "--quiet", "--initial-branch=main")
	if initErr != nil {
		return nil, initErr
	}
	_, nameErr := r.git(ctx, "config", "user.name", name)
	_, emailErr := r.git(ctx, "config", "user.email", email)
	return r, errors.Join(nameErr, emailErr)
}

// CommitAll commits all that is in the work tree, and names the commit.
func (r *Repository) CommitAll(ctx context.Context, message string) (string, error) {
	if _, err := r.git(ctx, "add", "--all"); err != nil {
		return "", err
	}
	if _, err := r.git(ctx, "-c", "commit.gpgSign=false", "commit", "--quiet", "--allow-empty", "--message="+message); err != nil {
		return "", err
	}
	return r.Commit(ctx, "HEAD")
}
