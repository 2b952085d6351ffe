package drift

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/table"
)

// streamed reads a table in order and from one thread: the plain form of a sweep.
type streamed struct{ *table.Table }

func (s streamed) Sweep(ctx context.Context, columns []string, open func() table.Consumer) error {
	return s.Scan(ctx, columns, open())
}

// mixed is a CSV table with numbers, whole numbers, codes, categories, texts, identifiers, nulls, NaN and both zeros.
func mixed(seed uint64, rows int) string {
	random := rand.New(rand.NewPCG(seed, 4))
	var b strings.Builder
	b.WriteString("number,whole,code,level,text,id,holes,zero\n")
	for i := range rows {
		hole := fmt.Sprintf("%.7f", random.NormFloat64())
		if i%5 == 0 {
			hole = []string{"", "nan", "inf"}[i%3]
		}
		fmt.Fprintf(&b, "%.9f,%d,%d,level %d,words of text %d %d,%d-%d,%s,%s\n", random.NormFloat64(), random.IntN(1e6), random.IntN(4),
			random.IntN(30), i, random.Int64(), seed, i, hole, []string{"0", "-0.0", "0.5", "-0.123456"}[i%4])
	}
	return b.String()
}

// opened is both tables in an engine of two threads, as CSV or as Parquet.
func opened(t *testing.T, rows int, format string) (reference, current *table.Table) {
	t.Helper()
	engine, err := table.NewEngine(t.Context(), table.Options{Threads: 2})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	dir := t.TempDir()
	var tables []*table.Table
	for i, name := range []string{"reference", "current"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".csv"), []byte(mixed(uint64(i+1), rows)), 0o600))
		one, err := engine.Open(t.Context(), name+" csv", dir, table.Spec{Path: name + ".csv"}, false)
		require.NoError(t, err)
		if format == "parquet" {
			require.NoError(t, one.Export(t.Context(), filepath.Join(dir, name+".parquet"), []table.Labeled{{Search: table.Search{Where: "true"}}}, nil))
			one, err = engine.Open(t.Context(), name, dir, table.Spec{Path: name + ".parquet"}, false)
			require.NoError(t, err)
		}
		tables = append(tables, one)
	}
	return tables[0], tables[1]
}

var mixedColumns = []string{"number", "whole", "code", "level", "text", "id", "holes", "zero"}

// compareWith runs a comparison through a reader of its own, and gives its result as it stands in a file.
func compareWith(t *testing.T, spec Spec, r *reader) string {
	t.Helper()
	result := spec.result("reference", "current")
	c := newComparison(&result, len(mixedColumns), spec)
	require.NoError(t, r.eachColumn(t.Context(), mixedColumns, func(at int, left, right *sample) {
		kind := table.String
		if len(left.counts) == 0 && !left.tooMany {
			kind = table.Float
		}
		c.examine(at, pair{name: mixedColumns[at], kind: kind, reference: left, current: right, settings: spec.column(mixedColumns[at], len(mixedColumns))})
	}))
	result.ReferenceRows, result.CurrentRows = c.pairs[0].reference.rows, c.pairs[0].current.rows
	c.conclude()
	text, err := json.Marshal(result)
	require.NoError(t, err)
	return string(text)
}

// However a table is read, the result is the same to the last bit: by many threads or by one, all columns at once or some at a
// time, with memory enough or hardly any.
func TestTheWayOfReadingChangesNothing(t *testing.T) {
	for _, format := range []string{"csv", "parquet"} {
		reference, current := opened(t, 45_000, format)
		want := compareWith(t, Spec{}, &reader{reference: streamed{reference}, current: streamed{current}, columns: 100, limit: math.MaxInt64})
		for name, r := range map[string]*reader{
			"at once":          {columns: 100, limit: math.MaxInt64},
			"one by one":       {columns: 1, limit: math.MaxInt64},
			"three at a time":  {columns: 3, limit: math.MaxInt64},
			"in little memory": {columns: 100, limit: 2 << 20},
			"in no memory":     {columns: 100, limit: 1},
			"with history":     {columns: 2, limit: math.MaxInt64, keep: true},
		} {
			r.reference, r.current = reference, current
			require.Equal(t, want, compareWith(t, Spec{}, r), "%s %s", format, name)
		}
	}
}

// A column that is done with makes room for the next: no segment is lost, and none is handed out twice.
func TestSegmentsAreUsedAgain(t *testing.T) {
	var p pool
	b := &budget{pool: &p, left: 1 << 30}
	first, err := b.take(2048, shortSegments)
	require.NoError(t, err)
	p.recycle(&sample{numbers: [][]float64{append(first, 1, 2), make([]float64, 5)}})
	require.Len(t, p.free, 1, "a short segment is not kept")
	second, err := b.take(2048, shortSegments)
	require.NoError(t, err)
	require.Same(t, &first[:1][0], &second[:1][0])
	third, err := b.take(2048, shortSegments)
	require.NoError(t, err)
	require.NotSame(t, &first[:1][0], &third[:1][0])
	require.Empty(t, second)
	small, err := b.take(7, 0)
	require.NoError(t, err)
	require.Equal(t, 7, cap(small), "a small table takes little")
	_, err = (&budget{pool: &p, left: 1, isFixed: true}).take(1, shortSegments)
	require.ErrorIs(t, err, errFull)
}

func TestManyTextsAreCountedOrDescribed(t *testing.T) {
	read := func(texts ...string) *part {
		p := newPart(unbounded())
		p.addAll(&table.Vector{Kind: table.String, Strings: texts}, len(texts))
		return p
	}
	few := join([]*part{read("a", "b", "a"), read("b", "c")})
	require.Equal(t, map[string]int64{"a": 2, "b": 2, "c": 1}, few.counts)
	// Two that differ in their last byte alone are two.
	long := strings.Repeat("x", 5000)
	require.Len(t, join([]*part{read(long+"a", long+"b", long+"a")}).counts, 2)
	half := make([]string, maxDistinct/2+1)
	other := make([]string, len(half))
	for i := range half {
		half[i], other[i] = fmt.Sprintf("two words%d", i), fmt.Sprintf("id%d", i)
	}
	many := join([]*part{read(half...), read(other...), read("and the same")})
	require.True(t, many.tooMany, "no part had too many, all of them have")
	require.Nil(t, many.texts, "1.5 words on average are identifiers")
	prose := join([]*part{read(half...), read("three words here"), read(append(other, half...)...), read(strings.Repeat("word ", 20_000))})
	require.Equal(t, frequencies{2: int64(2 * len(half)), 1: int64(len(half)), 3: 1, 20_000: 1}, prose.texts.words)
	require.EqualValues(t, 3*len(half)+2, prose.texts.lengths.sample().rows)
}
