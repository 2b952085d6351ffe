package table_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
)

// reader is Scan or Sweep: both hand chunks to consumers.
type reader func(ctx context.Context, columns []string, open func() table.Consumer) error

// streamed is the plain form of a sweep.
func streamed(t *table.Table) reader {
	return func(ctx context.Context, columns []string, open func() table.Consumer) error {
		return t.Scan(ctx, columns, open())
	}
}

// linesOf prints every row that a reader hands out, sorted.
func linesOf(t *testing.T, read reader) []string {
	t.Helper()
	var all []*[]string
	require.NoError(t, read(t.Context(), nil, func() table.Consumer {
		lines := new([]string)
		all = append(all, lines)
		return func(c *table.Chunk) error {
			for i := range c.Len {
				*lines = append(*lines, line(c, i))
			}
			return nil
		}
	}))
	var joined []string
	for _, lines := range all {
		joined = append(joined, *lines...)
	}
	slices.Sort(joined)
	return joined
}

func line(c *table.Chunk, row int) string {
	parts := make([]string, len(c.Columns))
	for i := range c.Columns {
		switch v := &c.Columns[i]; {
		case !v.Valid(row):
			parts[i] = "∅"
		case v.Strings != nil:
			parts[i] = v.Strings[row]
		default:
			parts[i] = fmt.Sprint(v.Numbers[row])
		}
	}
	return strings.Join(parts, "|")
}

// Rows with nulls, NaN, empty and long texts, in every format, loaded or not: a sweep hands out what a scan does, each row once.
func TestASweepHandsOutTheRowsOfAScan(t *testing.T) {
	var csv, jsonl strings.Builder
	csv.WriteString("id,x,text,day\n")
	for i := range 30_000 {
		x, text := fmt.Sprint(float64(i)/8), strings.Repeat("long ", i%9)+fmt.Sprint(i)
		if i%7 == 0 {
			x, text = "", ""
		}
		fmt.Fprintf(&csv, "%d,%s,%s,2024-01-%02d\n", i, x, text, 1+i%28)
		fmt.Fprintf(&jsonl, "{\"id\": %d, \"x\": %s, \"text\": %q}\n", i, map[bool]string{true: "null", false: x}[x == ""], text)
	}
	csv.WriteString("30000,nan,\"two\nlines\",\n30001,-inf,ü,\n")
	dir := folder(t, map[string]string{"t.csv": csv.String(), "t.jsonl": jsonl.String()})
	e := engine(t)
	source, err := e.Open(t.Context(), "source", dir, table.Spec{Path: "t.csv"}, false)
	require.NoError(t, err)
	parquet := filepath.Join(dir, "t.parquet")
	require.NoError(t, source.Export(t.Context(), parquet, []table.Labeled{{Search: table.Search{Where: "true"}}}, nil))
	for _, path := range []string{"t.csv", "t.jsonl", "t.parquet"} {
		for _, materialize := range []bool{false, true} {
			t.Run(fmt.Sprint(path, materialize), func(t *testing.T) {
				opened, err := e.Open(t.Context(), t.Name(), dir, table.Spec{Path: path}, materialize)
				require.NoError(t, err)
				swept := linesOf(t, opened.Sweep)
				require.Equal(t, linesOf(t, streamed(opened)), swept)
				require.GreaterOrEqual(t, len(swept), 30_000)
			})
		}
	}
}

func TestASweepHandsTheConsumersErrorAndPanicBack(t *testing.T) {
	opened, err := open(t, "t.csv", "x\n"+strings.Repeat("1\n", 100_000), table.Spec{})
	require.NoError(t, err)
	stop := errors.New("enough")
	sweep := func(c table.Consumer) error {
		return opened.Sweep(t.Context(), nil, func() table.Consumer { return c })
	}
	require.ErrorIs(t, sweep(func(*table.Chunk) error { return stop }), stop)
	require.ErrorContains(t, sweep(func(*table.Chunk) error { panic("a mistake") }), "panic: a mistake")
	require.NoError(t, sweep(func(*table.Chunk) error { return nil }), "what failed leaves nothing behind")
	require.ErrorContains(t, opened.Sweep(t.Context(), []string{"z"}, nil), `no column "z"; its columns: "x"`)
}

func TestACanceledContextEndsASweep(t *testing.T) {
	opened, err := open(t, "t.csv", "x\n"+strings.Repeat("1\n", 300_000), table.Spec{})
	require.NoError(t, err)
	cause := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(t.Context())
	err = opened.Sweep(ctx, nil, func() table.Consumer {
		return func(*table.Chunk) error { cancel(cause); <-ctx.Done(); return nil }
	})
	require.ErrorIs(t, err, cause)
}

func TestSweepsRunSideBySide(t *testing.T) {
	dir := folder(t, map[string]string{"t.csv": "x\n" + strings.Repeat("1\n", 50_000)})
	e := engine(t)
	var group sync.WaitGroup
	var sums [8]float64
	for i := range sums {
		opened, err := e.Open(t.Context(), fmt.Sprint(i), dir, table.Spec{Path: "t.csv"}, i >= 4)
		require.NoError(t, err)
		group.Go(func() { sums[i], err = sumOf(t, opened) })
	}
	group.Wait()
	require.Equal(t, [8]float64{50_000, 50_000, 50_000, 50_000, 50_000, 50_000, 50_000, 50_000}, sums)
}

// sumOf adds a table's first column up; the order does not matter for whole numbers.
func sumOf(t *testing.T, opened *table.Table) (float64, error) {
	var parts []*float64
	err := opened.Sweep(t.Context(), nil, func() table.Consumer {
		part := new(float64)
		parts = append(parts, part)
		return func(c *table.Chunk) error {
			for i, x := range c.Columns[0].Numbers {
				if c.Columns[0].Valid(i) && !math.IsNaN(x) {
					*part += x
				}
			}
			return nil
		}
	})
	sum := 0.0
	for _, part := range parts {
		sum += *part
	}
	return sum, err
}

// The guards of a large CSV file stop a sweep as they stop a scan, and the wider types hold from then on.
func TestASweepMeetsALateValue(t *testing.T) {
	content := "i,pad\n" + strings.Repeat("1,"+strings.Repeat("p", 1500)+"\n", 24_000) + "1.5,x\n"
	opened, err := open(t, "late.csv", content, table.Spec{})
	require.NoError(t, err)
	_, err = sumOf(t, opened)
	var retyped *table.RetypedError
	require.ErrorAs(t, err, &retyped)
	var sum float64
	require.NoError(t, table.Settled(func() error { sum, err = sumOf(t, opened); return err }))
	require.Equal(t, 24_001.5, sum)
}

// SQL of a stranger must not be able to call the sink.
func TestNoSinkBehindTheFence(t *testing.T) {
	dir := folder(t, map[string]string{"t.csv": "x\n1\n"})
	fenced, swept := engine(t), engine(t)
	opened, err := fenced.Open(t.Context(), "t", dir, table.Spec{Path: "t.csv"}, false)
	require.NoError(t, err)
	require.NoError(t, fenced.Fence(t.Context()))
	_, err = sumOf(t, opened)
	require.ErrorContains(t, err, "fenced")
	_, err = fenced.Query(t.Context(), "SELECT assay_sink(1, 2)")
	require.ErrorContains(t, err, "does not exist")

	opened, err = swept.Open(t.Context(), "t", dir, table.Spec{Path: "t.csv"}, false)
	require.NoError(t, err)
	_, err = sumOf(t, opened)
	require.NoError(t, err)
	require.ErrorContains(t, swept.Fence(t.Context()), "it has swept a table")
	_, err = swept.Query(t.Context(), "SELECT assay_sink(CAST(4711 AS UBIGINT), 2)")
	require.ErrorContains(t, err, "no such sweep", "a made-up handle is an error, not a crash")
}

// BenchmarkReading compares the ways to get columns out of a CSV file of 200,000 rows.
func BenchmarkReading(b *testing.B) {
	dir := b.TempDir()
	row := strings.Repeat("0.123456,", 11) + "level-1\n"
	content := "a,b,c,d,e,f,g,h,i,j,k,l\n" + strings.Repeat(row, 200_000)
	require.NoError(b, os.WriteFile(filepath.Join(dir, "t.csv"), []byte(content), 0o600))
	e, err := table.NewEngine(b.Context(), table.Options{TempDir: dir})
	require.NoError(b, err)
	defer e.Close()
	opened, err := e.Open(b.Context(), "t", dir, table.Spec{Path: "t.csv"}, false)
	require.NoError(b, err)
	for name, read := range map[string]reader{"scan": streamed(opened), "sweep": opened.Sweep} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				require.NoError(b, read(b.Context(), nil, func() table.Consumer { return func(*table.Chunk) error { return nil } }))
			}
		})
	}
}
