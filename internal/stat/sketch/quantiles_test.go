package sketch_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
	"github.com/assay-ml/assay/internal/stat/sketch"
)

// streams of n values whose order or shape is hard on a sketch.
var streams = map[string]func(random *rand.Rand, i, n int) float64{
	"normal":     func(r *rand.Rand, _, _ int) float64 { return r.NormFloat64() },
	"ascending":  func(_ *rand.Rand, i, _ int) float64 { return float64(i) },
	"descending": func(_ *rand.Rand, i, n int) float64 { return float64(n - i) },
	"zigzag":     func(_ *rand.Rand, i, n int) float64 { return float64((i % 2) * (n - i)) },
	"few values": func(r *rand.Rand, _, _ int) float64 { return float64(r.IntN(7)) },
	"heavy tail": func(r *rand.Rand, _, _ int) float64 { return math.Exp(8 * r.NormFloat64()) },
	"huge":       func(r *rand.Rand, _, _ int) float64 { return (r.Float64() - 0.5) * math.MaxFloat64 },
	"constant":   func(*rand.Rand, int, int) float64 { return -3.5 },
}

func stream(name string, n int) []float64 {
	random := rand.New(rand.NewPCG(uint64(n), 1))
	values := make([]float64, n)
	for i := range values {
		values[i] = streams[name](random, i, n)
	}
	return values
}

func quantilesOf(values []float64) *sketch.Quantiles {
	q := &sketch.Quantiles{}
	for part := range slices.Chunk(values, 2048) {
		sorted := slices.Clone(part)
		stat.SortFloats(sorted)
		q.Add(sorted)
	}
	return q
}

// worst is the largest error of the share of values up to any number, by counting.
func worst(q *sketch.Quantiles, values []float64) float64 {
	sorted, w := slices.Sorted(slices.Values(values)), q.Weighted()
	largest := 0.0
	for i, v := range sorted {
		if i+1 < len(sorted) && sorted[i+1] == v {
			continue
		}
		largest = max(largest, math.Abs(float64(w.Rank(v))-float64(i+1)))
	}
	return largest / float64(len(values))
}

func TestRanksAreWithinTheStatedError(t *testing.T) {
	for name := range streams {
		for _, n := range []int{1, 8, 511, 5_000, 200_000} {
			values := stream(name, n)
			q := quantilesOf(values)
			levels, _, _ := q.State()
			require.LessOrEqual(t, worst(q, values), q.Error(), "%s of %d", name, n)
			require.EqualValues(t, n, q.Weighted().Total(), "%s of %d", name, n)
			require.Less(t, q.Error(), 0.02, "%s of %d", name, n)
			require.Less(t, len(slices.Concat(levels...)), 4*sketch.Width)
			t.Logf("%s of %d: error %.4f of at most %.4f, %d values", name, n, worst(q, values), q.Error(), len(slices.Concat(levels...)))
		}
	}
}

func BenchmarkQuantiles(b *testing.B) {
	values := stream("normal", 1<<20)
	for b.Loop() {
		quantilesOf(values)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(values)), "ns/value")
}
