package evolve_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/evolve"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/finding"
)

func compare(t *testing.T, old, new string) evolve.Result {
	t.Helper()
	before, err := config.ParseContract("old.yaml", []byte("version: 1\n"+old))
	require.NoError(t, err)
	after, err := config.ParseContract("new.yaml", []byte("version: 1\n"+new))
	require.NoError(t, err)
	return evolve.Compare(*before, *after, "old.yaml", "new.yaml")
}

// Each pair is a weaker and a stronger promise: the way up is compatible, the way down breaking.
func TestTheWayDownIsBreaking(t *testing.T) {
	column := func(promises string) string { return "columns:\n  - {name: a" + promises + "}\n" }
	for key, pair := range map[string][2]string{
		"rows.min":       {"rows: {min: 1}", "rows: {min: 2}"},
		"rows.max":       {"rows: {max: 9, min: 1}", "rows: {max: 8, min: 1}"},
		"primary-key":    {"rows: {min: 1}", "rows: {min: 1}\nprimary-key: [a]"},
		"other-columns":  {"rows: {min: 1}", "rows: {min: 1}\nother-columns: false"},
		"column-order":   {"rows: {min: 1}", "rows: {min: 1}\ncolumn-order: true"},
		"unique":         {"rows: {min: 1}", "rows: {min: 1}\nunique: [{columns: [a, b]}]"},
		"foreign-keys":   {"rows: {min: 1}", "rows: {min: 1}\nforeign-keys: [{columns: [a], table: t}]"},
		"agrees":         {"rows: {min: 1}", "rows: {min: 1}\nagrees: [{table: t, rows: true, tolerance: 0.1}]"},
		"rules":          {"rows: {min: 1}", "rows: {min: 1}\nrules: [{rule: a > 1, mostly: 0.9}]"},
		"severity":       {"rows: {min: 1}\nseverity: warn", "rows: {min: 1}"},
		"column":         {"rows: {min: 1}", "rows: {min: 1}\n" + column("")},
		"type":           {column(", type: number"), column(", type: integer")},
		"required":       {column(", required: false"), column("")},
		"nullable":       {column(""), column(", nullable: false")},
		"max-null-share": {column(", max-null-share: 0.2"), column(", max-null-share: 0.1")},
		"sensitive":      {column(""), column(", sensitive: true")},
		"min":            {column(", min: 1"), column(", min: 1.5")},
		"max":            {column(""), column(", max: 1")},
		"min-length":     {column(", min-length: 1"), column(", min-length: 2")},
		"max-length":     {column(", max-length: 2"), column(", max-length: 1")},
		"mostly":         {column(", min: 1, mostly: 0.9"), column(", min: 1")},
		"earliest":       {column(", earliest: 2024-01-01"), column(", earliest: 2024-02-01")},
		"latest":         {column(", latest: 2024-02-01"), column(", latest: 2024-01-01")},
		"max-age":        {column(", max-age: 100h"), column(", max-age: 20h")},
		"pattern":        {column(""), column(", pattern: x")},
		"format":         {column(""), column(", format: email")},
		"date-format":    {column(""), column(", date-format: '%Y'")},
		"monotone":       {column(""), column(", monotone: increasing")},
		"allowed":        {column(", allowed: [a, b]"), column(", allowed: [b]")},
		"outliers":       {column(""), column(", outliers: {method: iqr, limit: 2}")},
		"aggregates":     {column(""), column(", aggregates: [{of: mean, min: 1}]")},
	} {
		t.Run(key, func(t *testing.T) {
			for way, want := range []evolve.Effect{evolve.Compatible, evolve.Breaking} {
				result := compare(t, pair[way], pair[1-way])
				require.Len(t, result.Changes, 1)
				require.Equal(t, key, result.Changes[0].Key)
				require.Equal(t, want, result.Changes[0].Effect)
				require.Equal(t, want == evolve.Breaking, result.IsBreaking())
				require.Equal(t, want == evolve.Breaking, result.Findings()[0].Blocks())
			}
			require.Empty(t, compare(t, pair[0], pair[0]).Changes)
			require.Empty(t, compare(t, pair[1], pair[1]).Changes)
		})
	}
}

func TestWhatIsNotComparableBreaks(t *testing.T) {
	for _, pair := range [][2]string{{"pattern: a", "pattern: b"}, {"format: email", "format: uri"}, {"type: string", "type: date"},
		{"monotone: increasing", "monotone: decreasing"}, {"allowed: [a]", "allowed: [b]"}, {"outliers: {method: iqr}", "outliers: {method: z-score}"},
		{"aggregates: [{of: mean, min: 1}]", "aggregates: [{of: mean, min: 0}]"}} {
		result := compare(t, "columns:\n  - {name: a, "+pair[0]+"}\n", "columns:\n  - {name: a, "+pair[1]+"}\n")
		require.True(t, result.IsBreaking(), pair)
	}
}

func TestWordsAndWritingDoNotCount(t *testing.T) {
	result := compare(t, "description: a\nrules: [{rule: a > 1, description: x, name: y, tags: [t]}]\ntags: [u]\ncolumns:\n  - {name: a, min: 1.0, description: b, required: true}\n  - {name: b, nullable: true}\n",
		"columns:\n  - {name: b}\n  - {name: a, min: 1}\nrules:\n  - rule: a > 1\n")
	require.Empty(t, result.Changes)
	require.Equal(t, finding.Pass, result.Findings()[0].Outcome)
	require.False(t, result.Findings()[0].Blocks())
}

func TestNoNullsPromiseMoreThanFew(t *testing.T) {
	result := compare(t, "columns:\n  - {name: a, max-null-share: 0.1}\n", "columns:\n  - {name: a, nullable: false}\n")
	require.False(t, result.IsBreaking())
}

func TestAChangeKnowsItsPlace(t *testing.T) {
	result := compare(t, "columns:\n  - {name: a, max: 1}\n  - {name: gone}\n", "columns:\n  - {name: a, max: 2}\n")
	require.Equal(t, "new.yaml:3:20", result.Findings()[0].Pos.String())
	require.Equal(t, "a: max was 1, is 2 (breaking)", result.Findings()[0].Message)
	require.True(t, strings.HasPrefix(result.Findings()[1].Pos.String(), "old.yaml:4"))
}

func TestTheResultSurvivesItsFile(t *testing.T) {
	result := compare(t, "columns:\n  - {name: a, max: 1}\n", "columns:\n  - {name: a, max: 2}\n")
	data, err := json.Marshal(result)
	require.NoError(t, err)
	back, err := finding.DecodeAs[evolve.Result](data)
	require.NoError(t, err)
	require.Equal(t, result, back)
	require.Len(t, back.Blocks(), 1)
}
