package git_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/git"
)

// tree is a repository with some files, of which nothing is committed yet.
func tree(t *testing.T, files map[string]string) (dir string, run func(args ...string)) {
	t.Helper()
	dir = t.TempDir()
	run = func(args ...string) {
		t.Helper()
		command := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=n@example.com"}, args...)...)
		out, err := command.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	run("init", "-q", "-b", "trunk")
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return dir, run
}

func TestFilesAreThoseThatAreOrWillBeCommitted(t *testing.T) {
	dir, run := tree(t, map[string]string{"a.csv": "a", "sub/é b.csv": "b", ".gitignore": "*.big\n", "x.big": "x"})
	r, err := git.Open(t.Context(), filepath.Join(dir, "sub"), git.Options{})
	require.NoError(t, err)
	require.Equal(t, "sub", r.Prefix())
	top, err := git.Open(t.Context(), r.Root(), git.Options{})
	require.NoError(t, err)
	require.Empty(t, top.Prefix())
	require.Equal(t, "trunk", top.DefaultBranch(t.Context()), "the branch that is to be born")
	require.Nil(t, top.FilesOf(t.Context(), "trunk"))
	for range 2 {
		files, err := top.Files(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, []string{".gitignore", "a.csv", "sub/é b.csv"}, files)
		run("add", "-A")
	}
	run("commit", "-qm", "first")
	require.Equal(t, []string{".gitignore", "a.csv", "sub/é b.csv"}, top.FilesOf(t.Context(), "trunk"))
}

func TestTheDefaultBranchIsOrigins(t *testing.T) {
	dir, run := tree(t, map[string]string{"a": "a"})
	run("add", "-A")
	run("commit", "-qm", "first")
	r, err := git.Open(t.Context(), dir, git.Options{})
	require.NoError(t, err)
	run("branch", "main")
	require.Equal(t, "main", r.DefaultBranch(t.Context()))
	run("update-ref", "refs/remotes/origin/develop", "HEAD")
	run("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/develop")
	require.Equal(t, "develop", r.DefaultBranch(t.Context()))
}

func TestOriginIsARepositoryOfItsHost(t *testing.T) {
	dir, run := tree(t, nil)
	r, err := git.Open(t.Context(), dir, git.Options{})
	require.NoError(t, err)
	require.Empty(t, r.Origin(t.Context(), "github.com"))
	run("remote", "add", "origin", "x")
	for address, name := range map[string]string{"https://github.com/o/r.git": "o/r", "git@github.com:o/r": "o/r", "ssh://git@github.com/o/r.git": "o/r", "https://example.com/o/r": "", "https://github.com/o": "", "/srv/r": ""} {
		run("remote", "set-url", "origin", address)
		require.Equal(t, name, r.Origin(t.Context(), "github.com"), address)
	}
}
