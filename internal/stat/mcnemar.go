package stat

import "math"

// McNemarMidP is the two-sided mid-p-value of McNemar's test: of so many rows one model alone is right about, b of them by the
// one and c by the other, each as likely as the other where the models are equally good. It is twice the binomial tail of the
// smaller count less the probability of that count (Fagerland, Lydersen & Laake 2013), and 1 where no row is discordant.
func McNemarMidP(b, c int64) float64 {
	n, low := b+c, min(b, c)
	if n == 0 || b == c {
		return 1
	}
	return clip(2*halfBinomialTail(low, n) - halfBinomial(low, n))
}

// halfBinomial is P(X = k) of n throws of a fair coin.
func halfBinomial(k, n int64) float64 {
	return math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
}

// halfBinomialTail is P(X ≤ k) of n throws of a fair coin, k below n/2: terms fall from k downwards, so it ends where they vanish.
func halfBinomialTail(k, n int64) float64 {
	term, sum := halfBinomial(k, n), 0.0
	for i := k; i >= 0 && term > sum*0x1p-60; i-- {
		sum += term
		term *= float64(i) / float64(n-i+1)
	}
	return sum
}

func logChoose(n, k int64) float64 {
	all, _ := math.Lgamma(float64(n) + 1)
	chosen, _ := math.Lgamma(float64(k) + 1)
	rest, _ := math.Lgamma(float64(n-k) + 1)
	return all - chosen - rest
}
