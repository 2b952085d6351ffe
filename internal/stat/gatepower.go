package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// exactRows is up to how many rows chances are sums over all outcomes; beyond, the normal approximation is off by less than
// 0.001 in any of them.
const exactRows = 20_000

// roundingOfCounts is by how much a product of a share and a number of rows may miss the whole number that it stands for.
const roundingOfCounts = 1e-9

// LeastCount is the smallest number of n rows whose share is at least share: 1319 · 0.73 is 962.87, so 963. A product that
// misses a whole number by nothing but rounding counts as it. A share beyond all counts is as good as one that is twice as many.
func LeastCount(share float64, n int64) int64 {
	product := math.Max(-2, math.Min(2, share)) * float64(n)
	return int64(math.Ceil(product - roundingOfCounts*math.Max(1, math.Abs(product))))
}

// ShareBelow is the chance that a share of n rows, each of which hits with probability p, is below a limit: P(X < ⌈limit·n⌉),
// X ~ Binomial(n, p). One arm, one-sided, exact.
func ShareBelow(n int64, p, limit float64) float64 { return BinomialCDF(LeastCount(limit, n)-1, n, p) }

// ShareFallsBelow is the chance that the share of one sample of n rows is more than allowed below that of another, independent
// one of n rows, where the rows hit with probability q and p: P(Y < X − allowed·n). Two arms of n rows each, one-sided. It
// is exact up to 20,000 rows; of more it is normal with the variance (p(1 − p) + q(1 − q))/n, corrected for the steps of counts.
func ShareFallsBelow(n int64, p, q, allowed float64) float64 {
	p, q = clip(p), clip(q)
	if n > exactRows {
		return NormalBelow(betweenCounts(-allowed, n), q-p, math.Sqrt((p*(1-p)+q*(1-q))/float64(n)))
	}
	return overBinomial(n, p, func(k int64) float64 { return BinomialCDF(LeastCount(float64(k)/float64(n)-allowed, n)-1, n, q) })
}

// PairFallsBelow is ShareFallsBelow of two models on the same n rows, of which they answer the share discordance differently
// and the second is truly worse by drop: B − C > allowed·n, where B rows are right with the first alone, of B + C ~ Binomial(n,
// discordance) discordant ones B ~ Binomial(B + C, (1 + drop/discordance)/2). It is exact up to 20,000 rows; of more the difference
// is normal with the variance (discordance − drop²)/n (Miettinen 1968).
//
// Special cases are: a drop cannot be more than the discordance, which is taken as at least that; without any the chance is 0.
func PairFallsBelow(n int64, discordance, drop, allowed float64) float64 {
	discordance = clip(math.Max(discordance, math.Abs(drop)))
	if discordance == 0 {
		return indicator(allowed < 0)
	}
	if n > exactRows {
		return NormalBelow(betweenCounts(-allowed, n), -drop, math.Sqrt((discordance-drop*drop)/float64(n)))
	}
	lost := (1 + drop/discordance) / 2
	kept := -LeastCount(-allowed, n) // the largest surplus of lost rows that the limit allows
	return overBinomial(n, discordance, func(m int64) float64 {
		return 1 - BinomialCDF(floorHalf(m+kept), m, lost) // B − C = 2B − m
	})
}

// betweenCounts is the middle between the last share of n rows that is below a limit and the first that is not.
func betweenCounts(limit float64, n int64) float64 {
	return (float64(LeastCount(limit, n)) - 0.5) / float64(n)
}

// floorHalf is ⌊v/2⌋, also of negative v.
func floorHalf(v int64) int64 { return v >> 1 }

// NormalBelow is the chance that a normal quantity is below a limit; without deviation, whether its mean is.
func NormalBelow(limit, mean, deviation float64) float64 {
	if deviation == 0 {
		return indicator(mean < limit)
	}
	return normalCDF((limit - mean) / deviation)
}

func normalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// NormalQuantile is z with P(Z ≤ z) = p of a standard normal Z.
func NormalQuantile(p float64) float64 { return distuv.UnitNormal.Quantile(p) }

// McNemarPower is the chance that McNemar's mid-p test on n rows finds, at a two-sided level, that the second of two models is
// worse, where they answer the share discordance of rows differently and the second is truly worse by drop: the sum of Connor
// 1987 over the number of discordant rows, each with its own critical count. Two-sided, paired, exact.
func McNemarPower(n int64, discordance, drop, level float64) float64 {
	discordance = clip(math.Max(discordance, math.Abs(drop)))
	if discordance == 0 {
		return 0
	}
	lost := (1 + drop/discordance) / 2
	return overBinomial(n, discordance, func(m int64) float64 { return BinomialCDF(mostGained(m, level), m, 1-lost) })
}

// mostGained is the largest number of m discordant rows that speak for the second model at which it is significantly worse;
// −1 where it never is.
func mostGained(m int64, level float64) int64 {
	low, high := int64(-1), (m-1)/2 // the p-value grows with the count, up to half of them
	for low < high {
		middle := (low + high + 1) / 2
		if McNemarMidP(middle, m-middle) <= level {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}
