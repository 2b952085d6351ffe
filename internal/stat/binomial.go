package stat

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// BinomialCDF is P(X ≤ k) of n throws that each hit with probability p: I₁₋ₚ(n − k, k + 1), the regularized incomplete beta
// function, as scipy.stats.binom.cdf.
//
// Special cases are: 0 below k = 0 and 1 from k = n on; p outside of [0, 1] counts as its nearer end.
func BinomialCDF(k, n int64, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n || p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	return mathext.RegIncBeta(float64(n-k), float64(k+1), 1-p)
}

// binomialMass is P(X = k).
func binomialMass(k, n int64, p float64) float64 {
	switch {
	case k < 0 || k > n:
		return 0
	case p <= 0:
		return indicator(k == 0)
	case p >= 1:
		return indicator(k == n)
	}
	return math.Exp(logChoose(n, k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

func indicator(condition bool) float64 {
	if condition {
		return 1
	}
	return 0
}

// tailWidth is how many standard deviations around the mean a sum over a binomial takes in: what lies beyond is below 1e-15.
const tailWidth = 9

// overBinomial is the mean of f(X). It sums only where the probability is.
func overBinomial(n int64, p float64, f func(k int64) float64) float64 {
	p = clip(p)
	mean, reach := float64(n)*p, tailWidth*math.Sqrt(float64(n)*p*(1-p))+tailWidth
	sum := 0.0
	for k := int64(math.Max(0, mean-reach)); k <= min(n, int64(mean+reach)); k++ {
		sum += binomialMass(k, n, p) * f(k)
	}
	return clip(sum)
}
