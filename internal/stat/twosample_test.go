package stat_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
)

// shapes are distributions on which the exact comparison without sorting must agree with the sorted form.
var shapes = map[string]func(*rand.Rand) float64{
	"normal":           func(r *rand.Rand) float64 { return r.NormFloat64() },
	"far from zero":    func(r *rand.Rand) float64 { return 1e6 + r.NormFloat64() },
	"uniform":          func(r *rand.Rand) float64 { return r.Float64() },
	"heavy tails":      func(r *rand.Rand) float64 { return math.Tan(math.Pi * (r.Float64() - 0.5)) },
	"log-normal":       func(r *rand.Rand) float64 { return math.Exp(5 * r.NormFloat64()) },
	"constant":         func(*rand.Rand) float64 { return 0.1 },
	"whole":            func(r *rand.Rand) float64 { return float64(r.IntN(50) - 25) },
	"prices":           func(r *rand.Rand) float64 { return float64(r.IntN(30_000)) / 100 },
	"many prices":      func(r *rand.Rand) float64 { return float64(r.IntN(1e8)) / 1e4 },
	"large whole":      func(r *rand.Rand) float64 { return float64(r.Int64N(1 << 62)) },
	"thirds":           func(r *rand.Rand) float64 { return float64(r.IntN(5)) / 3 },
	"half zero":        func(r *rand.Rand) float64 { return max(0, r.NormFloat64()) },
	"zeros of both":    func(r *rand.Rand) float64 { return math.Copysign(float64(r.IntN(2)), r.NormFloat64()) },
	"subnormal":        func(r *rand.Rand) float64 { return math.Float64frombits(r.Uint64N(1 << 52)) },
	"smallest":         func(r *rand.Rand) float64 { return float64(r.IntN(5)-2) * math.SmallestNonzeroFloat64 },
	"huge":             func(r *rand.Rand) float64 { return (2*r.Float64() - 1) * math.MaxFloat64 },
	"all magnitudes":   func(r *rand.Rand) float64 { return finite(math.Float64frombits(r.Uint64())) },
	"an atom in noise": func(r *rand.Rand) float64 { return pick(r, 100.0001, 100+20*r.NormFloat64()) },
	"a far sentinel":   func(r *rand.Rand) float64 { return pick(r, -999, 1000+r.Float64()) },
}

func pick(r *rand.Rand, a, b float64) float64 {
	if r.IntN(2) == 0 {
		return a
	}
	return b
}

func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

func TestCompareAgreesWithTheSortedForm(t *testing.T) {
	for name, shape := range shapes {
		for _, size := range [][2]int{{1, 1}, {1, 7}, {3, 2}, {100, 100}, {5000, 3000}, {20_000, 30_000}} {
			t.Run(fmt.Sprint(name, size), func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(size[0]), 17))
				x, y := make([]float64, size[0]), make([]float64, size[1])
				for i := range x {
					x[i] = shape(random)
				}
				for i := range y {
					y[i] = shape(random)
				}
				requireSorted(t, x, y)
				for i := range y {
					y[i] = finite(y[i]*1.01 + 0.01)
				}
				requireSorted(t, x, y)
				requireSorted(t, x, x)
			})
		}
	}
}

// requireSorted compares samples in segments and holds every answer against the sorted samples.
func requireSorted(t *testing.T, x, y []float64) {
	t.Helper()
	got, err := stat.Compare(cut(x), cut(y), 0.5)
	require.NoError(t, err)
	x, y = slices.Clone(x), slices.Clone(y)
	stat.SortFloats(x)
	stat.SortFloats(y)
	want, err := stat.KolmogorovSmirnov(x, y)
	require.NoError(t, err)
	require.Equal(t, want, got.KolmogorovSmirnov())
	requireClose(t, wasserstein(x, y), got.Wasserstein(), 1e-9, "W1")
	requireMoments(t, x, y, got)
	requireQuantiles(t, x, y, got)
	requireRanks(t, x, y, got)
	requireDistinct(t, x, y, got)
}

// cut makes segments of odd lengths, some of them empty.
func cut(values []float64) [][]float64 {
	segments := [][]float64{nil}
	for n := 1; len(values) > 0; n = 3*n + 1 {
		n = min(n, len(values))
		segments = append(segments, values[:n], []float64{})
		values = values[n:]
	}
	return segments
}

func requireClose(t *testing.T, want, got, tolerance float64, what string) {
	t.Helper()
	if want != got && !(math.Abs(want-got) <= tolerance*math.Max(math.Abs(want), math.Abs(got))) {
		require.Failf(t, what, "%v instead of %v", got, want)
	}
}

// wasserstein is the sorted form at a scale at which no difference overflows.
func wasserstein(x, y []float64) float64 {
	if max(-x[0], -y[0], x[len(x)-1], y[len(y)-1]) < 1e307 {
		return stat.WassersteinSorted(x, y)
	}
	return 4 * stat.WassersteinSorted(scaled(x), scaled(y))
}

func scaled(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v / 4
	}
	return out
}

func requireMoments(t *testing.T, x, y []float64, got *stat.TwoSample) {
	t.Helper()
	mx, my := got.Moments()
	for _, c := range []struct {
		values []float64
		got    stat.Moments
	}{{x, mx}, {y, my}} {
		low, high := c.values[0], c.values[len(c.values)-1]
		require.Equal(t, []float64{low, high}, []float64{c.got.Min, c.got.Max})
		if len(c.values) > 5000 {
			continue // enough of them stand in few buckets as in many, and 4000 bits take their time
		}
		mean, deviation := exactMoments(c.values)
		require.InDelta(t, 0, (c.got.Mean-mean)/max(deviation, math.Abs(mean), math.SmallestNonzeroFloat64*1e3), 1e-12, "mean %v %v", c.got.Mean, mean)
		requireClose(t, deviation, c.got.Deviation, 1e-9, "deviation")
		if low == high {
			require.Equal(t, stat.Moments{Min: low, Max: high, Mean: low}, c.got)
		}
	}
}

// exactMoments computes in 4000 bits, which hold the square of any float.
func exactMoments(values []float64) (mean, deviation float64) {
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(4000).SetFloat64(v) }
	sum, n := number(0), number(float64(len(values)))
	for _, v := range values {
		sum.Add(sum, number(v))
	}
	middle := sum.Quo(sum, n)
	squares := number(0)
	for _, v := range values {
		d := number(v)
		d.Sub(d, middle)
		squares.Add(squares, d.Mul(d, d))
	}
	mean, _ = middle.Float64()
	deviation, _ = squares.Sqrt(squares.Quo(squares, n)).Float64()
	return mean, deviation
}

func requireQuantiles(t *testing.T, x, y []float64, got *stat.TwoSample) {
	t.Helper()
	probabilities := []float64{0, 0.01, 0.25, 0.5, 0.731, 0.99, 1}
	qx, qy := got.Quantiles(probabilities)
	for i, p := range probabilities {
		require.Equal(t, interpolated(x, p), qx[i])
		require.Equal(t, interpolated(y, p), qy[i])
	}
}

func interpolated(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	low, high := sorted[int(math.Floor(at))], sorted[int(math.Ceil(at))]
	part := at - math.Floor(at)
	return low*(1-part) + high*part
}

func requireRanks(t *testing.T, x, y []float64, got *stat.TwoSample) {
	t.Helper()
	var points []float64
	for _, sample := range [][]float64{x, y} {
		for i := 0; i < len(sample); i += 1 + len(sample)/9 {
			points = append(points, sample[i], math.Nextafter(sample[i], 0), sample[i]*1.001)
		}
	}
	points = append(points, -math.MaxFloat64, math.MaxFloat64, 0, math.Inf(-1), math.Inf(1))
	rx, ry := got.Ranks(points)
	for i, v := range points {
		require.Equal(t, rank(x, v), rx[i], "%v", v)
		require.Equal(t, rank(y, v), ry[i], "%v", v)
	}
}

func rank(sorted []float64, v float64) stat.Rank {
	return stat.Rank{
		Below: int64(sort.Search(len(sorted), func(i int) bool { return sorted[i] >= v })),
		UpTo:  int64(sort.Search(len(sorted), func(i int) bool { return sorted[i] > v })),
	}
}

func requireDistinct(t *testing.T, x, y []float64, got *stat.TwoSample) {
	t.Helper()
	const limit = 7
	inX, inY := map[float64]int64{}, map[float64]int64{}
	all := map[float64]bool{}
	for _, v := range x {
		inX[v]++
		all[v] = true
	}
	for _, v := range y {
		inY[v]++
		all[v] = true
	}
	values, cx, cy, ok := got.Distinct(limit)
	require.Equal(t, len(all) <= limit, ok)
	if !ok {
		return
	}
	require.Len(t, values, len(all))
	require.True(t, slices.IsSorted(values))
	for i, v := range values {
		require.Equal(t, [2]int64{inX[v], inY[v]}, [2]int64{cx[i], cy[i]})
	}
}

// answers are all numbers of a comparison, for equality to the last bit.
func answers(t *testing.T, x, y [][]float64) []any {
	t.Helper()
	c, err := stat.Compare(x, y)
	require.NoError(t, err)
	mx, my := c.Moments()
	qx, qy := c.Quantiles([]float64{0.1, 0.5, 0.9})
	rx, ry := c.Ranks([]float64{-1, 0, 0.5})
	return []any{c.KolmogorovSmirnov(), c.Wasserstein(), mx, my, qx, qy, rx, ry}
}

// Threads hand values over in another order each time.
func TestNoOrderChangesABit(t *testing.T) {
	for name, shape := range shapes {
		random := rand.New(rand.NewPCG(5, 6))
		x, y := make([]float64, 20_000), make([]float64, 15_000)
		for i := range x {
			x[i] = shape(random)
		}
		for i := range y {
			y[i] = shape(random)
		}
		want := answers(t, cut(x), cut(y))
		for range 3 {
			random.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
			random.Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
			require.Equal(t, want, answers(t, [][]float64{x[:777], x[777:]}, [][]float64{y}), name)
		}
	}
}

// scipy 1.17.1: wasserstein_distance([0, 1, 3], [5, 6, 8]); numpy 2.4.6: quantile([0, 1, 3], [0.25, 0.5]), std([0, 1, 3])
func TestCompareAgainstNumpy(t *testing.T) {
	c, err := stat.Compare([][]float64{{3, 0}, {1}}, [][]float64{{5, 6, 8}})
	require.NoError(t, err)
	require.InEpsilon(t, 5.0, c.Wasserstein(), 1e-15)
	require.Equal(t, 1.0, c.KolmogorovSmirnov().D)
	x, _ := c.Quantiles([]float64{0.25, 0.5})
	require.Equal(t, []float64{0.5, 1}, x)
	m, _ := c.Moments()
	require.InEpsilon(t, 1.247219128924647, m.Deviation, 1e-15)
	n, k := c.Sizes()
	require.Equal(t, [2]int64{3, 3}, [2]int64{n, k})
}

func TestCompareRefusesWhatHasNoPlace(t *testing.T) {
	_, err := stat.Compare([][]float64{{}}, [][]float64{{1}})
	require.ErrorIs(t, err, stat.ErrUndefined)
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		require.Panics(t, func() { stat.Compare([][]float64{{1, 2.00001}}, [][]float64{{v}}) })
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte("0123456701234567"), uint8(1))
	f.Add(binary.LittleEndian.AppendUint64(nil, math.Float64bits(-0.5)), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, split uint8) {
		var values []float64
		for ; len(data) >= 8; data = data[8:] {
			// Of one magnitude or another: where the largest float stands beside the smallest, sums of floats lose the latter in any form.
			v := finite(math.Float64frombits(binary.LittleEndian.Uint64(data)))
			values = append(values, math.Copysign(math.Mod(math.Abs(v), 1e12), v))
		}
		if at := int(split); at > 0 && at < len(values) {
			requireSorted(t, values[:at], values[at:])
		}
	})
}

// The kernels on a million values each, normal and prices, without and with sorting.
func BenchmarkTwoSample(b *testing.B) {
	const n = 1_000_000
	for _, name := range []string{"normal", "prices"} {
		random := rand.New(rand.NewPCG(1, 1))
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i] = shapes[name](random), shapes[name](random)
		}
		b.Run(name+"/compare", func(b *testing.B) {
			for b.Loop() {
				c, err := stat.Compare([][]float64{x}, [][]float64{y}, 0.01, 0.5, 0.99)
				require.NoError(b, err)
				c.Ranks([]float64{-1, 0, 1})
			}
		})
		b.Run(name+"/sort", func(b *testing.B) {
			for b.Loop() {
				sx, sy := slices.Clone(x), slices.Clone(y)
				stat.SortFloats(sx)
				stat.SortFloats(sy)
				_, err := stat.KolmogorovSmirnov(sx, sy)
				require.NoError(b, err)
				stat.WassersteinSorted(sx, sy)
			}
		})
	}
}
