package stat_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/stat"
)

// Newcombe's method 5 solved by scipy 1.17.1's optimize.brentq, written anew from the paper's formula.
func TestAUCInterval(t *testing.T) {
	for _, c := range []struct {
		auc                float64
		positive, negative int64
		low, high          float64
	}{
		{0.8, 50, 60, 0.702281830454394, 0.8687469131192921},
		{0.99, 500, 30, 0.9472916358163586, 0.9980834017790461},
		{0.5, 10, 10, 0.27351558818989397, 0.726484411810106},
		{1, 20, 20, 0.898668135763534, 1},
		{0, 12, 8, 0, 0.207016581617266},
		{math.NaN(), 12, 8, 0, 1},
		{0.7, 0, 8, 0, 1},
	} {
		low, high := stat.AUCInterval(c.auc, c.positive, c.negative)
		require.InDelta(t, c.low, low, 1e-9, "%+v", c)
		require.InDelta(t, c.high, high, 1e-9, "%+v", c)
	}
}

func TestAUCIntervalNarrowsWithRows(t *testing.T) {
	before := 1.0
	for _, n := range []int64{2, 10, 100, 10_000, 1_000_000} {
		low, high := stat.AUCInterval(0.9, n, n)
		require.True(t, 0 <= low && low < 0.9 && 0.9 < high && high <= 1)
		require.Less(t, high-low, before)
		before = high - low
	}
}

// scikit-learn 1.9.1: roc_auc_score(y, x); scipy 1.17.1: mannwhitneyu(…, method="asymptotic", use_continuity=False).pvalue
func TestAUCAndItsPValue(t *testing.T) {
	x := []float64{1.2, 3.4, 2.2, 5.1, 4.4, 0.3, 9.1, 2.8, 7.7, 6.5, 3.3, 8.2}
	y := []bool{false, false, true, true, false, false, true, false, true, true, false, true}
	auc := stat.AUC(y, x)
	require.InDelta(t, 0.888888888888889, auc, 1e-12)
	require.InDelta(t, 0.024974679293054237, stat.MannWhitneyP(auc, 6, 6), 1e-12)
}

// scipy 1.17.1: rankdata(a), spearmanr(a, b).statistic; the interval and the p-value from their formulas in NumPy.
func TestRankCorrelation(t *testing.T) {
	a := []float64{1, 2, 2, 3, 5, 4, 7, 7, 9, 8, 10, 12}
	b := []float64{2, 1, 3, 3, 4, 6, 5, 9, 8, 7, 12, 11}
	require.Equal(t, []float64{1, 2.5, 2.5, 4, 6, 5, 7.5, 7.5, 10, 9, 11, 12}, stat.Ranks(a))
	rho := stat.Correlation(stat.Ranks(a), stat.Ranks(b))
	require.InDelta(t, 0.9226727781812674, rho, 1e-12)
	low, high := stat.SpearmanInterval(rho, 12)
	require.InDelta(t, 0.6786676294840693, low, 1e-9)
	require.InDelta(t, 0.9832413180327635, high, 1e-9)
	require.InDelta(t, 0.002212192123250221, stat.SpearmanP(rho, 12), 1e-9)
}

func TestCorrelationWithoutValue(t *testing.T) {
	require.True(t, math.IsNaN(stat.Correlation([]float64{1, 1}, []float64{1, 2})))
	require.True(t, math.IsNaN(stat.Correlation(nil, nil)))
	require.Empty(t, stat.Ranks(nil))
	for _, rho := range []float64{math.NaN(), 2} {
		low, high := stat.SpearmanInterval(rho, 50)
		require.Equal(t, []float64{-1, 1}, []float64{low, high})
	}
	low, high := stat.SpearmanInterval(1, 50)
	require.Equal(t, []float64{1, 1}, []float64{low, high})
}

// The mean and the spread of the runs over all orders of a small sequence, each counted.
func TestRunsOverAllOrders(t *testing.T) {
	for _, sequence := range [][]int{{0, 0, 0, 1, 1}, {0, 0, 0, 1, 1, 2, 2}, {5, 5, 5, 5, 9, 9, 9}} {
		var runs []float64
		permute(slices.Clone(sequence), 0, func(order []int) {
			r, err := stat.RunsTest(order)
			require.NoError(t, err)
			runs = append(runs, float64(r.Runs))
		})
		mean, squares := 0.0, 0.0
		for _, r := range runs {
			mean += r / float64(len(runs))
		}
		for _, r := range runs {
			squares += (r - mean) * (r - mean) / float64(len(runs))
		}
		got, err := stat.RunsTest(sequence)
		require.NoError(t, err)
		require.InDelta(t, mean, got.Expected, 1e-9)
		require.InDelta(t, math.Erfc((mean-float64(got.Runs))/math.Sqrt(2*squares))/2, got.P, 1e-9)
		require.InDelta(t, 1-float64(got.Runs)/mean, got.Blocks(), 1e-9)
	}
}

func permute(values []int, from int, use func([]int)) {
	if from == len(values) {
		use(values)
		return
	}
	for i := from; i < len(values); i++ {
		values[from], values[i] = values[i], values[from]
		permute(values, from+1, use)
		values[from], values[i] = values[i], values[from]
	}
}

func TestRunsOfOneClass(t *testing.T) {
	for _, sequence := range [][]int{nil, {1}, {2, 2, 2}} {
		_, err := stat.RunsTest(sequence)
		require.ErrorIs(t, err, stat.ErrUndefined)
	}
	r, err := stat.RunsTest([]int{0, 1})
	require.NoError(t, err)
	require.InDelta(t, 1, r.P, 0, "two rows say nothing")
}
