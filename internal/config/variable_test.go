package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/source"
)

func TestVariablesTakeTheTypeOfWhatTheyStandFor(t *testing.T) {
	const path = "testdata/good-contract/variables-and-tags.yaml"
	c, err := config.LoadContract(path)
	require.NoError(t, err)
	require.Equal(t, source.Number{Text: "100", Value: 100, Pos: source.Pos{File: path, Line: 4, Column: 13}}, *c.Rows.Min)
	require.Equal(t, "amount <= 100", c.Rules[0].Rule.Value)
	require.Equal(t, "a plain ${limit}", c.Rules[0].Description)
	require.Equal(t, []string{"007", "good"}, c.Columns[0].Allowed.Value)
	require.False(t, c.Columns[0].Nullable.Value)
	require.Equal(t, "36h0m0s", c.Columns[1].MaxAge.Value.String())
	require.Equal(t, []string{"identity", "money", "nightly"}, c.AllTags())

	other, err := config.LoadContractWith(path, map[string]string{"limit": "5"})
	require.NoError(t, err)
	require.Equal(t, "amount <= 5", other.Rules[0].Rule.Value)
	require.InDelta(t, 5, other.Columns[2].Max.Value, 0)

	_, err = config.LoadContractWith(path, map[string]string{"limits": "5.5"})
	require.ErrorContains(t, err, "did you mean limit?")
	_, err = config.LoadContractWith(path, map[string]string{"limit": "much"})
	require.ErrorContains(t, err, "variables-and-tags.yaml:4:13: min must be a finite number")
}

func TestAFileCannotGrowByItsVariables(t *testing.T) {
	text := "version: 1\nvariables: {v: " + strings.Repeat("x", 40_000) + "}\nrules:\n"
	for range 40 {
		text += "  - {rule: \"a = '${v}'\"}\n"
	}
	_, err := config.ParseContract("c.yaml", []byte(text))
	require.ErrorContains(t, err, "larger than")
}

func TestChecksMayGiveVariablesAndPickTags(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c.yaml"), []byte("version: 1\nvariables: {most: 10}\ncolumns: [{name: a, max: \"${most}\", tags: [quick]}]\n"), 0o600))
	load := func(validate string) (*config.Config, error) {
		path := filepath.Join(dir, "assay.yaml")
		require.NoError(t, os.WriteFile(path, []byte("version: 1\nmodel: m\ndata: {t: t.csv}\nvalidate:\n"+validate), 0o600))
		return config.Load(path)
	}
	c, err := load("  - {table: t, contract: c.yaml}\n  - {table: t, contract: c.yaml, variables: {most: 20}, tags: [quick]}\n")
	require.NoError(t, err)
	require.InDelta(t, 10, c.Validate[0].Promises.Columns[0].Max.Value, 0)
	require.InDelta(t, 20, c.Validate[1].Promises.Columns[0].Max.Value, 0)

	_, err = load("  - {table: t, contract: c.yaml, variables: {must: 20}}\n")
	require.ErrorContains(t, err, `assay.yaml:5:52: c.yaml has no variable "must"`)
	_, err = load("  - {table: t, contract: c.yaml, tags: [quik]}\n")
	require.ErrorContains(t, err, `no rule of c.yaml has the tag "quik"`)
	require.ErrorContains(t, err, "did you mean quick?")
}
