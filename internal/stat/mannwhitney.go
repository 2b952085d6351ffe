package stat

import "math"

// Side says which differences a test looks for.
type Side int

// The sides of a test of x against y.
const (
	TwoSided Side = iota
	Less          // x lies below y
	Greater       // x lies above y
)

// maxExactRanks is the size of the smaller sample up to which the p-value is exact, as in scipy.stats.mannwhitneyu.
const maxExactRanks = 8

// MannWhitney tests whether one of two samples, both sorted ascending and without NaN, tends to larger values (Mann & Whitney 1947).
//
// The statistic is U of x: the number of pairs in which x is larger, ties counting one half. The p-value is that of
// scipy.stats.mannwhitneyu(x, y, alternative=side, method="auto"): exact where there are no ties and the smaller sample has at
// most 8 values, else the normal one with the variance corrected for ties and U moved by ½ towards its mean.
//
// Special cases are: an empty sample answers ErrUndefined; where all values are one, p = 1.
func MannWhitney(x, y []float64, side Side) (TestResult, error) {
	n, m := float64(len(x)), float64(len(y))
	if n == 0 || m == 0 {
		return TestResult{}, undefined("a sample has no values")
	}
	u, excess := pairsAbove(x, y)
	r := TestResult{Statistic: u, P: 1}
	extreme, sides := u, 1.0
	switch side {
	case Less:
		extreme = n*m - u
	case TwoSided:
		extreme, sides = math.Max(u, n*m-u), 2
	}
	if excess == 0 && min(len(x), len(y)) <= maxExactRanks {
		r.P = clip(sides * rankSurvival(min(len(x), len(y)), max(len(x), len(y)), int(extreme)))
		return r, nil
	}
	size := n + m
	deviation := math.Sqrt(n * m / 12 * (size + 1 - excess/(size*(size-1))))
	r.P = clip(sides * normalSurvival((extreme-n*m/2-0.5)/deviation))
	return r, nil
}

// pairsAbove is U of x, and Σ t³ − t over the t equal values of each tie.
func pairsAbove(x, y []float64) (u, excess float64) {
	below := 0.0 // values of y that are smaller
	for _, counts := range ties(x, y) {
		inX, inY := float64(counts[0]), float64(counts[1])
		u += inX * (below + inY/2)
		below += inY
		t := inX + inY
		excess += t*t*t - t
	}
	return u, excess
}

// normalSurvival is P(Z > z) of the standard normal.
func normalSurvival(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// rankSurvival is P(U ≥ u) for samples of n ≤ m values without ties. The number of orders with U = k is the coefficient of qᵏ in
// Π_{i=1..n} (1 − q^{m+i})/(1 − qⁱ), and symmetric about nm/2, so the lower half is enough.
func rankSurvival(n, m, u int) float64 {
	lower := min(u, n*m-u)
	orders := make([]float64, lower+1)
	orders[0] = 1
	for i := 1; i <= n; i++ {
		for k := lower; k >= m+i; k-- {
			orders[k] -= orders[k-m-i]
		}
		for k := i; k <= lower; k++ {
			orders[k] += orders[k-i]
		}
	}
	sum := 0.0
	for _, count := range orders {
		sum += count
	}
	all := 1.0 // C(n+m, n)
	for i := 1; i <= n; i++ {
		all *= float64(m+i) / float64(i)
	}
	if u > n*m-u {
		return sum / all
	}
	return 1 - (sum-orders[lower])/all
}
