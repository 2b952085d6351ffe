package git

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/release/gittag"
)

// Registry is a repository's refs as package gittag needs them: those of a remote, whose objects are fetched into this clone, or
// this clone's own.
type Registry struct {
	*Repository
	remote string // name or address; "" for the clone's own
}

var _ gittag.Repository = (*Registry)(nil)

// Registry gives the refs of a remote; "" for the clone's own.
func (r *Repository) Registry(remote string) *Registry { return &Registry{r, remote} }

// HasRemote reports whether the clone knows a remote of this name.
func (r *Repository) HasRemote(ctx context.Context, name string) bool {
	_, err := r.git(ctx, "config", "--get", "remote."+name+".url")
	return err == nil
}

// Commit is the full sha of what a name stands for.
func (r *Repository) Commit(ctx context.Context, name string) (string, error) {
	if sha := r.resolve(ctx, name); sha != "" {
		return sha, nil
	}
	return "", fmt.Errorf("%q names no commit of this clone", name)
}

// Person is who makes commits here, as "Name <address>"; "" where git was not told.
func (r *Repository) Person(ctx context.Context) string {
	name, nameErr := r.git(ctx, "config", "--get", "user.name")
	email, emailErr := r.git(ctx, "config", "--get", "user.email")
	if nameErr != nil || emailErr != nil {
		return ""
	}
	return fmt.Sprintf("%s <%s>", strings.TrimSpace(name), strings.TrimSpace(email))
}

// where the registry's refs lie.
var registryRefs = []string{"refs/tags/", "refs/assay/registry/"}

// list names the objects of refs below some places, by the refs' full names.
func (r *Registry) list(ctx context.Context, places ...string) (map[string]string, error) {
	args := append([]string{"for-each-ref", "--format=%(objectname)%09%(refname)"}, places...)
	if r.remote != "" {
		args = []string{"ls-remote", "--refs", "--quiet", "--upload-pack=git-upload-pack", "--end-of-options", r.remote}
		for _, place := range places {
			args = append(args, place+"*")
		}
	}
	printed, err := r.git(ctx, args...)
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for line := range strings.Lines(printed) {
		if oid, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			refs[name] = oid
		}
	}
	return refs, nil
}

// TagNames implements gittag.Repository.
func (r *Registry) TagNames(ctx context.Context) ([]string, error) {
	refs, err := r.list(ctx, "refs/tags/")
	var names []string
	for name := range refs {
		names = append(names, name)
	}
	return names, err
}

// Refs implements gittag.Repository. It takes two calls of git, and two more where objects have to be fetched.
func (r *Registry) Refs(ctx context.Context, prefixes ...string) ([]gittag.Ref, error) {
	listed, err := r.list(ctx, registryRefs...)
	if err != nil {
		return nil, err
	}
	var refs []gittag.Ref
	for name, oid := range listed {
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			refs = append(refs, gittag.Ref{Name: name, OID: oid})
		}
	}
	missing, err := r.read(ctx, refs)
	if err != nil || len(missing) == 0 {
		return refs, err
	}
	if r.remote == "" {
		return nil, fmt.Errorf("object %s of a ref is not in the repository; git fsck says what else is missing", missing[0])
	}
	if err := r.fetch(ctx, missing); err != nil {
		return nil, err
	}
	if missing, err = r.read(ctx, refs); err == nil && len(missing) > 0 {
		err = errors.New("the remote did not send " + missing[0])
	}
	return refs, err
}

// fetch brings objects of the remote here, with as little of their history as this clone has of its own.
func (r *Registry) fetch(ctx context.Context, oids []string) error {
	args := []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", "--upload-pack=git-upload-pack", "--stdin"}
	shallow, err := r.git(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return err
	}
	if strings.TrimSpace(shallow) == "true" {
		args = append(args, "--depth=1")
	}
	_, err = r.feed(ctx, strings.Join(oids, "\n")+"\n", append(args, "--end-of-options", r.remote)...)
	return err
}
