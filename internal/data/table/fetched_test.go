package table_test

import (
	"bytes"
	"compress/gzip"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
)

// fetched is a spec whose files, by their names elsewhere, lie under names of no meaning.
func fetched(t *testing.T, base string, files map[string]string) table.Spec {
	local := map[string]string{}
	stored := map[string]string{}
	i := 0
	for name, content := range files {
		i++
		at := filepath.Join(string(rune('a'+i)), partitionsIn(name), "data")
		stored[at], local[name] = content, at
	}
	dir := folder(t, stored)
	for name, at := range local {
		local[name] = filepath.Join(dir, at)
	}
	return table.Spec{Path: base, Fetched: &table.Fetched{Base: base, Local: local}}
}

func partitionsIn(name string) string {
	if m, _ := filepath.Match("*=*", filepath.Base(filepath.Dir(name))); m {
		return filepath.Base(filepath.Dir(name))
	}
	return ""
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

// The names say what a file is and are what people see; the bytes lie elsewhere.
func TestFetchedFilesKeepTheirNames(t *testing.T) {
	spec := fetched(t, "s3://bucket/d", map[string]string{"s3://bucket/d/y=2/b.csv.gz": zipped("x\n2\n"), "s3://bucket/d/y=1/a.csv": "x\n1\n"})
	opened, err := engine(t).Open(t.Context(), "t", t.TempDir(), spec, false)
	require.NoError(t, err)
	require.Equal(t, []string{"s3://bucket/d/y=1/a.csv", "s3://bucket/d/y=2/b.csv.gz"}, opened.Files())
	require.Equal(t, [][]string{{"1", "1"}, {"2", "2"}}, texts(t, opened))
	examples, err := opened.Examples(t.Context(), table.Search{Where: "x = 2", Limit: 1})
	require.NoError(t, err)
	require.Equal(t, "s3://bucket/d/y=2/b.csv.gz", examples[0].File)
}

func TestFetchedFilesThatAreNoTable(t *testing.T) {
	for name, content := range map[string]string{
		"s3://bucket/a.csv": "x,y\n1,2\n3\n", "s3://bucket/a.parquet": "PAR?", "s3://bucket/a.csv.gz": "x\n1\n", "s3://bucket/a.jsonl": "{\"x\":1}\n[", "s3://bucket/e.csv": "",
	} {
		_, err := engine(t).Open(t.Context(), "t", t.TempDir(), fetched(t, "s3://bucket", map[string]string{name: content}), true)
		var malformed *table.MalformedError
		require.ErrorAs(t, err, &malformed, name)
		require.Equal(t, name, malformed.File)
		require.NotContains(t, err.Error(), "/data", "%s: where it was fetched to is nobody's business", name)
	}
	_, err := engine(t).Open(t.Context(), "t", t.TempDir(), fetched(t, "s3://bucket", map[string]string{"s3://bucket/a.bin": "x"}), true)
	require.ErrorContains(t, err, "cannot tell the format of s3://bucket/a.bin from its name")
}

func TestFetchedTextOfAnotherEncoding(t *testing.T) {
	spec := fetched(t, "s3://bucket", map[string]string{"s3://bucket/y=1/a.csv": "x\n\xe9\n"})
	spec.Encoding = "latin-1"
	opened, err := engine(t).Open(t.Context(), "t", t.TempDir(), spec, false)
	require.NoError(t, err)
	require.Equal(t, [][]string{{"é", "1"}}, texts(t, opened))
}

func TestDataFilesAreToldByTheirNames(t *testing.T) {
	for name, want := range map[string]bool{"a.csv": true, "y=1/a.parquet": true, "a.csv.gz": true, "a.txt": false, "_SUCCESS": false, "_tmp/a.csv": false, ".a.csv": false, "x/.b/a.csv": false, "": false} {
		require.Equal(t, want, table.IsDataFile(name, ""), name)
	}
	require.True(t, table.IsDataFile("part-0", "csv"))
	require.False(t, table.IsDataFile("_part", "csv"))
}

// A remote path that nobody fetched leads nowhere: the engine goes to no network.
func TestTheEngineFetchesNothing(t *testing.T) {
	for _, path := range []string{"s3://bucket/a.csv", "s3://bucket/*.csv", "https://127.0.0.1/a.csv"} {
		_, err := engine(t).Open(t.Context(), "t", t.TempDir(), table.Spec{Path: path}, false)
		var missing *table.NotFoundError
		require.ErrorAs(t, err, &missing, path)
	}
}
