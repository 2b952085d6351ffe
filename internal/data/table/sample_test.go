package table_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
)

// labelled is a CSV of 3000 rows: a third each of label a and of no label, a sixth each of b and c; its texts must survive.
func labelled() string {
	var b strings.Builder
	b.WriteString("id;label;text\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "%05d;%s;\"1,50;\"\"%d\"\"\"\n", i, []string{"a", "", "b", "a", "", "c"}[i%6], i)
	}
	return b.String()
}

func sample(t *testing.T, threads int, files map[string]string, path string, spec table.SampleSpec) string {
	t.Helper()
	e, err := table.NewEngine(t.Context(), table.Options{Threads: threads, TempDir: t.TempDir()})
	require.NoError(t, err)
	defer e.Close()
	opened, err := e.Open(t.Context(), "t", folder(t, files), table.Spec{Path: path}, false)
	require.NoError(t, err)
	folder := t.TempDir()
	destination := filepath.Join(folder, "sample"+opened.Extension())
	require.NoError(t, opened.Sample(t.Context(), spec, destination))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left beside the sample")
	content, err := os.ReadFile(destination)
	require.NoError(t, err)
	return string(content)
}

func TestASampleIsTheSameForItsSeed(t *testing.T) {
	files := map[string]string{"t.csv": labelled()}
	spec := table.SampleSpec{Rows: 100, Seed: 1, StratifyBy: "label"}
	first := sample(t, 1, files, "t.csv", spec)
	require.Equal(t, first, sample(t, 4, files, "t.csv", spec))
	spec.Seed = 2
	require.NotEqual(t, first, sample(t, 1, files, "t.csv", spec))

	lines := strings.Split(strings.TrimSpace(first), "\n")
	require.Equal(t, "id;label;text", lines[0])
	require.Len(t, lines, 101)
	counts := map[string]int{}
	original := strings.ReplaceAll(labelled(), ";;", `;;`)
	for i, line := range lines[1:] {
		require.Contains(t, original, line+"\n", "a row stands as it stood, with its leading zeros and quotes")
		counts[strings.Split(line, ";")[1]]++
		if i > 0 {
			require.Greater(t, line, lines[i], "the order of the file")
		}
	}
	// Shares of 100: 33⅓, 33⅓, 16⅔, 16⅔. The two rows left by rounding down go to the largest remainders, b and c.
	require.Equal(t, map[string]int{"a": 33, "": 33, "b": 17, "c": 17}, counts)
}

func TestASampleIsAFileOfTheSameKind(t *testing.T) {
	require.Equal(t, "a\tb\nx\t1\n", sample(t, 2, map[string]string{"t.tsv": "a\tb\nx\t1\n"}, "t.tsv", table.SampleSpec{Rows: 5}))
	require.Equal(t, "1,2\n", sample(t, 2, map[string]string{"t.csv": "1,2\n"}, "t.csv", table.SampleSpec{Rows: 1}), "no header where there was none")
	require.Equal(t, "a,b\n", sample(t, 2, map[string]string{"t.csv": "a,b\n"}, "t.csv", table.SampleSpec{Rows: 1, StratifyBy: "a"}), "nothing to draw from")
	require.JSONEq(t, `{"a":1,"b":[2]}`, sample(t, 2, map[string]string{"t.jsonl": `{"a":1,"b":[2]}`}, "t.jsonl", table.SampleSpec{Rows: 1}))
	require.Equal(t, "k,p\n1,x\n2,y\n", sample(t, 2, map[string]string{"d/p=x/a.csv": "k\n1\n", "d/p=y/a.csv": "k\n2\n"}, "d", table.SampleSpec{Rows: 9}))
}

func TestASampleOfParquetIsParquet(t *testing.T) {
	e, dir := engine(t), t.TempDir()
	require.NoError(t, table.Exec(e, "COPY (SELECT i, i % 2 = 0 AS even FROM range(1000) AS r(i)) TO "+table.Literal(filepath.Join(dir, "t.parquet"))))
	opened, err := e.Open(t.Context(), "t", dir, table.Spec{Path: "t.parquet"}, false)
	require.NoError(t, err)
	destination := filepath.Join(dir, "sample"+opened.Extension())
	require.NoError(t, opened.Sample(t.Context(), table.SampleSpec{Rows: 10, Seed: 3, StratifyBy: "even"}, destination))
	sampled, err := e.Open(t.Context(), "s", dir, table.Spec{Path: "sample.parquet"}, false)
	require.NoError(t, err)
	values, err := sampled.Aggregate(t.Context(), "count(*)", "count(DISTINCT i)", "count(*) FILTER (WHERE even)")
	require.NoError(t, err)
	require.Equal(t, []float64{10, 10, 5}, []float64{values[0].Number, values[1].Number, values[2].Number})
}

func TestASampleThatCannotBe(t *testing.T) {
	opened, err := open(t, "t.csv", "a\n1\n", table.Spec{})
	require.NoError(t, err)
	require.ErrorContains(t, opened.Sample(t.Context(), table.SampleSpec{}, "x"), "ask for at least 1")
	require.ErrorContains(t, opened.Sample(t.Context(), table.SampleSpec{Rows: 1, StratifyBy: "z"}, "x"), `no column "z"`)
	require.ErrorContains(t, opened.Sample(t.Context(), table.SampleSpec{Rows: 1}, filepath.Join(t.TempDir(), "no", "x.csv")), "no such file")
}
