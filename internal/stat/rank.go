package stat

import (
	"cmp"
	"math"
	"slices"
)

// Ranks gives each value its rank, from 1; equal values share the mean of theirs. Precondition: no NaN.
func Ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	ranks := make([]float64, len(values))
	for start := 0; start < len(order); {
		end := start + 1
		for end < len(order) && values[order[end]] == values[order[start]] {
			end++
		}
		for _, i := range order[start:end] {
			ranks[i] = float64(start+1+end) / 2
		}
		start = end
	}
	return ranks
}

// Correlation is Pearson's r; between Ranks it is Spearman's ρ. Precondition: both slices have one length. It is NaN where
// either does not vary.
func Correlation(x, y []float64) float64 {
	var meanX, meanY, xx, yy, xy float64
	for i := range x {
		meanX += (x[i] - meanX) / float64(i+1)
		meanY += (y[i] - meanY) / float64(i+1)
	}
	for i := range x {
		dx, dy := x[i]-meanX, y[i]-meanY
		xx, yy, xy = xx+dx*dx, yy+dy*dy, xy+dx*dy
	}
	if !(xx > 0 && yy > 0) {
		return math.NaN()
	}
	return math.Max(-1, math.Min(1, xy/math.Sqrt(xx*yy)))
}

// SpearmanInterval is the 95 % interval of a rank correlation over n rows: Fisher's z with the variance (1 + ρ²/2)/(n − 3) of
// Bonett & Wright (2000), Sample size requirements for estimating Pearson, Kendall and Spearman correlations.
//
// Special cases are: NaN, or fewer than four rows, gives the whole range; ±1 gives itself alone.
func SpearmanInterval(rho float64, n int64) (low, high float64) {
	if n < 4 || !(-1 <= rho && rho <= 1) {
		return -1, 1
	}
	z, width := math.Atanh(rho), z975*math.Sqrt((1+rho*rho/2)/float64(n-3))
	return math.Tanh(z - width), math.Tanh(z + width)
}

// SpearmanP is the two-sided p-value of a rank correlation over n rows: ρ√(n−1) is about standard normal. It wants some ten
// rows.
func SpearmanP(rho float64, n int64) float64 { return normalP(rho * math.Sqrt(float64(n-1))) }
