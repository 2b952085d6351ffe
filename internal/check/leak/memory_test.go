package leak

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/shingle"
)

// random opens a table of rows with a random text and a random label.
func random(t *testing.T, engine *table.Engine, name string, rows int) *table.Table {
	t.Helper()
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "t.csv"))
	require.NoError(t, err)
	out, source := bufio.NewWriter(file), rand.New(rand.NewPCG(uint64(rows), 0))
	fmt.Fprintln(out, "body,y")
	for range rows {
		fmt.Fprintf(out, "%x %x %x,%d\n", source.Uint64(), source.Uint64(), source.Uint64(), source.IntN(2))
	}
	require.NoError(t, out.Flush())
	require.NoError(t, file.Close())
	opened, err := engine.Open(t.Context(), name, dir, table.Spec{Path: "t.csv"}, false)
	require.NoError(t, err)
	return opened
}

// held is what work keeps alive on the heap.
func held(work func() any) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept := work()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// A search holds hashes of test and a sample of train: thirty times the rows of train cost nothing more.
func TestMemoryDoesNotGrowWithTrain(t *testing.T) {
	engine, err := table.NewEngine(t.Context(), table.Options{})
	require.NoError(t, err)
	defer engine.Close()
	test := random(t, engine, "test", 1000)
	searched := map[int]int64{}
	for _, rows := range []int{2000, 60_000} {
		train := random(t, engine, fmt.Sprintf("train%d", rows), rows)
		s := search{ctx: t.Context(), train: train, test: test, trainRows: int64(rows), testRows: 1000}
		searched[rows] = held(func() any {
			n := &near{search: s, column: "body", threshold: 0.8, screen: shingle.ScreenFor(0.8)}
			require.NoError(t, n.index())
			require.NoError(t, n.pair())
			require.Len(t, n.bands, 25*1000)
			return n
		})
	}
	require.Less(t, searched[60_000], searched[2000]+200_000)
	s := search{ctx: t.Context(), train: random(t, engine, "large", 120_000), trainRows: 120_000}
	drawn, err := s.draw([]string{"body", "y"})
	require.NoError(t, err)
	require.InDelta(t, maxSample, drawn.rows, 5*224, "five standard deviations of a draw of 50,000")
	require.True(t, drawn.isPart)
}
