package stat

import (
	"cmp"
	"math"
	"slices"
)

// The scores below count row i weights[i] times. A score that has no value is NaN.

// WeightedMean is Σ w·v / Σ w.
func WeightedMean(values, weights []float64) float64 {
	var sum, all float64
	for i, v := range values {
		sum += weights[i] * v
		all += weights[i]
	}
	return sum / all
}

// R2 is 1 − Σ w(y − ŷ)²/Σ w(y − ȳ)², as scikit-learn's r2_score; NaN for a constant truth.
func R2(truth, predicted, weights []float64) float64 {
	mean := WeightedMean(truth, weights)
	var residual, spread float64
	for i, y := range truth {
		residual += weights[i] * square(y-predicted[i])
		spread += weights[i] * square(y-mean)
	}
	if !(spread > 0) {
		return math.NaN()
	}
	return 1 - residual/spread
}

// Ranking is rows in the descending order of their scores: each entry is a row's number, whether it is positive, and whether
// it is the last of those with its score.
type Ranking []uint32

const (
	isPositive = 1 << 0
	isLast     = 1 << 1
	rowShift   = 2
)

// NewRanking orders rows. Precondition: no NaN, at most 2³⁰ rows.
func NewRanking(score []float64, positive []bool) Ranking {
	order := Descending(score)
	r := make(Ranking, len(score))
	for at, row := range order {
		r[at] = uint32(row) << rowShift
		if positive[row] {
			r[at] |= isPositive
		}
		if at+1 == len(order) || score[row] != score[order[at+1]] {
			r[at] |= isLast
		}
	}
	return r
}

// Descending is the numbers of rows by their scores, the highest first and equal ones in their order.
func Descending(score []float64) []int32 {
	order := make([]int32, len(score))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := cmp.Compare(score[b], score[a]); c != 0 {
			return c
		}
		return int(a - b)
	})
	return order
}

// AUC is the weighted probability that a positive row scores above a negative one, ties counted half, as scikit-learn's
// roc_auc_score; NaN where a class has no weight. It multiplies by the label instead of asking for it: the labels of rows in
// the order of their scores are what no processor foresees.
func (r Ranking) AUC(weights []float64) float64 {
	var wins, above, below, ups, all float64 // above: weight of the positive rows before this score, below: of the negative ones
	for _, place := range r {
		w := weights[place>>rowShift]
		ups += w * float64(place&isPositive)
		all += w
		if place&isLast != 0 {
			downs := all - ups
			wins += downs * (above + ups/2)
			above, below, ups, all = above+ups, below+downs, 0, 0
		}
	}
	return wins / (above * below)
}

// AveragePrecision is Σ (R₍ₖ₎ − R₍ₖ₋₁₎)·P₍ₖ₎ over the distinct scores from the highest on, as scikit-learn's
// average_precision_score; NaN where no positive row has weight.
func (r Ranking) AveragePrecision(weights []float64) float64 {
	var sum, before, ups, all float64
	for _, place := range r {
		w := weights[place>>rowShift]
		ups += w * float64(place&isPositive)
		all += w
		if place&isLast != 0 && all > 0 {
			sum += (ups - before) * ups / all
			before = ups
		}
	}
	return sum / ups
}

// CalibrationError is the expected calibration error over equal bins of [0, 1], an edge belonging to the bin below it as in
// scikit-learn's calibration_curve: Σ over bins of |Σ w·p − Σ w·[right]| / Σ w (Naeini, Cooper & Hauskrecht 2015).
func CalibrationError(right []bool, probability, weights []float64, bins int) float64 {
	gaps := make([]float64, bins)
	all := 0.0
	for i, p := range probability {
		bin := min(bins-1, max(0, int(math.Ceil(p*float64(bins)))-1))
		all += weights[i]
		gaps[bin] += weights[i] * p
		if right[i] {
			gaps[bin] -= weights[i]
		}
	}
	sum := 0.0
	for _, gap := range gaps {
		sum += math.Abs(gap)
	}
	return sum / all
}
