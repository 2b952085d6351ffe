package stat

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// twoSamples draws counts of n and m rows over the weights.
func twoSamples(random *rand.Rand, n, m int, weights []float64) (x, y []int64) {
	draw := func(size int) []int64 {
		counts := make([]int64, len(weights))
		for range size {
			u := random.Float64()
			i := 0
			for ; i < len(weights)-1 && u >= weights[i]; i++ {
				u -= weights[i]
			}
			counts[i]++
		}
		return counts
	}
	return draw(n), draw(m)
}

func TestNoiseIsWhatEffectsComeToWithoutDrift(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	weights := []float64{0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05}
	const n, m, runs = 400, 900, 400
	var tv, psi, js, w1, exceeded float64
	var x, y []int64
	for range runs {
		x, y = twoSamples(random, n, m, weights)
		tv += TotalVariation(x, y) / runs
		psi += PSI(x, y) / runs
		js += square(JensenShannon(floats(x), floats(y))) / runs
		a, b := normals(random, n), normals(random, m)
		w1 += WassersteinSorted(a, b) / runs
		if ks, err := KolmogorovSmirnov(a, b); err == nil && ks.D > KolmogorovNoise(n, m, 0.05) {
			exceeded += 1.0 / runs
		}
	}
	require.InEpsilon(t, tv, TotalVariationNoise(x, y), 0.05)
	require.InEpsilon(t, psi, PSINoise(n, m, len(weights)), 0.1)
	require.InEpsilon(t, math.Sqrt(js), JensenShannonNoise(n, m, len(weights)), 0.05)
	require.InEpsilon(t, w1, WassersteinNoise(n, m), 0.05)
	require.InDelta(t, 0.04, exceeded, 0.03)
	require.InDelta(t, 1.3581*math.Sqrt(f(n, m)), KolmogorovNoise(n, m, 0.05), 1e-4)    // scipy 1.17.1: kstwobign.isf(0.05) = 1.35810
	require.InDelta(t, 0.8*0.3/math.Sqrt(1000), ProportionNoise(2000, 2000, 0.1), 3e-5) // √(2/π) ≈ 0.8
}

func floats(counts []int64) []float64 {
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = float64(c)
	}
	return out
}

func normals(random *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = random.NormFloat64()
	}
	SortFloats(out)
	return out
}

// Where every category moves by one number of its standard deviations, what is left after the noise is the true distance.
func TestWithoutNoiseTheTrueDistanceIsLeft(t *testing.T) {
	require.InDelta(t, 3.0, WithoutNoise(5, 4), 1e-12)
	require.Zero(t, WithoutNoise(4, 5))
	require.Zero(t, TotalVariationWithoutNoise(0.1, 0.1))
	require.InDelta(t, 0.2, TotalVariationWithoutNoise(0.2, 0), 0)
	random := rand.New(rand.NewPCG(3, 4))
	before, after := make([]float64, 50), make([]float64, 50)
	for i := range before {
		before[i], after[i] = 0.02, 0.02+0.004*float64(1-2*(i%2))
	}
	sum := 0.0
	for range 200 {
		x, _ := twoSamples(random, 1500, 1, before)
		y, _ := twoSamples(random, 1500, 1, after)
		sum += TotalVariationWithoutNoise(TotalVariation(x, y), TotalVariationNoise(x, y)) / 200
	}
	require.InDelta(t, 0.1, sum, 0.01)
}

func TestCramersV(t *testing.T) {
	// By hand, Bergsma (2013): χ² = 20.202020 of 2000 rows in two categories, √((χ²/2000 − 1/1999)/(1 − 1/1999)).
	v, err := CramersV([]int64{500, 500, 0}, []int64{400, 600, 0})
	require.NoError(t, err)
	require.InDelta(t, math.Sqrt((20.2020202020/2000-1.0/1999)/(1-1.0/1999)), v, 1e-9)
	same, err := CramersV([]int64{10, 20, 30}, []int64{10, 20, 30})
	require.NoError(t, err)
	require.Zero(t, same)
	apart, err := CramersV([]int64{1000, 0}, []int64{0, 1000})
	require.NoError(t, err)
	require.InDelta(t, 1, apart, 1e-3)
	one, err := CramersV([]int64{5}, []int64{7})
	require.NoError(t, err)
	require.Zero(t, one)
	for _, few := range [][2][]int64{{{0}, {5}}, {{1, 0}, {0, 1}}, {{1, 0, 1, 0}, {0, 1, 0, 1}}} {
		_, err := CramersV(few[0], few[1])
		require.ErrorIs(t, err, ErrUndefined)
	}
}

func TestExceedance(t *testing.T) {
	require.InDelta(t, 1.0, Exceedance(0, 5, 5), 0)
	require.InDelta(t, 0.5, Exceedance(1, 5, 5), 1e-12)     // the largest is as likely in the one as in the other
	require.InDelta(t, 1.0/252, Exceedance(5, 5, 5), 1e-12) // one order of C(10, 5)
	require.Zero(t, Exceedance(50_000, 50_000, 50_000))
}

// The bound holds: deals of the same rows have as many unseen ones no more often than it says.
func TestUnseenRowsBoundsTheChance(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	weights := make([]float64, 300)
	for i := range weights {
		weights[i] = 1 / float64(i+1) / 6.28
	}
	x, y := twoSamples(random, 300, 500, weights)
	var rows []int
	for i := range x {
		for range x[i] + y[i] {
			rows = append(rows, i)
		}
	}
	var bounds []float64
	for range 2000 {
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		dealtX, dealtY := make([]int64, len(x)), make([]int64, len(x))
		for at, i := range rows {
			if at < 300 {
				dealtX[i]++
			} else {
				dealtY[i]++
			}
		}
		bounds = append(bounds, UnseenRows(dealtX, dealtY))
	}
	SortFloats(bounds)
	for _, level := range []float64{0.01, 0.05, 0.2, 0.5} {
		require.GreaterOrEqual(t, bounds[int(level*2000)]+0.02, level, "a p-value is no smaller than its share")
	}
	require.InDelta(t, 1.0, UnseenRows([]int64{5, 5}, []int64{5, 5}), 0)
	require.Less(t, UnseenRows([]int64{500, 0}, []int64{450, 50}), 1e-12, "a level of fifty rows is not missed by half of them")
	require.GreaterOrEqual(t, UnseenRows([]int64{499, 0}, []int64{499, 1}), 0.5, "one row is in the one as likely as in the other")
}
