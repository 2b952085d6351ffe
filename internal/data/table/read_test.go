package table_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
)

// Rows are numbered in their own file, from 1, without the header, whatever the number of threads and the size of the file.
func TestExamplesNameFileAndRow(t *testing.T) {
	var long strings.Builder
	long.WriteString("x,y\n")
	for i := range 200_000 {
		fmt.Fprintf(&long, "%d,z\n", i+1)
	}
	dir := folder(t, map[string]string{"a.csv": "x,y\n7,\"two\nlines\"\n\n8,b\n", "b.csv": long.String(), "c.csv": "y,x\nc,8\nd,9\n"})
	for _, materialize := range []bool{false, true} {
		opened, err := engine(t).Open(t.Context(), "t", dir, table.Spec{Path: "*.csv"}, materialize)
		require.NoError(t, err)
		got, err := opened.Examples(t.Context(), table.Search{Where: "x = 8 OR x = 150001", Columns: []string{"y", "x"}, Limit: 10})
		require.NoError(t, err)
		var places []string
		for _, e := range got {
			places = append(places, fmt.Sprintf("%s:%d %s %s", filepath.Base(e.File), e.Row, e.Values[0].Text, e.Values[1].Text))
		}
		require.Equal(t, []string{"a.csv:2 b 8", "b.csv:8 z 8", "b.csv:150001 z 150001", "c.csv:1 c 8"}, places)

		got, err = opened.Examples(t.Context(), table.Search{Where: `x IN (SELECT x FROM "t" GROUP BY x HAVING count(*) > 2)`, Columns: nil, Limit: 2})
		require.NoError(t, err)
		require.Len(t, got, 2, "7 of a and b and 8 of all three: cut at the limit")
		require.EqualValues(t, 2, got[0].Row)
	}
}

func TestAggregatesOfOneScan(t *testing.T) {
	opened, err := open(t, "t.csv", "x,y\n1,a\n3,\n,b\n", table.Spec{})
	require.NoError(t, err)
	values, err := opened.Aggregate(t.Context(), "avg(x)", "max(y)", "sum(x) FILTER (WHERE false)")
	require.NoError(t, err)
	require.Equal(t, []table.Value{
		{Kind: table.Float, Valid: true, Number: 2, Text: "2.0"},
		{Kind: table.String, Valid: true, Text: "b"},
		{Kind: table.Integer},
	}, values)
	counts, err := opened.CountWhere(t.Context(), "x IS NULL", "y = 'b'", "x > 0")
	require.NoError(t, err)
	require.Equal(t, []int64{1, 1, 2}, counts)
	_, err = opened.Aggregate(t.Context(), "nonsense(x)")
	require.ErrorContains(t, err, "summarize table t: Catalog Error")
	require.NotContains(t, err.Error(), "\n")
	_, err = opened.Aggregate(t.Context(), "x")
	require.ErrorContains(t, err, "3 rows came back where aggregates give one")
	require.ErrorContains(t, opened.Scan(t.Context(), []string{"z"}, nil), `no column "z"; its columns: "x", "y"`)
}

func TestScanHandsTheConsumersErrorBack(t *testing.T) {
	opened, err := open(t, "t.csv", "x\n1\n", table.Spec{})
	require.NoError(t, err)
	stop := errors.New("enough")
	require.ErrorIs(t, opened.Scan(t.Context(), nil, func(*table.Chunk) error { return stop }), stop)
}

func TestScansRunSideBySide(t *testing.T) {
	dir := folder(t, map[string]string{"a.csv": "x\n" + strings.Repeat("1\n", 50_000), "b.csv": "x\n" + strings.Repeat("2\n", 50_000)})
	e := engine(t)
	var group sync.WaitGroup
	sums := make([]float64, 8)
	for i := range sums {
		opened, err := e.Open(t.Context(), fmt.Sprint(i), dir, table.Spec{Path: []string{"a.csv", "b.csv"}[i%2]}, i >= 4)
		require.NoError(t, err)
		group.Go(func() {
			err = opened.Scan(t.Context(), nil, func(c *table.Chunk) error {
				for _, x := range c.Columns[0].Numbers {
					sums[i] += x
				}
				return nil
			})
		})
	}
	group.Wait()
	require.Equal(t, []float64{50_000, 100_000, 50_000, 100_000, 50_000, 100_000, 50_000, 100_000}, sums)
}

// A query that would take hours ends when its context does, before it starts and while it runs.
func TestACanceledContextEndsAQuery(t *testing.T) {
	e := engine(t)
	cause := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	_, err := e.Query(ctx, "SELECT 1")
	require.ErrorIs(t, err, cause)

	opened, err := e.Open(t.Context(), "t", folder(t, map[string]string{"t.csv": "x\n" + strings.Repeat("1\n", 10_000)}), table.Spec{Path: "t.csv"}, true)
	require.NoError(t, err)
	ctx, cancel = context.WithCancelCause(t.Context())
	started := make(chan struct{})
	go func() { <-started; cancel(cause) }()
	close(started)
	_, err = opened.Aggregate(ctx, `(SELECT count(*) FROM "t" a, "t" b, "t" c, "t" d WHERE a.x + b.x + c.x + d.x > 9)`)
	require.ErrorIs(t, err, cause)
	require.Contains(t, []string{"summarize table t: the user left", "the user left"}, err.Error())
}

// More rows than the memory limit holds are sorted by way of the spill folder, which is gone afterwards (see engine).
func TestALargeQuerySpills(t *testing.T) {
	temp := t.TempDir()
	e, err := table.NewEngine(t.Context(), table.Options{Threads: 2, MemoryLimit: 64 << 20, TempDir: temp})
	require.NoError(t, err)
	result, err := e.Query(t.Context(), "SELECT sum(n) FROM (SELECT row_number() OVER (ORDER BY hash(i)) AS n FROM range(6000000) AS r(i))")
	require.NoError(t, err)
	require.Equal(t, "18000003000000", result.Rows[0][0].Text) // 6000000 · 6000001 / 2
	_, err = e.Query(t.Context(), "SELECT list(i) FROM range(60000000) AS r(i)")
	require.ErrorContains(t, err, "Out of Memory")
	require.NoError(t, e.Close())
	require.NoError(t, e.Close(), "twice is no harm")
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = e.Query(t.Context(), "SELECT 1")
	require.ErrorContains(t, err, "closed")
}

func TestQuotingKeepsHostileTexts(t *testing.T) {
	e := engine(t)
	for _, hostile := range []string{`a"b`, "it's", "'; DROP TABLE x; --", "a\nb", "ü\\", "", "%s", "nul\x00byte"} {
		result, err := e.Query(t.Context(), "SELECT "+table.Literal(hostile)+" AS "+table.Identifier("_"+hostile))
		require.NoError(t, err)
		require.Equal(t, hostile, result.Rows[0][0].Text)
		require.Equal(t, "_"+strings.ReplaceAll(hostile, "\x00", ""), result.Columns[0].Name)
	}
}

// Several searches share their passes and find what each finds alone: in several files, cut at their limits, or nothing.
func TestExamplesOfEachAreThoseOfEach(t *testing.T) {
	var long strings.Builder
	long.WriteString("x,y,z\n")
	for i := range 30_000 {
		fmt.Fprintf(&long, "%d,%d,\n", i%1000, i)
	}
	dir := folder(t, map[string]string{"a.csv": "x,y,z\n7,1,one\n,2,\n", "b.csv": long.String(), "c.csv": "z,y,x\n\"c,\n]\",8,999\n"})
	opened, err := engine(t).Open(t.Context(), "t", dir, table.Spec{Path: "*.csv"}, false)
	require.NoError(t, err)
	searches := []table.Search{
		{Where: "x = 7", Columns: []string{"y"}, Limit: 5}, {Where: "x IS NULL", Columns: []string{"x", "y"}, Limit: 5},
		{Where: "y = 29999 OR z > 'a'", Limit: 3}, {Where: "x < 0", Columns: []string{"x"}, Limit: 5}, {Where: "x = 999", Columns: []string{"z"}, Limit: 31},
	}
	found, err := opened.ExamplesOfEach(t.Context(), searches)
	require.NoError(t, err)
	for i, search := range searches {
		want, err := opened.Examples(t.Context(), search)
		require.NoError(t, err)
		require.Equal(t, want, found[i], search.Where)
	}
	require.Len(t, found[4], 31)
	_, err = opened.ExamplesOfEach(t.Context(), []table.Search{{Where: "nonsense(x)", Limit: 1}})
	require.ErrorContains(t, err, "find examples in table t: Catalog Error")
	_, err = opened.ExamplesOfEach(t.Context(), []table.Search{{Where: "true", Columns: []string{"w"}, Limit: 1}})
	require.ErrorContains(t, err, `no column "w"`)
}
