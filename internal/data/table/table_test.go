package table_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
)

// engine starts an engine that spills into a folder of the test, and checks at the end that nothing is left there.
func engine(t *testing.T) *table.Engine {
	t.Helper()
	temp := t.TempDir()
	e, err := table.NewEngine(context.Background(), table.Options{Threads: 2, MemoryLimit: 512 << 20, TempDir: temp})
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, e.Close())
		left, err := os.ReadDir(temp)
		require.NoError(t, err)
		require.Empty(t, left, "the spill folder is removed")
	})
	return e
}

// folder writes files, by path, into a folder of the test.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return dir
}

// open opens the one file name with the content.
func open(t *testing.T, name, content string, spec table.Spec) (*table.Table, error) {
	t.Helper()
	spec.Path = name
	return engine(t).Open(t.Context(), "t", folder(t, map[string]string{name: content}), spec, false)
}

// texts reads a whole table as the engine prints it, "∅" for null.
func texts(t *testing.T, opened *table.Table) [][]string {
	t.Helper()
	examples, err := opened.Examples(t.Context(), table.Search{Where: "true", Columns: nil, Limit: 1000})
	require.NoError(t, err)
	rows := [][]string{}
	for _, e := range examples {
		row := make([]string, len(e.Values))
		for i, v := range e.Values {
			if row[i] = v.Text; !v.Valid {
				row[i] = "∅"
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func names(opened *table.Table) []string {
	var names []string
	for _, c := range opened.Columns() {
		names = append(names, c.Name)
	}
	return names
}

func kinds(opened *table.Table) []table.Kind {
	var kinds []table.Kind
	for _, c := range opened.Columns() {
		kinds = append(kinds, c.Kind)
	}
	return kinds
}

func TestRowsAreFoundByTheirNumberOverAllFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.csv": "x\n1\n2\n", "b.csv": "x\n3\n", "c.csv": "x\n4\n5\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	defer engine.Close()
	opened, err := engine.Open(t.Context(), "t", dir, table.Spec{Path: "*.csv"}, false)
	require.NoError(t, err)
	rows, err := opened.At(t.Context(), []int64{5, 3, 9, 2}, []string{"x"})
	require.NoError(t, err)
	var got []string
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%s:%d=%s", filepath.Base(row.File), row.Row, row.Values[0].Text))
	}
	require.Equal(t, []string{"c.csv:2=5", "b.csv:1=3", "a.csv:2=2"}, got)
}
