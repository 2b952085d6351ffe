package table_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
)

// textsOf are the values of column x, "∅" for null.
func textsOf(t *testing.T, opened *table.Table) []string {
	t.Helper()
	var texts []string
	require.NoError(t, opened.ScanTexts(t.Context(), []string{"x"}, func(chunk *table.Chunk) error {
		v := &chunk.Columns[0]
		require.Equal(t, table.String, v.Kind)
		for i, text := range v.Strings[:chunk.Len] {
			if !v.Valid(i) {
				text = "∅"
			}
			texts = append(texts, text)
		}
		return nil
	}))
	return texts
}

// The engine's types bend 007 to 7 and a date to its own form; the texts are those of the file.
func TestScanTextsGivesWhatStandsInTheFile(t *testing.T) {
	for content, want := range map[string][]string{
		"x,y\n007,1\n1.50,2\n":              {"007", "1.50"},
		"x,y\n01/02/2020,1\n13/02/2020,2\n": {"01/02/2020", "13/02/2020"},
		"x,y\n1,1\n,2\n\"\",3\nNA,4\n":      {"1", "∅", "∅", "NA"},
		"x,y\n\" 1 \",1\n":                  {" 1 "},
	} {
		for _, materialize := range []bool{false, true} {
			dir := folder(t, map[string]string{"t.csv": content})
			opened, err := engine(t).Open(t.Context(), "t", dir, table.Spec{Path: "t.csv"}, materialize)
			require.NoError(t, err)
			require.Equal(t, want, textsOf(t, opened), "%q", content)
		}
	}
}

func TestScanTextsOfOtherFormatsIsScan(t *testing.T) {
	opened, err := open(t, "t.jsonl", "{\"x\": 1.5}\n{\"x\": 2}\n", table.Spec{})
	require.NoError(t, err)
	var sum float64
	require.NoError(t, opened.ScanTexts(t.Context(), nil, func(chunk *table.Chunk) error {
		for _, v := range chunk.Columns[0].Numbers[:chunk.Len] {
			sum += v
		}
		return nil
	}))
	require.Equal(t, 3.5, sum)
	require.ErrorContains(t, opened.ScanTexts(t.Context(), []string{"z"}, nil), "no column")
}
