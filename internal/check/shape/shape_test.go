package shape_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/shape"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

func outline(t *testing.T, csv string) shape.Outline {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t.csv"), []byte(csv), 0o600))
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	opened, err := engine.Open(t.Context(), "train", dir, table.Spec{Path: "t.csv", Sensitive: []string{"iban"}}, false)
	require.NoError(t, err)
	found, err := shape.Look(t.Context(), opened)
	require.NoError(t, err)
	return found
}

func TestWhatChangedInATable(t *testing.T) {
	before := outline(t, "id,day,x,city,iban,gone\n1,2024-01-01,1.5,Bonn,7,a\n2,2024-01-31,NaN,Rom,8,b\n")
	after := outline(t, "id,day,x,city,iban,came\n1,2024-01-01,1.5,Bonn,7,1\n2,2024-02-29,inf,,900,2\n3,,2.5,Rom,8,3\n")
	result := shape.Result{Tables: []shape.Outline{after}, Parameters: map[string]string{"lr": "0.1", "depth": "3"},
		Base: &shape.Past{Commit: "abc", Tables: []shape.Outline{before}, Parameters: map[string]string{"lr": "0.2", "old": "1", "depth": "3"}}}
	require.Equal(t, []shape.Change{
		{"train", "rows", "2", "3"},
		{"train.id", "range", "1 … 2", "1 … 3"},
		{"train.day", "nulls", "0.0 %", "33.3 %"},
		{"train.day", "range", "2024-01-01 … 2024-01-31", "2024-01-01 … 2024-02-29"},
		{"train.x", "range", "1.5 … 1.5", "1.5 … 2.5"},
		{"train.city", "nulls", "0.0 %", "33.3 %"},
		{"train.came", "column", "", "BIGINT"},
		{"train.gone", "column", "VARCHAR", ""},
		{"lr", "parameter", "0.2", "0.1"},
		{"old", "parameter", "1", ""},
	}, result.Changes(), "no range of texts, and none of what is sensitive")
	require.Equal(t, finding.Pass, result.Findings()[0].Outcome)
	rows := result.Blocks()[0].(finding.Table).Rows
	require.Len(t, rows, 10)
	require.True(t, rows[0].Changed)

	result.Base = nil
	require.Empty(t, result.Changes())
	require.Len(t, result.Blocks(), 1)
	require.Empty(t, shape.Result{Tables: []shape.Outline{after}, Base: &shape.Past{Tables: []shape.Outline{after}}}.Changes())
}

func TestPartsOfAJobAddUp(t *testing.T) {
	earlier := shape.Result{Tables: []shape.Outline{{Table: "test", Rows: 1}, {Table: "train", Rows: 1}}, Base: &shape.Past{Commit: "abc"}}
	joined := finding.Result{Steps: []finding.Step{{Name: "data", Answers: []finding.Answer{earlier}}}}.
		Merge(finding.Result{Steps: []finding.Step{{Name: "data", Answers: []finding.Answer{shape.Result{Tables: []shape.Outline{{Table: "now", Rows: 2}, {Table: "train", Rows: 2}}}}}}})
	require.Equal(t, shape.Result{Tables: []shape.Outline{{Table: "now", Rows: 2}, {Table: "test", Rows: 1}, {Table: "train", Rows: 2}}, Base: &shape.Past{Commit: "abc"}},
		joined.Steps[0].Answers[0])
	require.Len(t, earlier.Tables, 2)
}

func TestParametersByCustom(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       map[string]string
	}{
		"none":               {"other.yaml", "a: 1\n", nil},
		"nested":             {"params.yaml", "train: {lr: 0.1, layers: [64, 32]}\nseed: 7\n", map[string]string{"train.lr": "0.1", "train.layers[0]": "64", "train.layers[1]": "32", "seed": "7"}},
		"JSON":               {"params.json", `{"a": {"b": true}}`, map[string]string{"a.b": "true"}},
		"what sounds secret": {"params.yaml", "db: {password: x, host: h}\napi_token: y\n", map[string]string{"db.host": "h"}},
		"aliases":            {"params.yaml", "a: &x [1]\nb: *x\n", map[string]string{"a[0]": "1"}},
		"a long value":       {"params.yaml", "a: " + strings.Repeat("x", 500), map[string]string{"a": strings.Repeat("x", 100) + "…"}},
		"nothing":            {"params.yaml", "", map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600))
			values, err := shape.Parameters(dir)
			require.NoError(t, err)
			require.Equal(t, c.want, values)
		})
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "params.yaml"), []byte("a: [\n"), 0o600))
	_, err := shape.Parameters(dir)
	require.Error(t, err)
}
