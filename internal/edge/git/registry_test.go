package git_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/release/registry/registrytest"
)

// clone is a repository with a commit, and where remote is set, one that it was pushed to.
func clone(t *testing.T, remote bool) (dir string, commit func(*testing.T) string) {
	t.Helper()
	dir = t.TempDir()
	do(t, dir, "init", "-q", "-b", "main")
	if remote {
		bare := filepath.Join(t.TempDir(), "remote.git")
		do(t, dir, "init", "-q", "--bare", bare)
		do(t, dir, "remote", "add", "origin", bare)
	}
	n := 0
	return dir, func(t *testing.T) string {
		n++
		do(t, dir, "commit", "-q", "--allow-empty", "-m", fmt.Sprint("commit ", n))
		if remote {
			do(t, dir, "push", "-q", "origin", "HEAD:refs/heads/main")
		}
		return do(t, dir, "rev-parse", "HEAD")
	}
}

func opened(t *testing.T, dir, remote string) *git.Registry {
	t.Helper()
	r, err := git.Open(t.Context(), dir, git.Options{})
	require.NoError(t, err)
	return r.Registry(remote)
}

func TestTheTagsOfACloneKeepTheContract(t *testing.T) {
	registrytest.Run(t, func(t *testing.T) registrytest.Bench {
		dir, commit := clone(t, false)
		return registrytest.Bench{Backend: gittag.New(opened(t, dir, "")), Commit: commit}
	})
}

func TestTheTagsOfARemoteKeepTheContract(t *testing.T) {
	registrytest.Run(t, func(t *testing.T) registrytest.Bench {
		dir, commit := clone(t, true)
		return registrytest.Bench{Backend: gittag.New(opened(t, dir, "origin")), Commit: commit}
	})
}

// put reads, plans and writes.
func put(t *testing.T, backend registry.Backend, plan func(registry.Log) ([]registry.Event, error)) {
	t.Helper()
	log, err := backend.Read(t.Context(), "clf")
	require.NoError(t, err)
	events, err := plan(log)
	require.NoError(t, err)
	require.NoError(t, backend.Write(t.Context(), "clf", log.Revision, events))
}

func TestWhichBranchesHoldACommit(t *testing.T) {
	h := newHistory(t)
	r, err := git.Open(t.Context(), h.dir, git.Options{})
	require.NoError(t, err)
	for commit, want := range map[string][]string{h.first: {"feature", "main"}, h.second: {"main"}, h.head: {"feature"}} {
		names, err := r.BranchesWith(t.Context(), commit)
		require.NoError(t, err)
		require.Equal(t, want, names)
	}
	_, err = r.BranchesWith(t.Context(), "0123456789012345678901234567890123456789")
	require.ErrorContains(t, err, "is not in this clone")
	tip, err := r.DefaultTip(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, h.second, tip)

	clone := filepath.Join(t.TempDir(), "clone")
	do(t, h.dir, "clone", "-q", "file://"+h.dir, clone)
	do(t, clone, "checkout", "-qb", "local")
	r, err = git.Open(t.Context(), clone, git.Options{})
	require.NoError(t, err)
	names, err := r.BranchesWith(t.Context(), h.first)
	require.NoError(t, err)
	require.Equal(t, []string{"feature", "main"}, names, "those of origin, and not what was made here")
	tip, err = r.DefaultTip(t.Context(), "feature")
	require.NoError(t, err)
	require.Equal(t, h.head, tip)
	_, err = r.DefaultTip(t.Context(), "gone")
	require.Error(t, err)

	shallow := filepath.Join(t.TempDir(), "shallow")
	do(t, h.dir, "clone", "-q", "--depth=1", "--branch=main", "file://"+h.dir, shallow)
	r, err = git.Open(t.Context(), shallow, git.Options{})
	require.NoError(t, err)
	_, err = r.BranchesWith(t.Context(), h.second)
	require.ErrorContains(t, err, "the whole history")
}

func TestTheLockOfAKilledGitIsNamed(t *testing.T) {
	dir, commit := clone(t, false)
	backend, sha := gittag.New(opened(t, dir, "")), commit(t)
	lock := filepath.Join(dir, ".git/refs/assay/registry/clf.lock")
	write(t, lock, "")
	events, err := registry.Log{Model: "clf"}.Register(registry.Entry{Commit: sha}, registry.Deed{By: "ann", Now: time.Now()})
	require.NoError(t, err)
	require.ErrorContains(t, backend.Write(t.Context(), "clf", "", events), lock+" is there")
	require.NoError(t, os.Remove(lock))
	require.NoError(t, backend.Write(t.Context(), "clf", "", events))
}

// A registry of ten thousand tags takes as many calls of git as one of ten; what is hostile in it is no event, or a short one.
func TestManyAndHostileTags(t *testing.T) {
	dir, commit := clone(t, false)
	sha := commit(t)
	var script strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&script, "tag clf#canary#%d\nfrom %s\ntagger gto <gto@example.com> %d +0000\ndata 2\nx\n", i+1, sha, 1_700_000_000+i)
	}
	feed(t, dir, script.String(), "-c", "core.fsync=none", "fast-import", "--quiet") // a file for each tag
	large := "object " + sha + "\ntype commit\ntag clf@v1.0.0\ntagger x <y> 1600000000 +0000\n\n"
	do(t, dir, "update-ref", "refs/tags/clf@v1.0.0", feed(t, dir, large+strings.Repeat("l", 16<<20), "mktag"))
	do(t, dir, "update-ref", "refs/tags/clf#\xff#1", sha)
	do(t, dir, "update-ref", "refs/tags/clf#light#20000", sha)
	do(t, dir, "tag", "-a", "-m", "on a tag", "clf#nested#3", "clf#canary#1")
	do(t, dir, "tag", "-a", "-m", "on a tree", "clf#tree#3", "HEAD^{tree}")
	do(t, dir, "tag", "-a", "-m", "gone", "other@v1.0.0")
	do(t, dir, "pack-refs", "--all")

	counting := deadly(t, 0, "never")
	for _, entry := range counting {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	repository := opened(t, dir, "")
	backend := gittag.New(repository)
	log, err := backend.Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Len(t, log.Events, 10_001)
	require.Equal(t, 20_000, log.Highest)
	require.Len(t, log.Events[0].Reason, 64<<10, "of a message of 16 MiB the beginning")
	require.Equal(t, "v1.0.0", log.Of().Holder("canary").Name)
	count, err := os.ReadFile(strings.TrimPrefix(counting[2], "COUNT="))
	require.NoError(t, err)
	require.Equal(t, "3", strings.TrimSpace(string(count)), "git was called to open the repository, to list and to read")
}

// feed runs git as a user would, with something to read.
func feed(t *testing.T, dir, input string, args ...string) string {
	t.Helper()
	command := exec.Command("git", append([]string{"-C", dir}, args...)...)
	command.Stdin, command.Stderr = strings.NewReader(input), os.Stderr
	out, err := command.Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// What the tree's folder says is not run: hooks, and programs that stand in its configuration.
func TestAPushRunsNothingOfTheTree(t *testing.T) {
	dir, commit := clone(t, true)
	sha, mark := commit(t), filepath.Join(t.TempDir(), "ran")
	for _, hook := range []string{"pre-push", "reference-transaction", "post-index-change"} {
		path := filepath.Join(dir, ".git/hooks", hook)
		write(t, path, "#!/bin/sh\necho "+hook+" >>"+mark+"\n")
		require.NoError(t, os.Chmod(path, 0o755))
	}
	program := filepath.Join(dir, ".git", "program")
	write(t, program, "#!/bin/sh\necho program >>"+mark+"\nexit 1\n")
	require.NoError(t, os.Chmod(program, 0o755))
	for _, key := range []string{"remote.origin.receivepack", "remote.origin.uploadpack", "gpg.program", "core.sshCommand"} {
		do(t, dir, "config", key, program)
	}
	do(t, dir, "config", "push.gpgSign", "true")
	put(t, gittag.New(opened(t, dir, "origin")), func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Commit: sha}, registry.Deed{By: "ann", Now: time.Now()})
	})
	put(t, gittag.New(opened(t, dir, "")), func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Commit: sha}, registry.Deed{By: "ann", Now: time.Now()})
	})
	require.NoFileExists(t, mark)
}

// What actions/checkout leaves by default: one commit, and none of the tags.
func TestAShallowCloneReadsAndWritesTheRemotesTags(t *testing.T) {
	dir, commit := clone(t, true)
	first := commit(t)
	deed := registry.Deed{By: "ann", Now: time.Now()}
	put(t, gittag.New(opened(t, dir, "origin")), func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Commit: first}, deed)
	})
	last := commit(t)
	shallow := filepath.Join(t.TempDir(), "shallow")
	do(t, dir, "clone", "-q", "--depth=1", "--no-tags", "--branch=main", "file://"+do(t, dir, "config", "remote.origin.url"), shallow)
	backend := gittag.New(opened(t, shallow, "origin"))
	put(t, backend, func(l registry.Log) ([]registry.Event, error) {
		return l.Register(registry.Entry{Commit: last}, deed)
	})
	put(t, backend, func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(registrytest.Stages, "v0.0.1", "production", true, deed)
	})
	log, err := gittag.New(opened(t, dir, "origin")).Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Len(t, log.Events, 3)
	require.Equal(t, "1", do(t, shallow, "rev-list", "--count", "HEAD"), "no history was fetched")
}
