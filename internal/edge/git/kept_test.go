package git_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/git"
)

const keptRef = "refs/assay/retrain/m"

func kept(t *testing.T, dir string) *git.Kept {
	t.Helper()
	r, err := git.Open(t.Context(), dir, git.Options{})
	require.NoError(t, err)
	return r.Keep(keptRef, "state.json")
}

// cloned is a bare repository and two shallow clones of it, as two jobs have them.
func cloned(t *testing.T) (bare, first, second string) {
	h := newHistory(t)
	dir := t.TempDir()
	bare, first, second = filepath.Join(dir, "bare"), filepath.Join(dir, "first"), filepath.Join(dir, "second")
	do(t, h.dir, "clone", "-q", "--bare", h.dir, bare)
	for _, clone := range []string{first, second} {
		do(t, h.dir, "clone", "-q", "--depth=1", "file://"+bare, clone)
	}
	return bare, first, second
}

func TestARefKeepsAFile(t *testing.T) {
	bare, first, second := cloned(t)
	alone := newHistory(t).dir
	for name, dirs := range map[string][2]string{"at the remote": {first, second}, "in this repository": {alone, alone}} {
		t.Run(name, func(t *testing.T) {
			here, there := kept(t, dirs[0]), kept(t, dirs[1])
			content, revision, err := here.Load(t.Context())
			require.NoError(t, err)
			require.Empty(t, content)
			require.Empty(t, revision)
			require.NoError(t, here.Save(t.Context(), []byte("one"), "first\n\nwhy", ""))
			require.ErrorIs(t, there.Save(t.Context(), []byte("other"), "late", ""), git.ErrMoved, "it is there by now")
			content, revision, err = there.Load(t.Context())
			require.NoError(t, err)
			require.Equal(t, "one", string(content))
			require.NoError(t, there.Save(t.Context(), []byte("two"), "second", revision))
			require.ErrorIs(t, here.Save(t.Context(), []byte("three"), "stale", revision), git.ErrMoved)
			content, _, err = here.Load(t.Context())
			require.NoError(t, err)
			require.Equal(t, "two", string(content))
		})
	}
	require.Equal(t, "second\nfirst", do(t, bare, "log", "--format=%s", keptRef), "the log is kept")
	require.Equal(t, "second\nfirst", do(t, alone, "log", "--format=%s", keptRef))
}

func TestAClonesDepthIsLeftAsItIs(t *testing.T) {
	bare, shallow, _ := cloned(t)
	full := filepath.Join(t.TempDir(), "full")
	do(t, bare, "clone", "-q", "file://"+bare, full)
	require.NoError(t, kept(t, shallow).Save(t.Context(), []byte("one"), "first", ""))
	_, revision, err := kept(t, shallow).Load(t.Context())
	require.NoError(t, err)
	require.NoError(t, kept(t, shallow).Save(t.Context(), []byte("two"), "second", revision))
	content, _, err := kept(t, full).Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, "two", string(content))
	require.Equal(t, "false", do(t, full, "rev-parse", "--is-shallow-repository"))
}

// Of several that read the same and write at once, one wins.
func TestOneOfSeveralWritersWins(t *testing.T) {
	_, first, second := cloned(t)
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		keeper := kept(t, []string{first, second}[i%2])
		wait.Go(func() { errs[i] = keeper.Save(t.Context(), []byte(strconv.Itoa(i)), "m", "") })
	}
	wait.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			content, _, err := kept(t, first).Load(t.Context())
			require.NoError(t, err)
			require.Equal(t, strconv.Itoa(i), string(content))
			continue
		}
		require.True(t, errors.Is(err, git.ErrMoved), "%v", err)
	}
	require.Equal(t, 1, won)
}

func TestARefThatNobodyMayWrite(t *testing.T) {
	_, first, _ := cloned(t)
	do(t, first, "remote", "set-url", "origin", filepath.Join(t.TempDir(), "gone"))
	keeper := kept(t, first)
	_, _, err := keeper.Load(t.Context())
	require.ErrorContains(t, err, "read "+keptRef)
	require.Error(t, keeper.Save(t.Context(), []byte("x"), "m", ""))
}

// checkout leaves its own credential in the clone's config; GitHub answers 400 where a request bears two.
func TestOurTokenTakesThePlaceOfTheOneThatCheckoutLeft(t *testing.T) {
	var bearers [][]string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bearers = append(bearers, r.Header.Values("Authorization"))
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	dir := newHistory(t).dir
	do(t, dir, "remote", "add", "origin", server.URL+"/owner/repo")
	do(t, dir, "config", "http."+server.URL+"/.extraheader", "AUTHORIZATION: basic b2xk")
	r, err := git.Open(t.Context(), dir, git.Options{Token: "ours", ServerURL: server.URL})
	require.NoError(t, err)
	_, _, err = r.Keep(keptRef, "state.json").Load(t.Context())
	require.Error(t, err)
	require.NotEmpty(t, bearers)
	for _, values := range bearers {
		require.Equal(t, []string{"basic eC1hY2Nlc3MtdG9rZW46b3Vycw=="}, values) // base64 of x-access-token:ours
	}
}
