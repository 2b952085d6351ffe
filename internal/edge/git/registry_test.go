package git_test

import (
	"fmt"
	"path/filepath"
	"testing"

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
