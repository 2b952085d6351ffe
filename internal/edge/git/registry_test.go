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
