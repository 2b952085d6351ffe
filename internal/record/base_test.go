package record_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/source"
)

const sha = "0123456789abcdef0123456789abcdef01234567"

// committed is a repository whose base commit has these files.
type committed map[string]string

func (committed) Base(context.Context) (string, error) { return sha, nil }

func (c committed) File(_ context.Context, _, path string) ([]byte, error) {
	text, ok := c[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return []byte(text), nil
}

// shallow is a repository whose base commit cannot be had.
type shallow struct{ committed }

func (shallow) Base(context.Context) (string, error) { return "", errors.New("the clone is shallow") }

func TestLookupTakesTheCommittedFile(t *testing.T) {
	base, err := record.Lookup(t.Context(), "", committed{"metrics.json": `{"auc": 0.75}`}, "", "metrics.json")
	require.NoError(t, err)
	require.Equal(t, map[string]metric.Value{"auc": 0.75}, base.Values)
	require.Equal(t, "commit", base.From.Source)
	require.Equal(t, sha, base.From.Commit)
}

func TestLookupPrefersTheNamedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"auc": 0.5}`), 0o600))
	base, err := record.Lookup(t.Context(), path, committed{"metrics.json": `{"auc": 0.75}`}, "", "metrics.json")
	require.NoError(t, err)
	require.Equal(t, map[string]metric.Value{"auc": 0.5}, base.Values)
	require.Equal(t, "file", base.From.Source)
}

func TestLookupSaysWhyThereIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		repository record.Repository
		why        string
	}{
		"no repository":        {nil, "not a git repository"},
		"a shallow clone":      {shallow{}, "the clone is shallow"},
		"not committed":        {committed{}, "metrics.json is not committed at 0123456789ab"},
		"not to be understood": {committed{"metrics.json": "["}, "parse metrics metrics.json"},
	} {
		t.Run(name, func(t *testing.T) {
			base, err := record.Lookup(t.Context(), "", c.repository, "not a git repository", "metrics.json")
			require.NoError(t, err)
			require.Nil(t, base.Values)
			require.Equal(t, "none", base.From.Source)
			require.Contains(t, base.From.Why, c.why)
		})
	}
}

func TestANamedFileMustBeThere(t *testing.T) {
	_, err := record.Lookup(t.Context(), filepath.Join(t.TempDir(), "gone.json"), nil, "", "metrics.json")
	require.True(t, source.IsUserError(err))
}
