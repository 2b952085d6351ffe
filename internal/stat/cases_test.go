package stat_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
)

// cases are SciPy's numbers, made by testdata/peers/scipy_cases.py.
type cases struct {
	KS []struct {
		N, M   int
		Shift  float64
		Digits int
		D, P   float64
		W1     float64
	}
	KSTwo []struct {
		N    int
		D, P float64
	}
	ChiSquare []struct {
		X, Y         []int64
		Statistic, P float64
		DF           int
	} `json:"chi_square"`
	Fisher []struct {
		A, N, B, M int64
		P          float64
	}
	Adjust     []struct{ P, BH, Holm []float64 }
	Noncentral []struct {
		X      float64
		DF     int
		Lambda float64
		SF     float64
	}
	sampleCases
}

func readCases(t *testing.T) cases {
	t.Helper()
	data, err := os.ReadFile("../../testdata/peers/scipy_cases.json")
	require.NoError(t, err)
	return parseCases(t, data)
}

func parseCases(t *testing.T, data []byte) cases {
	t.Helper()
	var c cases
	require.NoError(t, json.Unmarshal(data, &c))
	require.NotEmpty(t, c.KS)
	require.NotEmpty(t, c.KSTwo)
	require.NotEmpty(t, c.ChiSquare)
	require.NotEmpty(t, c.Fisher)
	require.NotEmpty(t, c.Adjust)
	require.NotEmpty(t, c.Noncentral)
	c.requireAll(t)
	return c
}

// draw is the generator of scipy_cases.py.
func draw(seed uint64, n int, shift float64, digits int) []float64 {
	values := make([]float64, n)
	for i := range values {
		seed = (seed*0x5DEECE66D + 11) % (1 << 48)
		values[i] = float64(seed>>16)/(1<<32) + shift
		if digits >= 0 {
			scale := math.Pow(10, float64(digits))
			values[i] = math.RoundToEven(values[i]*scale) / scale
		}
	}
	return values
}

// near is equal to 1e-9, and to six digits where the number is small.
func near(t *testing.T, want, got float64, what ...any) {
	t.Helper()
	require.InDelta(t, want, got, 1e-9, what...)
	if want > 1e-290 {
		require.InEpsilon(t, want, got, 1e-6, what...)
	}
}

func TestSciPy(t *testing.T) { compareWithSciPy(t, readCases(t)) }

func compareWithSciPy(t *testing.T, c cases) {
	t.Helper()
	for _, k := range c.KS {
		x, y := draw(1, k.N, 0, k.Digits), draw(2, k.M, k.Shift, k.Digits)
		stat.SortFloats(x)
		stat.SortFloats(y)
		r, err := stat.KolmogorovSmirnov(x, y)
		require.NoError(t, err)
		what := fmt.Sprintf("ks_2samp %d %d %v %d", k.N, k.M, k.Shift, k.Digits)
		near(t, k.D, r.D, what)
		near(t, k.P, r.P, what)
		near(t, k.W1, stat.WassersteinSorted(x, y), what)
	}
	for _, k := range c.KSTwo {
		near(t, k.P, stat.KolmogorovSurvival(k.N, k.D), fmt.Sprintf("kstwo.sf(%v, %d)", k.D, k.N))
	}
	for _, k := range c.ChiSquare {
		r, err := stat.ChiSquareHomogeneity(k.X, k.Y)
		require.NoError(t, err)
		near(t, k.Statistic, r.Statistic, k)
		near(t, k.P, r.P, k)
		require.Equal(t, k.DF, r.Freedom)
	}
	for _, k := range c.Fisher {
		r, err := stat.CompareProportions(k.A, k.N, k.B, k.M)
		require.NoError(t, err)
		near(t, k.P, r.P, k)
	}
	for _, k := range c.Adjust {
		for i, v := range stat.BenjaminiHochberg(k.P) {
			near(t, k.BH[i], v, k.P)
		}
		for i, v := range stat.Holm(k.P) {
			near(t, k.Holm[i], v, k.P)
		}
	}
	for _, k := range c.Noncentral {
		near(t, k.SF, stat.NoncentralChiSquareSurvival(k.X, k.DF, k.Lambda), k)
	}
	c.compare(t)
}

func TestSortFloats(t *testing.T) {
	inf := math.Inf(1)
	for _, values := range [][]float64{nil, {1}, {2, 1}, {0, math.Copysign(0, -1), -1, inf, -inf, 1e-300, -1e300, 0.5},
		draw(7, 5000, -0.5, -1), draw(7, 5000, 0, 1)} {
		want := slices.Clone(values)
		slices.Sort(want)
		stat.SortFloats(values)
		require.InDeltaSlice(t, zeroed(want), zeroed(values), 0)
	}
}

// zeroed replaces the infinities, whose difference is no number.
func zeroed(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.Max(-math.MaxFloat64, math.Min(math.MaxFloat64, v))
	}
	return out
}

func TestKolmogorovSmirnovIsSymmetricAndInRange(t *testing.T) {
	for n := range 12 {
		for m := range 12 {
			x, y := draw(3, n, 0, 1), draw(4, m, 0.1, 1)
			slices.Sort(x)
			slices.Sort(y)
			a, errA := stat.KolmogorovSmirnov(x, y)
			b, errB := stat.KolmogorovSmirnov(y, x)
			if n == 0 || m == 0 {
				require.ErrorIs(t, errA, stat.ErrUndefined)
				require.ErrorIs(t, errB, stat.ErrUndefined)
				continue
			}
			require.InDelta(t, a.D, b.D, 1e-15)
			require.InDelta(t, a.P, b.P, 1e-12)
			require.True(t, 0 <= a.P && a.P <= 1 && 0 <= a.D && a.D <= 1)
		}
	}
}

func TestPoolSmallKeepsTotals(t *testing.T) {
	x, y := []int64{100, 3, 0, 1, 50, 0}, []int64{90, 2, 8, 0, 60, 0}
	px, py, pooled := stat.PoolSmall(x, y)
	require.Equal(t, []int64{100, 50, 4}, px)
	require.Equal(t, []int64{90, 60, 10}, py)
	require.Equal(t, []bool{false, true, true, true, false, false}, pooled)
}

func TestPoolSmallTakesInAnotherWhereTheRestIsSmall(t *testing.T) {
	px, py, _ := stat.PoolSmall([]int64{100, 20, 1}, []int64{100, 20, 1})
	require.Equal(t, []int64{100, 21}, px)
	require.Equal(t, []int64{100, 21}, py)
}

func TestTotalVariationAndPSI(t *testing.T) {
	x, y := []int64{50, 50, 0}, []int64{25, 50, 25}
	require.InDelta(t, 0.25, stat.TotalVariation(x, y), 1e-15)
	// (0.25−0.5)·ln(0.5) + (0.25−0.005)·ln(0.25/0.005), with half a row in place of none
	require.InDelta(t, -0.25*math.Log(0.5)+0.245*math.Log(50), stat.PSI(x, y), 1e-12)
	require.InDelta(t, 0, stat.PSI(x, x), 0)
}

// A plan is a claim about power: so many samples must raise the alarm. Simulated at exactly the rows that it asks for.
func TestPlansHoldTheirPower(t *testing.T) {
	const level, minimum, detect, rounds = 0.005, 0.1, 0.2, 400
	rows := int64(100)
	n := int64(math.Ceil(float64(rows) * stat.KolmogorovPlan(rows, rows, level, minimum, detect).Growth))
	require.True(t, stat.KolmogorovPlan(n+1, n+1, level, minimum, detect).Enough)
	alarms := 0
	for round := range rounds {
		x, y := draw(uint64(2*round+11), int(n), 0, -1), draw(uint64(2*round+12), int(n), detect, -1)
		slices.Sort(x)
		slices.Sort(y)
		r, err := stat.KolmogorovSmirnov(x, y)
		require.NoError(t, err)
		if r.P <= level && r.D >= minimum {
			alarms++
		}
	}
	require.Greater(t, alarms, rounds*3/4, "a uniform moved by 0.2 has D = 0.2")
}

// Of the effects of one total variation, the one that is spread evenly is the hardest to find: the plan speaks of it.
func TestChiSquarePlanHoldsItsPower(t *testing.T) {
	const level, minimum, detect, rounds, k = 0.005, 0.05, 0.15, 400, 4
	rows := int64(100)
	n := int64(math.Ceil(float64(rows) * stat.ChiSquarePlan(rows, rows, k, level, minimum, detect).Growth))
	limits := []float64{0.325, 0.65, 0.825} // shares 0.325, 0.325, 0.175, 0.175 against four of 0.25: total variation 0.15
	alarms := 0
	for round := range rounds {
		x, y := make([]int64, k), make([]int64, k)
		for _, v := range draw(uint64(2*round+11), int(n), 0, -1) {
			x[int(v*k)]++
		}
		for _, v := range draw(uint64(2*round+12), int(n), 0, -1) {
			place, _ := slices.BinarySearch(limits, v)
			y[place]++
		}
		r, err := stat.ChiSquareHomogeneity(x, y)
		require.NoError(t, err)
		if r.P <= level && stat.TotalVariation(x, y) >= minimum {
			alarms++
		}
	}
	require.Greater(t, alarms, rounds*3/4)
	require.Less(t, alarms, rounds*19/20, "the plan does not ask for far more rows than needed")
}

func BenchmarkSortFloats(b *testing.B) {
	values := draw(5, 1_000_000, -0.5, -1)
	scratch := make([]float64, len(values))
	for b.Loop() {
		copy(scratch, values)
		stat.SortFloats(scratch)
	}
}

func BenchmarkKolmogorovSmirnov(b *testing.B) {
	x, y := draw(5, 1_000_000, 0, -1), draw(6, 1_000_000, 0.001, -1)
	stat.SortFloats(x)
	stat.SortFloats(y)
	for b.Loop() {
		if _, err := stat.KolmogorovSmirnov(x, y); err != nil {
			b.Fatal(err)
		}
	}
}
