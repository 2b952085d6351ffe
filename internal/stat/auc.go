package stat

import "math"

// AUCInterval is the 95 % interval of an AUC that was seen with so many positive and negative rows: the values θ that lie no
// more than 1.96 standard errors from it, where the error is that which θ itself has (Newcombe 2006, Confidence intervals for
// an effect size measure based on the Mann-Whitney statistic, part 2, method 5; the variance is Hanley & McNeil's 1982 for
// negative exponential scores, each sample size replaced by the mean of both). Unlike an interval from the observed
// variance it has a width at 0 and 1, and it stays within them.
//
// Special cases are: NaN, or a class without rows, gives the whole range.
func AUCInterval(auc float64, positive, negative int64) (low, high float64) {
	if positive < 1 || negative < 1 || !(0 <= auc && auc <= 1) {
		return 0, 1
	}
	n, m := float64(positive), float64(negative)
	mean := (n+m)/2 - 1
	excess := func(theta float64) float64 {
		variance := theta * (1 - theta) * (1 + mean*(1-theta)/(2-theta) + mean*theta/(1+theta)) / (n * m)
		return math.Abs(theta-auc) - z975*math.Sqrt(variance)
	}
	return root(excess, auc, 0), root(excess, auc, 1)
}

// z975 is the standard normal quantile of two-sided 95 % intervals.
const z975 = 1.959963984540054 // scipy 1.17.1: norm.ppf(0.975)

// root halves the way from inside, where excess is not positive, to outside until no float64 lies between.
func root(excess func(float64) float64, inside, outside float64) float64 {
	if excess(outside) <= 0 {
		return outside
	}
	for {
		middle := inside + (outside-inside)/2
		if middle == inside || middle == outside {
			return middle
		}
		if excess(middle) <= 0 {
			inside = middle
		} else {
			outside = middle
		}
	}
}

// MannWhitneyP is the two-sided p-value that an AUC of scores without ties differs from ½, by the normal approximation with
// variance (n + m + 1)/(12nm) and without correction of continuity, as scipy.stats.mannwhitneyu(method="asymptotic",
// use_continuity=False). It wants some ten rows of each class.
func MannWhitneyP(auc float64, positive, negative int64) float64 {
	n, m := float64(positive), float64(negative)
	return normalP((auc - 0.5) / math.Sqrt((n+m+1)/(12*n*m)))
}

// normalP is the two-sided p-value of a standard normal deviate.
func normalP(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }
