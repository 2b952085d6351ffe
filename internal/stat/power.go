package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Plan says whether two samples are large enough to find an effect with power 0.8, at a level, given that an alarm also needs
// an effect of at least minimum.
type Plan struct {
	Enough bool
	Growth float64 // by which factor both samples would have to grow; at most 1 where they are large enough
}

// plan compares the samples' 1/n + 1/m with the largest that would do.
func plan(n, m int64, enough float64) Plan {
	growth := f(n, m) / enough
	return Plan{Enough: growth <= 1, Growth: growth}
}

// visible is the largest 1/n + 1/m at which an estimate of a share, with standard deviation deviation·√(1/n + 1/m), exceeds minimum
// with probability 0.8 where the truth is detect.
func visible(minimum, detect, deviation float64) float64 {
	return square((detect - minimum) / (z80 * deviation))
}

// KolmogorovPlan plans a Kolmogorov-Smirnov test: a true D of detect is found where the observed D, whose standard deviation
// is at most ½√(1/n + 1/m), exceeds both minimum and the critical value √(−ln(level/2)/2)·√(1/n + 1/m).
func KolmogorovPlan(n, m int64, level, minimum, detect float64) Plan {
	critical := math.Sqrt(-math.Log(level/2) / 2)
	significant := square(detect / (critical + z80/2))
	return plan(n, m, math.Min(significant, visible(minimum, detect, 0.5)))
}

// ChiSquarePlan plans a test of homogeneity over k categories: a total variation of detect gives at least the noncentrality
// 4·detect²/(1/n + 1/m), by the Cauchy-Schwarz inequality.
func ChiSquarePlan(n, m int64, k int, level, minimum, detect float64) Plan {
	k = max(k, 2) // where all rows were pooled into one category, few rows are still few
	significant := 4 * square(detect) / noncentrality80(k-1, level)
	return plan(n, m, math.Min(significant, visible(minimum, detect, 0.5)))
}

// ProportionPlan plans a comparison of two proportions whose common value is about pooled: a true difference of detect.
func ProportionPlan(n, m int64, pooled, level, minimum, detect float64) Plan {
	middle := math.Min(0.5, math.Min(pooled, 1-pooled)+detect/2)
	deviation := math.Sqrt(middle * (1 - middle))
	critical := distuv.UnitNormal.Quantile(1 - level/2)
	significant := square(detect / ((critical + z80) * deviation))
	return plan(n, m, math.Min(significant, visible(minimum, detect, deviation)))
}

// noncentrality80 is the noncentrality at which a chi-square test of df degrees of freedom has power 0.8 at the level.
func noncentrality80(df int, level float64) float64 {
	critical := distuv.ChiSquared{K: float64(df)}.Quantile(1 - level)
	low, high := 0.0, 10.0
	for NoncentralChiSquareSurvival(critical, df, high) < 0.8 {
		low, high = high, 2*high
	}
	for range 60 {
		middle := (low + high) / 2
		if NoncentralChiSquareSurvival(critical, df, middle) < 0.8 {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// NoncentralChiSquareSurvival is P(χ²_df(λ) > x): the mean of the central probabilities with df + 2j degrees of freedom over
// j ~ Poisson(λ/2), as scipy.stats.ncx2.sf.
func NoncentralChiSquareSurvival(x float64, df int, lambda float64) float64 {
	mean := lambda / 2
	center := int(mean)
	term := func(j int) float64 {
		lgamma, _ := math.Lgamma(float64(j) + 1)
		weight := math.Exp(float64(j)*math.Log(mean) - mean - lgamma)
		if mean == 0 && j == 0 {
			weight = 1
		}
		return weight * chiSquareSurvival(x, df+2*j)
	}
	width := int(12*math.Sqrt(mean+1)) + 20
	sum := 0.0
	for j := max(0, center-width); j <= center+width; j++ {
		sum += term(j)
	}
	return clip(sum)
}
