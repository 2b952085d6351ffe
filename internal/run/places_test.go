package run

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
)

func write(t *testing.T, path, text string) string {
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// The training command gets copies in the shape of the folder elsewhere, and no name leads out of its own.
func TestCopiesForTheTrainingCommand(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	one := write(t, filepath.Join(from, "1"), "a")
	got, err := copyFetched(to, table.Fetched{Base: "s3://b/d", Local: map[string]string{"s3://b/d/y=1/a.csv": one, "s3://b/d/y=2/a.csv": write(t, filepath.Join(from, "2"), "b")}})
	require.NoError(t, err)
	require.Equal(t, to, got)
	content, err := os.ReadFile(filepath.Join(to, "y=2", "a.csv"))
	require.NoError(t, err)
	require.Equal(t, "b", string(content))

	got, err = copyFetched(to, table.Fetched{Base: "s3://b/d/c.csv", Local: map[string]string{"s3://b/d/c.csv": one}})
	require.NoError(t, err)
	require.Equal(t, filepath.Join(to, "c.csv"), got)
	require.NoError(t, os.WriteFile(got, []byte("changed"), 0o644))
	content, err = os.ReadFile(one)
	require.NoError(t, err)
	require.Equal(t, "a", string(content), "the cache is not the command's to change")

	_, err = copyFetched(to, table.Fetched{Base: "s3://b/d", Local: map[string]string{"s3://b/d/../../out.csv": one}})
	require.Error(t, err)
	require.NoFileExists(t, filepath.Join(to, "..", "..", "out.csv"))
}

func contract(t *testing.T, text string) *schema.Contract {
	c, err := config.ParseContract("c.yaml", []byte(text))
	require.NoError(t, err)
	return c
}

// A table that only SQL names is fetched too, and no other.
func TestSQLReadsRemoteTables(t *testing.T) {
	files := t.TempDir()
	write(t, filepath.Join(files, "a.csv"), "id\n1\n2\n")
	write(t, filepath.Join(files, "b.csv"), "id\n1\n")
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		http.FileServer(http.Dir(files)).ServeHTTP(w, r)
	}))
	defer server.Close()
	c := &config.Config{Version: 1, Model: "m", Dir: t.TempDir(), Data: map[string]table.Spec{
		"a": {Path: server.URL + "/a.csv"}, "Other": {Path: server.URL + "/b.csv"}, "idle": {Path: server.URL + "/none.csv"}},
		Validate: []config.Check{{Use: schema.Use{Table: "a", Contract: "c.yaml", Promises: contract(t, "version: 1\nrules: [{query: SELECT id FROM a WHERE id NOT IN (SELECT id FROM other)}]\n")}}}}
	s := newSession(Options{Config: c, Remote: Remote{CacheDir: t.TempDir(), CacheSize: 1000, Loopback: true}}, []string{"validate"})
	defer s.close()
	require.NoError(t, s.openTables(t.Context()))
	behind, err := s.fencedTables(t.Context())
	require.NoError(t, err)
	require.Contains(t, behind, "Other")
	require.NotContains(t, behind, "idle")
	require.NotContains(t, asked, "/none.csv")
	n, err := behind["a"].CountResult(t.Context(), "SELECT id FROM a WHERE id NOT IN (SELECT id FROM other)")
	require.NoError(t, err)
	require.Equal(t, int64(1), n)
}

// What the user can mend stands at its place; what lies outside says what to do as well.
func TestErrorsOfPlaces(t *testing.T) {
	pos := source.Pos{File: "assay.yaml", Line: 4, Column: 3}
	err := placed(pos, &blob.Error{Cause: blob.Denied, Where: "s3://b/k", Reason: "403", Hint: "ask for rights"})
	require.EqualError(t, err, "assay.yaml:4:3: read s3://b/k: 403\n        ask for rights")
	require.True(t, source.IsUserError(err))
	err = placed(pos, &blob.Error{Cause: blob.Changed, Where: "s3://b/k", Reason: "it changed", Hint: "run again"})
	require.EqualError(t, err, "read s3://b/k: it changed; run again")
	require.False(t, source.IsUserError(err))
	require.EqualError(t, placed(pos, source.Errorf("more", "too small")), "assay.yaml:4:3: too small\n        more")
	require.ErrorIs(t, placed(pos, context.Canceled), context.Canceled)
}
