package git_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/git"
	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/release/registry/registrytest"
)

// TestMain is also the program of a promoter: it works in its current folder, on the remote that its environment names.
func TestMain(m *testing.M) {
	if os.Getenv(registrytest.Promoter) == "" {
		os.Exit(m.Run())
	}
	r, err := git.Open(context.Background(), ".", git.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(registrytest.Broke)
	}
	os.Exit(registrytest.Promote(gittag.New(r.Registry(os.Getenv("REMOTE")))))
}

// promoter makes a promoter that works in a clone.
func promoter(t *testing.T, dir, remote string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(program)
	c.Dir, c.Env = dir, append(os.Environ(), "REMOTE="+remote)
	return c
}

func TestFiftyPromotersOnABareRepository(t *testing.T) {
	dir, commit := clone(t, true)
	bench := registrytest.Bench{Backend: gittag.New(opened(t, dir, "origin")), Commit: commit}
	registrytest.Race(t, bench, 50, 3, func() *exec.Cmd { return promoter(t, dir, "origin") })
	require.Empty(t, do(t, dir, "tag"), "the clone's own tags stay as they are")
}

func TestPromotersOfOneClone(t *testing.T) {
	dir, commit := clone(t, false)
	bench := registrytest.Bench{Backend: gittag.New(opened(t, dir, "")), Commit: commit}
	registrytest.Race(t, bench, 20, 3, func() *exec.Cmd { return promoter(t, dir, "") })
}

// killer is a git that kills who called it at its call number $AT: before it does anything, or so that it goes on alone.
const killer = `#!/bin/sh
n=$(($(cat "$COUNT") + 1))
echo $n >"$COUNT"
if [ $n = "$AT" ]; then
	kill -9 $PPID
	[ "$WHEN" = alone ] || exit 1
fi
exec "$GIT" "$@"
`

// A promotion calls git some ten times. Its process is killed at each of them, before the call does anything and so that git goes on alone:
// what it leaves is the state before or after the promotion and nothing between, and the same command goes on from there.
func TestAPromotionThatIsKilledAnywhere(t *testing.T) {
	for _, remote := range []string{"", "origin"} {
		t.Run("remote "+remote, func(t *testing.T) {
			template, taken := serving(t, remote), 0
			for point, isKilled := 1, true; isKilled; point++ {
				for _, when := range []string{"before", "alone"} {
					var took bool
					if isKilled, took = killAt(t, template, remote, point, when); isKilled && took {
						taken++
					}
				}
				require.Less(t, point, 50)
			}
			require.GreaterOrEqual(t, taken, 2, "killed behind the update, and while git made it alone, it has taken effect")
		})
	}
}

// serving is a folder with a clone and its remote, in which v1.0.0 serves and v2.0.0 is registered.
func serving(t *testing.T, remote string) string {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "clone")
	do(t, root, "init", "-q", "-b", "main", dir)
	do(t, root, "init", "-q", "--bare", "remote.git")
	do(t, dir, "remote", "add", "origin", "../remote.git")
	backend, long := gittag.New(opened(t, dir, remote)), registry.Deed{By: "ann", Now: time.Now().Add(-time.Hour)}
	for _, version := range []string{"v1.0.0", "v2.0.0"} {
		do(t, dir, "commit", "-q", "--allow-empty", "-m", version)
		sha := do(t, dir, "rev-parse", "HEAD")
		put(t, backend, func(l registry.Log) ([]registry.Event, error) {
			return l.Register(registry.Entry{Version: version, Commit: sha}, long)
		})
	}
	put(t, backend, func(l registry.Log) ([]registry.Event, error) {
		return l.Transition(registrytest.Stages, "v1.0.0", "production", true, long)
	})
	return root
}

// killAt kills a promotion at a call of git; took says whether it has taken effect.
func killAt(t *testing.T, template, remote string, point int, when string) (isKilled, took bool) {
	t.Helper()
	root := t.TempDir()
	require.NoError(t, os.CopyFS(root, os.DirFS(template)))
	dir := filepath.Join(root, "clone")
	backend := gittag.New(opened(t, dir, remote))
	before, err := backend.Read(t.Context(), "clf")
	require.NoError(t, err)
	isKilled = runToItsEnd(t, promoter(t, dir, remote), append(deadly(t, point, when), registrytest.Promoter+"=v2.0.0 v1.0.0"))

	now, err := backend.Read(t.Context(), "clf")
	require.NoError(t, err)
	holder := now.Of().Holder("production").Name
	took = holder == "v2.0.0"
	require.Len(t, now.Events, len(before.Events)+map[string]int{"v1.0.0": 0, "v2.0.0": 3}[holder], "all of it or nothing")
	require.False(t, runToItsEnd(t, promoter(t, dir, remote), []string{registrytest.Promoter + "=v2.0.0 " + holder}), "the next command goes on")
	last, err := backend.Read(t.Context(), "clf")
	require.NoError(t, err)
	require.Len(t, last.Events, len(before.Events)+3, "it is done, and once")
	faults, err := backend.Verify(t.Context(), "clf")
	require.NoError(t, err)
	require.Empty(t, faults)
	return isKilled, took
}

// runToItsEnd runs a promoter until it and whatever it started have ended: all of them hold one end of a pipe.
func runToItsEnd(t *testing.T, c *exec.Cmd, environ []string) (isKilled bool) {
	t.Helper()
	ended, held, err := os.Pipe()
	require.NoError(t, err)
	defer ended.Close()
	c.Env, c.ExtraFiles = append(c.Env, environ...), []*os.File{held}
	require.NoError(t, c.Start())
	require.NoError(t, held.Close())
	_, err = io.ReadAll(ended)
	require.NoError(t, err)
	if err := c.Wait(); err == nil {
		return false
	}
	require.Equal(t, -1, c.ProcessState.ExitCode(), "it was killed, and did not fail")
	return true
}

// deadly is the environment in which git is the killer.
func deadly(t *testing.T, point int, when string) []string {
	t.Helper()
	folder := t.TempDir()
	program, err := exec.LookPath("git")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "git"), []byte(killer), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "count"), []byte("0"), 0o644))
	return []string{"PATH=" + folder + string(os.PathListSeparator) + os.Getenv("PATH"), "GIT=" + program, "COUNT=" + filepath.Join(folder, "count"),
		"AT=" + strconv.Itoa(point), "WHEN=" + when}
}
