package stat

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// TestResult is a test statistic with its p-value.
type TestResult struct {
	Statistic float64
	P         float64
	Freedom   int // degrees of freedom; 0 where the test has none
}

// ChiSquareHomogeneity tests whether two samples of counts over the same categories come from one distribution: Pearson's
// statistic Σ (O − E)²/E over the 2 × K table, K − 1 degrees of freedom, as scipy.stats.chi2_contingency(correction=False).
// Unlike a goodness-of-fit test it does not take the reference as exact. The approximation wants expected counts of about
// five: see PoolSmall.
//
// Special cases are: categories empty in both samples do not count; an empty sample answers ErrUndefined; one category
// alone has statistic 0 and p = 1.
func ChiSquareHomogeneity(x, y []int64) (TestResult, error) {
	n, m := total(x), total(y)
	if n == 0 || m == 0 {
		return TestResult{}, ErrUndefined
	}
	r := TestResult{P: 1, Freedom: -1}
	for i := range x {
		both := float64(x[i] + y[i])
		if both == 0 {
			continue
		}
		r.Freedom++
		ex, ey := both*n/(n+m), both*m/(n+m)
		r.Statistic += square(float64(x[i])-ex)/ex + square(float64(y[i])-ey)/ey
	}
	if r.Freedom > 0 {
		r.P = chiSquareSurvival(r.Statistic, r.Freedom)
	}
	return r, nil
}

func square(v float64) float64 { return v * v }

func total(counts []int64) float64 {
	var sum int64
	for _, c := range counts {
		sum += c
	}
	return float64(sum)
}

// chiSquareSurvival is P(χ²_df > x), with its digits kept in the tail.
func chiSquareSurvival(x float64, df int) float64 {
	return mathext.GammaIncRegComp(float64(df)/2, x/2)
}

// TotalVariation is half the sum of the absolute differences of the shares: the share of rows that would have to move, in
// [0, 1]. Neither sample is empty.
func TotalVariation(x, y []int64) float64 {
	n, m := total(x), total(y)
	sum := 0.0
	for i := range x {
		sum += math.Abs(float64(x[i])/n - float64(y[i])/m)
	}
	return sum / 2
}

// PSI is the population stability index Σ (q − p) ln(q/p) over shares p of x and q of y, in nats. A share of 0 is taken for that
// of half a row, so that the index stays finite and small samples do not explode. Neither sample is empty.
func PSI(x, y []int64) float64 {
	n, m := total(x), total(y)
	sum := 0.0
	for i := range x {
		if x[i]+y[i] == 0 {
			continue
		}
		p, q := math.Max(float64(x[i]), 0.5)/n, math.Max(float64(y[i]), 0.5)/m
		sum += (q - p) * math.Log(q/p)
	}
	return sum
}

// minExpected is the expected count from which Pearson's approximation is commonly trusted (Cochran 1954).
const minExpected = 5

// PoolSmall joins the categories that have an expected count below five in either sample, in both samples together, and
// says which were joined. The joined category stands last, and takes in the smallest of the others where it would itself
// be small. Categories empty in both samples are left out. Totals stay what they were.
func PoolSmall(x, y []int64) (pooledX, pooledY []int64, pooled []bool) {
	n, m := total(x), total(y)
	share := min(n, m) / (n + m) // of the smaller sample
	pooled = make([]bool, len(x))
	var restX, restY int64
	for _, i := range bySize(x, y) {
		rest := float64(restX+restY) * share
		if float64(x[i]+y[i])*share >= minExpected && (rest == 0 || rest >= minExpected) {
			break
		}
		pooled[i] = true
		restX, restY = restX+x[i], restY+y[i]
	}
	for i := range x {
		if !pooled[i] && x[i]+y[i] > 0 {
			pooledX, pooledY = append(pooledX, x[i]), append(pooledY, y[i])
		}
	}
	if restX+restY > 0 {
		pooledX, pooledY = append(pooledX, restX), append(pooledY, restY)
	}
	return pooledX, pooledY, pooled
}

// bySize is the indices of the categories that are not empty, the smallest first.
func bySize(x, y []int64) []int {
	var order []int
	for i := range x {
		if x[i]+y[i] > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[a]+y[a], x[b]+y[b]) })
	return order
}

// CompareProportions tests whether a of n and b of m are one proportion: Fisher's exact test (two-sided: all tables that are
// no more likely, as scipy.stats.fisher_exact) where an expected count is below five, else ChiSquareHomogeneity.
func CompareProportions(a, n, b, m int64) (TestResult, error) {
	if n == 0 || m == 0 {
		return TestResult{}, ErrUndefined
	}
	hits := float64(a + b)
	smallest := math.Min(hits, float64(n+m)-hits) * float64(min(n, m)) / float64(n+m)
	if smallest >= minExpected {
		return ChiSquareHomogeneity([]int64{a, n - a}, []int64{b, m - b})
	}
	return TestResult{P: fisher(a, n, b, m)}, nil
}

// fisher sums the hypergeometric probabilities of all tables with these margins that are at most as likely as this one.
func fisher(a, n, b, m int64) float64 {
	hits := a + b
	low, high := max(0, hits-m), min(hits, n)
	weights := make([]float64, high-low+1) // probabilities relative to that of the observed table, by their ratios
	weights[a-low] = 1
	for i := a; i < high; i++ {
		weights[i+1-low] = weights[i-low] * odds(i, n, hits, m)
	}
	for i := a; i > low; i-- {
		weights[i-1-low] = weights[i-low] / odds(i-1, n, hits, m)
	}
	var all, unlikely float64
	for _, w := range weights {
		all += w
		if w <= 1+1e-7 { // ties differ by rounding
			unlikely += w
		}
	}
	return clip(unlikely / all)
}

// odds is the probability of i+1 hits among the first n over that of i.
func odds(i, n, hits, m int64) float64 {
	return float64(n-i) * float64(hits-i) / (float64(i+1) * float64(m-hits+i+1))
}
