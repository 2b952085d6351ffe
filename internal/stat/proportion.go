package stat

import "math"

// FisherExact is the two-sided p-value of Fisher's exact test of a of n against b of m: the probability of all tables with these
// margins that are no more likely than this one, as scipy.stats.fisher_exact. An empty sample has p = 1.
// Precondition: 0 ≤ a ≤ n and 0 ≤ b ≤ m.
func FisherExact(a, n, b, m int64) float64 { return fisher(a, n, b, m) }

// ProportionZ tests a of n against b of m with the pooled share p: z = (a/n − b/m)/√(p(1−p)(1/n + 1/m)), two-sided. Its square is
// the statistic of ChiSquareHomogeneity.
//
// Special cases are: an empty sample, or a pooled share of 0 or 1, answers ErrUndefined.
func ProportionZ(a, n, b, m int64) (TestResult, error) {
	if n == 0 || m == 0 {
		return TestResult{}, undefined("a sample has no values")
	}
	if a+b == 0 || a+b == n+m {
		return TestResult{}, undefined("all values are one")
	}
	pooled := float64(a+b) / float64(n+m)
	z := (float64(a)/float64(n) - float64(b)/float64(m)) / math.Sqrt(pooled*(1-pooled)*f(n, m))
	return TestResult{Statistic: z, P: math.Erfc(math.Abs(z) / math.Sqrt2)}, nil
}
