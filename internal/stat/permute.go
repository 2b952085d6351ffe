package stat

import (
	"math"
	"math/rand/v2"
)

// Permute is the p-value of a statistic of two samples whose distribution is not known: the pooled values are dealt out anew,
// repetitions times, and p = (1 + times the statistic was at least as large)/(1 + repetitions), which is valid at every level
// (Phipson & Smyth 2010). Large values of the statistic speak against one distribution. Equal up to rounding counts as at least as large.
//
// Both samples are sorted ascending and without NaN, and the statistic is given samples of the same sizes that are sorted too; it must
// not keep or change them. The same seed gives the same answer.
func Permute(x, y []float64, statistic func(x, y []float64) float64, repetitions int, seed uint64) float64 {
	observed := statistic(x, y)
	least := observed - 1e-12*math.Abs(observed)
	pooled := mergeSorted(x, y)
	dealtX, dealtY := make([]float64, 0, len(x)), make([]float64, 0, len(y))
	random := rand.New(rand.NewPCG(seed, 0))
	hits := 1
	for range repetitions {
		dealtX, dealtY = deal(pooled, len(x), random, dealtX[:0], dealtY[:0])
		if statistic(dealtX, dealtY) >= least {
			hits++
		}
	}
	return float64(hits) / float64(1+repetitions)
}

// deal gives n of the pooled values to x and the rest to y, each choice as likely as any other, in the order of the pool: a
// value goes to x with the share of places that x still has among the values that are left.
func deal(pooled []float64, n int, random *rand.Rand, x, y []float64) (dealtX, dealtY []float64) {
	for i, v := range pooled {
		if random.IntN(len(pooled)-i) < n-len(x) {
			x = append(x, v)
		} else {
			y = append(y, v)
		}
	}
	return x, y
}
