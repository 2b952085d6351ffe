package record_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
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
	base, err := record.Lookup(t.Context(), record.Search{Repository: committed{"metrics.json": `{"auc": 0.75}`}, Path: "metrics.json"})
	require.NoError(t, err)
	require.Equal(t, map[string]metric.Value{"auc": 0.75}, base.Values)
	require.Equal(t, "commit", base.From.Source)
	require.Equal(t, sha, base.From.Commit)
}

func TestLookupPrefersTheNamedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"auc": 0.5}`), 0o600))
	base, err := record.Lookup(t.Context(), record.Search{Named: path, Repository: committed{"metrics.json": `{"auc": 0.75}`}, Path: "metrics.json"})
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
			base, err := record.Lookup(t.Context(), record.Search{Repository: c.repository, Why: "not a git repository", Path: "metrics.json"})
			require.NoError(t, err)
			require.Nil(t, base.Values)
			require.Equal(t, "none", base.From.Source)
			require.Contains(t, base.From.Why, c.why)
		})
	}
}

func TestANamedFileMustBeThere(t *testing.T) {
	_, err := record.Lookup(t.Context(), record.Search{Named: filepath.Join(t.TempDir(), "gone.json")})
	require.True(t, source.IsUserError(err))
}

// branch is a store: what was left with each commit, the newest first.
type branch []record.Stored

func (b branch) Chain(_ context.Context, commit string, n int) ([]record.Stored, error) {
	for i, stored := range b {
		if stored.Commit == commit {
			return b[i:min(len(b), i+n)], nil
		}
	}
	return nil, errors.New("no such commit")
}

// left is what a run of the model leaves with a commit.
func left(t *testing.T, commit, model string, auc float64) record.Stored {
	t.Helper()
	text, _, err := record.Digest{Version: 1, Model: model, Commit: commit, Metrics: map[string]metric.Value{"auc": metric.Value(auc)}}.Encode()
	require.NoError(t, err)
	return record.Stored{Commit: commit, Texts: []string{"what people read\n" + text}}
}

// nth is a commit's name.
func nth(n int) string { return fmt.Sprintf("%040x", 0x1000+n) }

func TestLookupOrdersWhatItFinds(t *testing.T) {
	withFile, without := committed{"metrics.json": `{"auc": 0.5}`}, committed{}
	older := []record.Stored{{Commit: nth(1)}, left(t, nth(2), "m", 0.7), left(t, nth(3), "m", 0.6)}
	for name, c := range map[string]struct {
		repository record.Repository
		store      record.Store
		champion   record.Champion
		from       finding.Base
		auc        float64
		history    int
	}{
		"the commit's own result":                {withFile, append(branch{left(t, sha, "m", 0.8)}, older...), prod{0.9}, finding.Base{Source: "result", Commit: sha}, 0.8, 3},
		"its file, where no run stored a result": {withFile, append(branch{{Commit: sha}}, older...), prod{0.9}, finding.Base{Source: "commit", Commit: sha, Path: "metrics.json"}, 0.5, 2},
		"the nearest before it":                  {without, append(branch{{Commit: sha}}, older...), prod{0.9}, finding.Base{Source: "result", Commit: nth(2), Behind: 2}, 0.7, 2},
		"the champion":                           {without, branch{{Commit: sha}}, prod{0.9}, finding.Base{Source: "champion", Path: "m@v1.2.0"}, 0.9, 0},
		"no repository":                          {nil, nil, prod{0.9}, finding.Base{Source: "champion", Path: "m@v1.2.0"}, 0.9, 0},
		"another model's result":                 {without, branch{left(t, sha, "other", 0.8)}, nil, finding.Base{Source: "none", Why: "metrics.json is not committed at 0123456789ab; no result is stored with it or the 0 commits before it"}, 0, 0},
		"a forged commit": {without, branch{{Commit: sha, Texts: left(t, nth(9), "m", 0.1).Texts}}, nil,
			finding.Base{Source: "none", Why: "metrics.json is not committed at 0123456789ab; no result is stored with it or the 0 commits before it"}, 0, 0},
		"a store that fails": {without, branch{}, nil, finding.Base{Source: "none", Why: "metrics.json is not committed at 0123456789ab; stored results could not be read: no such commit"}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			base, err := record.Lookup(t.Context(), record.Search{Repository: c.repository, Path: "metrics.json", Store: c.store, Champion: c.champion, Model: "m"})
			require.NoError(t, err)
			require.Equal(t, c.from, base.From)
			require.Len(t, base.History, c.history)
			if c.auc != 0 {
				require.InDelta(t, c.auc, float64(base.Values["auc"]), 0)
			}
			if c.history == 3 {
				require.InDelta(t, 0.6, float64(base.History[0]["auc"]), 0, "the oldest first")
			}
		})
	}
}

// compared is what a run leaves that compared on a test set.
func compared(t *testing.T, commit, model, testSet string, run int64, verdict compare.Verdict) string {
	t.Helper()
	text, _, err := record.Digest{Version: 2, Model: model, Commit: commit, Run: run, Compared: []record.ComparisonDigest{{TestSet: testSet, Verdict: verdict}}}.Encode()
	require.NoError(t, err)
	return text
}

// All comparisons of the branch are looks, those of runs without metrics too; another model's are none.
func TestLookupFindsTheLooks(t *testing.T) {
	newest := record.Stored{Commit: sha, Texts: []string{compared(t, sha, "m", "a", 9, compare.Better), compared(t, sha, "m", "a", 8, compare.Worse), compared(t, sha, "other", "a", 7, compare.Better)}}
	oldest := record.Stored{Commit: nth(1), Texts: []string{compared(t, nth(1), "m", "b", 3, compare.Inconclusive)}}
	for name, champion := range map[string]record.Champion{"no base": nil, "the champion": prod{0.9}} {
		base, err := record.Lookup(t.Context(), record.Search{Repository: committed{}, Path: "metrics.json", Store: branch{newest, {Commit: nth(0)}, oldest}, Champion: champion, Model: "m"})
		require.NoError(t, err)
		require.Equal(t, []compare.Seen{{TestSet: "b", Run: 3}, {TestSet: "a", Run: 8}, {TestSet: "a", Run: 9, Better: true}}, base.Seen, name)
	}
}

// prod is a registry with a champion.
type prod struct{ auc float64 }

func (p prod) Metrics(context.Context) (map[string]metric.Value, string, error) {
	return map[string]metric.Value{"auc": metric.Value(p.auc)}, "m@v1.2.0", nil
}

// A result without metrics still says what the data looked like; why it has none is told.
func TestAResultWithoutMetricsIsNoBaseForThem(t *testing.T) {
	for name, c := range map[string]struct {
		leftOut []string
		why     string
	}{
		"none were measured":  {nil, "the results that are stored with it or before it have no metrics"},
		"there were too many": {[]string{"tables", "metrics"}, "the result that is stored with 0123456789ab has no metrics: there were too many to fit"},
	} {
		text, _, err := record.Digest{Version: 1, Model: "m", Commit: sha, LeftOut: c.leftOut, Parameters: map[string]string{"lr": "1"}}.Encode()
		require.NoError(t, err)
		search := record.Search{Repository: committed{}, Path: "metrics.json", Model: "m", Store: branch{{Commit: sha, Texts: []string{text}}, left(t, nth(1), "m", 0.7)}}
		base, err := record.Lookup(t.Context(), search)
		require.NoError(t, err)
		require.Equal(t, finding.Base{Source: "result", Commit: nth(1), Behind: 1}, base.From, name)
		require.Equal(t, map[string]string{"lr": "1"}, base.Digest.Parameters)
		search.Store = branch{{Commit: sha, Texts: []string{text}}}
		base, err = record.Lookup(t.Context(), search)
		require.NoError(t, err)
		require.Equal(t, "metrics.json is not committed at 0123456789ab; "+c.why, base.From.Why, name)
		require.Equal(t, sha, base.Digest.Commit)
	}
}
