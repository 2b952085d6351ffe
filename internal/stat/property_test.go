package stat_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
)

func TestSortFloatsFoldsTheZeros(t *testing.T) {
	for _, size := range []int{3, 3000} { // below and above the length from which it sorts by digits
		values := make([]float64, size)
		for i := range values {
			values[i] = math.Copysign(0, float64(i%2)-1)
		}
		stat.SortFloats(values)
		for _, v := range values {
			require.False(t, math.Signbit(v))
		}
	}
}

func TestSortFloatsRefusesNaN(t *testing.T) {
	for _, size := range []int{3, 3000} {
		values := make([]float64, size)
		values[size/2] = math.NaN()
		require.Panics(t, func() { stat.SortFloats(values) })
	}
}

func TestSortFloatsAgreesWithSlicesSort(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 20_000)
	for i := range values {
		values[i] = random.NormFloat64() * math.Pow(10, float64(random.IntN(600)-300))
	}
	want := slices.Clone(values)
	slices.Sort(want)
	stat.SortFloats(values)
	require.Equal(t, want, values)
}

func TestSwappedSamplesGiveTheSameBits(t *testing.T) {
	for _, size := range [][2]int{{40, 50}, {999, 1000}, {10_000, 777}, {20_000, 60}} {
		x, y := draw(3, size[0], 0, 2), draw(4, size[1], 0.1, 2)
		stat.SortFloats(x)
		stat.SortFloats(y)
		a, err := stat.KolmogorovSmirnov(x, y)
		require.NoError(t, err)
		b, err := stat.KolmogorovSmirnov(y, x)
		require.NoError(t, err)
		require.Equal(t, a, b)
	}
}

// Two samples that do not overlap have D = 1, and p = 2/C(n+m, n): only the two paths along the edges are that far out.
func TestDisjointSamples(t *testing.T) {
	for _, size := range [][2]int{{3, 2}, {4, 4}, {1, 9}, {6, 5}} {
		n, m := size[0], size[1]
		x, y := make([]float64, n), make([]float64, m)
		for i := range y {
			y[i] = 1
		}
		r, err := stat.KolmogorovSmirnov(x, y)
		require.NoError(t, err)
		require.Equal(t, 1.0, r.D)
		paths := math.Exp(logGamma(n+m+1) - logGamma(n+1) - logGamma(m+1))
		require.InEpsilon(t, 2/paths, r.P, 1e-12)
	}
}

func logGamma(n int) float64 {
	lg, _ := math.Lgamma(float64(n))
	return lg
}

func TestIdenticalSamples(t *testing.T) {
	for _, n := range []int{1, 5, 3000, 10_001} {
		x := draw(1, n, 0, 1)
		stat.SortFloats(x)
		r, err := stat.KolmogorovSmirnov(x, x)
		require.NoError(t, err)
		require.Equal(t, stat.KSResult{D: 0, P: 1}, r)
		require.Zero(t, stat.WassersteinSorted(x, x))
	}
}

// The forms that KolmogorovSurvival chooses among must join: where an approximation meets an exact form the step upwards stays below
// the approximation's own error, which is largest at n = 141.
func TestKolmogorovSurvivalFalls(t *testing.T) {
	for _, n := range []int{1, 2, 9, 140, 141, 1023, 1024, 3000, 3001, 500_000} {
		last := 1.0
		for step := range 2000 {
			p := stat.KolmogorovSurvival(n, float64(step)/1000/math.Sqrt(float64(n)))
			require.LessOrEqual(t, p, last+5e-7, "n %d, step %d", n, step)
			require.True(t, 0 <= p && p <= 1)
			last = p
		}
	}
}

// Beyond the reach of floats no path is counted: a quick 0, where the neighbor that can be counted is 1e-175.
func TestVanishingProbability(t *testing.T) {
	x, y := make([]float64, 10_000), make([]float64, 9_999)
	for i := range y {
		y[i] = 1
	}
	r, err := stat.KolmogorovSmirnov(x, y)
	require.NoError(t, err)
	require.Equal(t, stat.KSResult{D: 1, P: 0}, r)
}

func TestAdjustedIsNeverBelowAndHolmIsNeverBelowBenjaminiHochberg(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		p := make([]float64, 1+random.IntN(30))
		for i := range p {
			p[i] = math.Pow(random.Float64(), 4)
		}
		bh, holm := stat.BenjaminiHochberg(p), stat.Holm(p)
		for i := range p {
			require.GreaterOrEqual(t, bh[i], p[i]*(1-1e-15))
			require.GreaterOrEqual(t, holm[i], bh[i]*(1-1e-15))
			require.LessOrEqual(t, holm[i], 1.0)
		}
	}
}

func TestPoolSmallNeverChangesTotals(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		x, y := make([]int64, 1+random.IntN(12)), []int64(nil)
		for i := range x {
			x[i] = random.Int64N(30)
			y = append(y, random.Int64N(12))
		}
		px, py, pooled := stat.PoolSmall(x, y)
		require.Equal(t, sum(x), sum(px))
		require.Equal(t, sum(y), sum(py))
		require.Len(t, pooled, len(x))
		if len(px) < 2 {
			continue
		}
		share := float64(min(sum(x), sum(y))) / float64(sum(x)+sum(y))
		for i := range px {
			require.GreaterOrEqual(t, float64(px[i]+py[i])*share, 5.0)
		}
	}
}

func sum(counts []int64) int64 {
	var s int64
	for _, c := range counts {
		s += c
	}
	return s
}

// At the rows that the plan asks for, both a rare and a common share that rises by detect must be found.
func TestProportionPlanHoldsItsPower(t *testing.T) {
	const level, minimum, detect, rounds = 0.005, 0.05, 0.1, 2000
	for _, base := range []float64{0, 0.01, 0.3} {
		n := int64(math.Ceil(100 * stat.ProportionPlan(100, 100, base, level, minimum, detect).Growth))
		random := rand.New(rand.NewPCG(7, 8))
		alarms := 0
		for range rounds {
			a, b := successes(random, n, base), successes(random, n, base+detect)
			r, err := stat.CompareProportions(a, n, b, n)
			require.NoError(t, err)
			if r.P <= level && float64(b-a) >= minimum*float64(n) {
				alarms++
			}
		}
		require.Greater(t, alarms, rounds*3/4, "base %v, %d rows", base, n)
	}
}

func successes(random *rand.Rand, n int64, share float64) int64 {
	var hits int64
	for range n {
		if random.Float64() < share {
			hits++
		}
	}
	return hits
}
