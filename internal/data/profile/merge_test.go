package profile_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/stat/sketch"
)

// data is a random table, held as chunks hold it.
type data struct {
	columns []table.Column
	chunk   table.Chunk
}

var shapes = []table.Column{
	{Name: "normal", Kind: table.Float, SQLType: "DOUBLE"},
	{Name: "dirty", Kind: table.Float, SQLType: "DOUBLE"},
	{Name: "code", Kind: table.Integer, SQLType: "BIGINT"},
	{Name: "skewed", Kind: table.Integer, SQLType: "BIGINT"},
	{Name: "flag", Kind: table.Boolean, SQLType: "BOOLEAN"},
	{Name: "day", Kind: table.Date, SQLType: "DATE"},
	{Name: "moment", Kind: table.Timestamp, SQLType: "TIMESTAMP"},
	{Name: "city", Kind: table.String, SQLType: "VARCHAR"},
	{Name: "words", Kind: table.String, SQLType: "VARCHAR"},
}

// random makes a table of n rows; how wild its values are depends on the seed as well.
func random(seed uint64, n int) data {
	r := rand.New(rand.NewPCG(seed, 7))
	offset, spread := math.Exp(10*r.NormFloat64()), 1+r.IntN(3000)
	d := data{shapes, table.Chunk{Len: n, Columns: make([]table.Vector, len(shapes))}}
	for i, c := range shapes {
		v := table.Vector{Kind: c.Kind, Mask: make([]uint64, (n+63)/64)}
		for row := range n {
			if r.IntN(10) > 0 {
				v.Mask[row/64] |= 1 << (row % 64)
			}
			if c.Kind == table.String {
				v.Strings = append(v.Strings, text(r, c.Name, spread))
			} else {
				v.Numbers = append(v.Numbers, number(r, c.Name, offset, spread))
			}
		}
		d.chunk.Columns[i] = v
	}
	return d
}

func number(r *rand.Rand, name string, offset float64, spread int) float64 {
	switch name {
	case "normal":
		return offset + r.NormFloat64()
	case "dirty":
		return []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0, 1e300, r.ExpFloat64()}[r.IntN(7)]
	case "code":
		return float64(r.IntN(5))
	case "skewed":
		return math.Floor(math.Exp(r.ExpFloat64() * 2))
	case "flag":
		return float64(r.IntN(2))
	case "day":
		return float64(18_000 + r.IntN(spread))
	}
	return float64(18_000*86_400) + r.Float64()*float64(spread)*86_400
}

func text(r *rand.Rand, name string, spread int) string {
	if name == "city" {
		return []string{"Bonn", "Rom", "Köln", "", "a\x00b"}[r.IntN(5)]
	}
	return strings.Repeat("wört ", r.IntN(60)) + fmt.Sprint(r.IntN(spread))
}

// rows are some rows of a table.
func (d data) rows(from, to int) *table.Chunk {
	part := table.Chunk{Len: to - from}
	for i := range d.chunk.Columns {
		whole := &d.chunk.Columns[i]
		v := table.Vector{Kind: whole.Kind, Mask: make([]uint64, (to-from+63)/64)}
		for row := from; row < to; row++ {
			if whole.Valid(row) {
				v.Mask[(row-from)/64] |= 1 << ((row - from) % 64)
			}
		}
		if whole.Strings != nil {
			v.Strings = whole.Strings[from:to]
		} else {
			v.Numbers = whole.Numbers[from:to]
		}
		part.Columns = append(part.Columns, v)
	}
	return &part
}

func hidesNothing(...string) bool { return false }

// build profiles rows in chunks of the engine's size.
func (d data) build(from, to int) *profile.Profile { return d.buildBy(2048, from, to) }

func (d data) buildBy(size, from, to int) *profile.Profile {
	b := profile.NewBuilder(d.columns, hidesNothing)
	for ; from < to; from += size {
		b.Add(d.rows(from, min(from+size, to)))
	}
	return b.Profile(0)
}

// reread is the profile as its file has it.
func reread(t *testing.T, p *profile.Profile) *profile.Profile {
	t.Helper()
	text, err := p.JSON()
	require.NoError(t, err)
	again, err := profile.Read("p.json", text)
	require.NoError(t, err, "%.300s", text)
	same, err := again.JSON()
	require.NoError(t, err)
	require.Equal(t, string(text), string(same))
	return again
}

// numbers are the finite values of a column, in ascending order, without −0.
func (d data) numbers(column int) []float64 {
	var values []float64
	v := &d.chunk.Columns[column]
	for row, x := range v.Numbers {
		if v.Valid(row) && !math.IsNaN(x) && !math.IsInf(x, 0) {
			values = append(values, x+0)
		}
	}
	slices.Sort(values)
	return values
}

// The profiles of the parts of a table merge to that of the whole, in any order and grouping: what is exact is equal, and what
// is not lies within the error that the result states.
func TestPartsMergeToTheWhole(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 3))
		d := random(seed, []int{0, 1, 50, 3000, 20_000, 60_000}[seed%6])
		cuts := []int{0, r.IntN(d.chunk.Len + 1), r.IntN(d.chunk.Len + 1), d.chunk.Len}
		slices.Sort(cuts)
		whole := reread(t, d.build(0, d.chunk.Len))
		parts := func() (p [3]*profile.Profile) {
			for i := range p {
				p[i] = reread(t, d.build(cuts[i], cuts[i+1]))
			}
			return p
		}
		p := parts()
		require.NoError(t, p[0].Merge(p[1]))
		require.NoError(t, p[0].Merge(p[2]))
		d.holds(t, whole, reread(t, p[0]))
		p = parts()
		require.NoError(t, p[1].Merge(p[2]))
		require.NoError(t, p[1].Merge(p[0]))
		d.holds(t, whole, reread(t, p[1]))
		d.holds(t, whole, whole)
	}
}

// holds compares a merged profile with that of the whole and with the values themselves.
func (d data) holds(t *testing.T, whole, merged *profile.Profile) {
	t.Helper()
	require.Equal(t, whole.Rows, merged.Rows)
	for i, c := range whole.Columns {
		m := merged.Columns[i]
		require.Equal(t, []any{c.Name, c.Kind, c.SQLTypes, c.Rows, c.Nulls, c.NaNs, c.Above, c.Below}, []any{m.Name, m.Kind, m.SQLTypes, m.Rows, m.Nulls, m.NaNs, m.Above, m.Below})
		if c.Dates != nil {
			require.Equal(t, c.Dates.Unit(), m.Dates.Unit(), c.Name)
			require.Equal(t, c.Dates.Buckets(), m.Dates.Buckets(), c.Name)
		}
		if c.Texts != nil {
			require.Equal(t, []any{c.Texts.Count, c.Texts.Range, c.Texts.NotASCII}, []any{m.Texts.Count, m.Texts.Range, m.Texts.NotASCII}, c.Name)
			sameTally(t, &c.Texts.Tally, &m.Texts.Tally, d.textCounts(i))
			sameMoments(t, c.Texts.Lengths, m.Texts.Lengths)
			continue
		}
		values := d.numbers(i)
		sameMoments(t, c.Numbers, m.Numbers)
		sameTally(t, &c.Numbers.Tally, &m.Numbers.Tally, count(values))
		require.EqualValues(t, len(values), m.Numbers.Weighted().Total())
		require.LessOrEqual(t, worstRank(m.Numbers, values), m.Numbers.Error(), c.Name)
		require.Less(t, m.Numbers.Error(), 0.025)
	}
}

func sameMoments(t *testing.T, a, b *profile.Numbers) {
	t.Helper()
	require.Equal(t, []any{a.Count, a.Min, a.Max}, []any{b.Count, b.Min, b.Max})
	const within = 1e-12 // of the size of the values: a mean is one float64, and no closer
	size := math.Max(math.Abs(a.Min), math.Abs(a.Max))
	require.InDelta(t, a.Mean, b.Mean, within*size)
	for i, pair := range [][2]float64{{a.M2, b.M2}, {a.M3, b.M3}, {a.M4, b.M4}} {
		if !(math.Abs(pair[0]) <= math.MaxFloat64) {
			require.False(t, math.Abs(pair[1]) <= math.MaxFloat64)
			continue
		}
		require.InDelta(t, pair[0], pair[1], math.Max(1e-300, within*float64(a.Count)*size*math.Pow(a.Deviation(), float64(i+1))))
	}
}

func count[K comparable](values []K) map[K]int64 {
	counts := map[K]int64{}
	for _, v := range values {
		counts[v]++
	}
	return counts
}

func (d data) textCounts(column int) map[string]int64 {
	counts := map[string]int64{}
	v := &d.chunk.Columns[column]
	for row, text := range v.Strings {
		if v.Valid(row) {
			counts[profile.Key(text)]++
		}
	}
	return counts
}

// sameTally holds two tallies against the true counts.
func sameTally[K interface{ float64 | string }](t *testing.T, whole, merged *profile.Tally[K], counts map[K]int64) {
	t.Helper()
	require.Equal(t, whole.IsExact(), merged.IsExact())
	about, relative, known := merged.Distinct()
	expected, _, _ := whole.Distinct()
	require.True(t, known)
	require.Equal(t, expected, about, "HyperLogLog depends on the set of the values alone")
	require.InDelta(t, len(counts), about, 4*relative*float64(len(counts)))
	total := int64(0)
	for _, n := range counts {
		total += n
	}
	left := maps.Clone(counts)
	for _, c := range merged.Frequent() {
		require.LessOrEqual(t, c.Count, counts[c.Value])
		require.GreaterOrEqual(t, c.Count+merged.Missed(), counts[c.Value])
		delete(left, c.Value)
	}
	for _, n := range left {
		require.LessOrEqual(t, n, merged.Missed())
	}
	require.LessOrEqual(t, float64(merged.Missed()), 0.013*float64(total)+1)
	if whole.IsExact() {
		require.Equal(t, whole.Frequent(), merged.Frequent())
		require.LessOrEqual(t, len(counts), sketch.Counters)
	}
}

// worstRank is the largest error of the share of values up to any number.
func worstRank(n *profile.Numbers, sorted []float64) float64 {
	largest, w := 0.0, n.Weighted()
	for i, v := range sorted {
		if i+1 == len(sorted) || sorted[i+1] != v {
			largest = max(largest, math.Abs(float64(w.Rank(v))-float64(i+1)))
		}
	}
	return largest / math.Max(1, float64(len(sorted)))
}

func TestManyMergesStayWithinTheError(t *testing.T) {
	d := random(5, 100_000)
	whole := reread(t, d.build(0, d.chunk.Len))
	merged := reread(t, d.build(0, 1000))
	for from := 1000; from < d.chunk.Len; from += 1000 {
		require.NoError(t, merged.Merge(reread(t, d.build(from, from+1000))))
	}
	d.holds(t, whole, reread(t, merged))
}

func TestTheSameRowsGiveTheSameFile(t *testing.T) {
	one, err := random(4, 20_000).build(0, 20_000).JSON()
	require.NoError(t, err)
	two, err := random(4, 20_000).buildBy(701, 0, 20_000).JSON()
	require.NoError(t, err)
	require.True(t, string(one) == string(two), "wherever the engine's chunks end")
}

func TestLongTextsGiveTheSameFileToo(t *testing.T) {
	d := data{shapes[7:8], table.Chunk{Len: 3000, Columns: []table.Vector{{Kind: table.String}}}}
	for i := range d.chunk.Len {
		d.chunk.Columns[0].Strings = append(d.chunk.Columns[0].Strings, strings.Repeat("long ", i)+fmt.Sprint(i))
	}
	one, err := d.build(0, d.chunk.Len).JSON()
	require.NoError(t, err)
	two, err := d.buildBy(300, 0, d.chunk.Len).JSON()
	require.NoError(t, err)
	require.True(t, string(one) == string(two))
}

func BenchmarkAdd(b *testing.B) {
	chunk := random(1, 2048).rows(0, 2048)
	builder := profile.NewBuilder(shapes, hidesNothing)
	for b.Loop() {
		builder.Add(chunk)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*2048*len(shapes)), "ns/value")
}
