// Package git reads what was committed, through the git program: it is in the image, and it is what users' repositories
// were made with. It writes nothing but the objects that it fetches, tags as a registry, the refs that keep our own state (Kept), and a
// demonstration's repository; it trusts neither the owner of the tree nor the hooks and helpers that the tree's configuration names.
package git

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Options say how a commit that is not here is fetched.
type Options struct {
	Token     string // sent to ServerURL only; "" where none is needed
	ServerURL string // such as https://github.com
}

// Repository is a work tree.
type Repository struct {
	root    string // of the work tree
	prefix  string // from the root to the folder that was opened, with a slash at its end; "" for the root itself
	options Options
}

// Open opens the repository that holds a folder.
func Open(ctx context.Context, dir string, options Options) (*Repository, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	r := &Repository{root: absolute, options: options}
	out, err := r.git(ctx, "rev-parse", "--show-toplevel", "--show-prefix")
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("git is not installed")
	}
	if err != nil {
		return nil, errors.New("not in a git repository")
	}
	top, prefix, _ := strings.Cut(out, "\n")
	r.root, r.prefix = top, strings.TrimSuffix(prefix, "\n")
	return r, nil
}

// maxFile bounds a file that is read at a commit.
const maxFile = 10 << 20

// File is the content of a file at a commit; its path starts at the folder that was opened. It is fs.ErrNotExist where
// the commit has no such regular file. A commit that is not here is fetched, alone.
func (r *Repository) File(ctx context.Context, commit, name string) ([]byte, error) {
	if err := r.ensure(ctx, commit); err != nil {
		return nil, err
	}
	full := path.Join(r.prefix, filepath.ToSlash(name))
	listed, err := r.git(ctx, "ls-tree", "-z", "-l", "--full-tree", commit, "--", full)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(listed) // mode, type, object, size, path
	if len(fields) < 5 || fields[1] != "blob" || fields[0] == "120000" {
		return nil, fmt.Errorf("%s at %.12s: %w", full, commit, fs.ErrNotExist)
	}
	if size, err := strconv.Atoi(fields[3]); err != nil || size > maxFile {
		return nil, fmt.Errorf("%s at %.12s is larger than %d MiB", full, commit, maxFile>>20)
	}
	content, err := r.git(ctx, "cat-file", "blob", fields[2])
	return []byte(content), err
}

// Held are those of some files, named from the folder that was opened, that HEAD holds, with their paths in the repository.
func (r *Repository) Held(ctx context.Context, names []string) (map[string]string, error) {
	paths := make(map[string]string, len(names))
	args := []string{"ls-tree", "-z", "--name-only", "HEAD", "--"}
	for _, name := range names {
		if filepath.IsLocal(name) {
			paths[r.prefix+path.Clean(filepath.ToSlash(name))] = name
		}
	}
	out, err := r.git(ctx, append(args, slices.Sorted(maps.Keys(paths))...)...)
	if err != nil {
		return nil, err
	}
	held := map[string]string{}
	for found := range strings.SplitSeq(out, "\x00") {
		if name, ok := paths[found]; ok {
			held[name] = found
		}
	}
	return held, nil
}

// maxNamed bounds how many files Named lists.
const maxNamed = 100

// Named lists the files of a commit whose name fits a pattern of path.Match, sorted; their paths start at the folder that was
// opened.
func (r *Repository) Named(ctx context.Context, commit, pattern string) ([]string, error) {
	if err := r.ensure(ctx, commit); err != nil {
		return nil, err
	}
	listed, err := r.git(ctx, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	var found []string
	for full := range strings.SplitSeq(listed, "\x00") {
		if fits, _ := path.Match(pattern, path.Base(full)); !fits || len(found) == maxNamed {
			continue
		}
		relative, err := filepath.Rel(path.Join("/", r.prefix), path.Join("/", full))
		if err != nil {
			return nil, err
		}
		found = append(found, relative)
	}
	return found, nil
}

// ensure fetches a commit that is not here.
func (r *Repository) ensure(ctx context.Context, commit string) error {
	if _, err := r.git(ctx, "cat-file", "-e", commit+"^{commit}"); err == nil {
		return nil
	}
	if _, err := r.git(ctx, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "origin", commit); err != nil {
		return fmt.Errorf("commit %.12s is not in this clone and could not be fetched (%w); check out with fetch-depth: 2, or give the job contents: read", commit, err)
	}
	return nil
}

// resolve is the sha of a commit, "" where there is none of that name.
func (r *Repository) resolve(ctx context.Context, name string) string {
	out, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

// parents are those that a commit names, even where the clone is too shallow to have them.
func (r *Repository) parents(ctx context.Context, commit string) ([]string, error) {
	object, err := r.git(ctx, "cat-file", "commit", commit)
	if err != nil {
		return nil, err
	}
	header, _, _ := strings.Cut(object, "\n\n")
	var parents []string
	for line := range strings.Lines(header) {
		if sha, ok := strings.CutPrefix(line, "parent "); ok {
			parents = append(parents, strings.TrimSpace(sha))
		}
	}
	return parents, nil
}

// guards turn off what a tree could make git run, and let it read a tree of another owner: in a container the workspace
// belongs to the runner.
func (r *Repository) guards() []string {
	return []string{"-C", r.root, "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
		"-c", "credential.helper=", "-c", "protocol.ext.allow=never", "-c", "core.sshCommand=ssh -oBatchMode=yes", "-c", "gc.auto=0",
		"-c", "maintenance.auto=false", "--no-pager", "--literal-pathspecs"}
}

// git runs git and answers with what it printed.
func (r *Repository) git(ctx context.Context, args ...string) (string, error) {
	return r.feed(ctx, "", args...)
}

// feed runs git with something to read, and answers with what it printed.
func (r *Repository) feed(ctx context.Context, input string, args ...string) (string, error) {
	var out bytes.Buffer
	err := r.stream(ctx, input, &out, args...)
	if err != nil {
		return "", err
	}
	return out.String(), nil
}

// stream runs git with something to read, and writes what it prints as it comes.
func (r *Repository) stream(ctx context.Context, input string, out io.Writer, args ...string) error {
	command := exec.CommandContext(ctx, "git", append(r.guards(), args...)...)
	command.Env = r.environ()
	var complaint bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), out, &complaint
	if err := command.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return err
		}
		return fmt.Errorf("git %s: %s", args[0], r.lastLine(complaint.String(), err))
	}
	return nil
}

// lastLine is what git said last, without the token.
func (r *Repository) lastLine(complaint string, err error) string {
	lines := strings.Split(strings.TrimSpace(complaint), "\n")
	line := strings.TrimSpace(lines[len(lines)-1])
	if line == "" {
		line = err.Error()
	}
	if r.options.Token != "" {
		line = strings.ReplaceAll(line, r.options.Token, "***")
	}
	return line
}

// environ is ours without git's own variables, and with the token where it is for the server: in the environment and
// not among the arguments, which every process of the machine can read.
func (r *Repository) environ() []string {
	var environ []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "GIT_") || strings.HasPrefix(entry, "GIT_SSL_") {
			environ = append(environ, entry)
		}
	}
	environ = append(environ, "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	if r.options.Token == "" || r.options.ServerURL == "" {
		return environ
	}
	secret := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + r.options.Token))
	key := "=http." + strings.TrimSuffix(r.options.ServerURL, "/") + "/.extraheader"
	// The empty value takes back what checkout left in the clone: GitHub answers 400 to two credentials in one request.
	return append(environ, "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0"+key, "GIT_CONFIG_VALUE_0=", "GIT_CONFIG_KEY_1"+key, "GIT_CONFIG_VALUE_1=AUTHORIZATION: basic "+secret)
}
