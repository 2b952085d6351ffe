package stat

import (
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

// Ranking is rows in the descending order of their scores, with the ends of runs of equal scores.
type Ranking struct {
	order []int32
	ends  []int32 // one past the last row of each run, in order
}

// NewRanking orders scores. Precondition: no NaN.
func NewRanking(score []float64) Ranking {
	keys, r := make([]uint64, len(score)), Ranking{order: make([]int32, len(score))}
	for i, s := range score {
		keys[i], r.order[i] = ^key(s), int32(i)
	}
	sortByKey(keys, r.order)
	for i := range r.order {
		if i+1 == len(r.order) || score[r.order[i]] != score[r.order[i+1]] {
			r.ends = append(r.ends, int32(i+1))
		}
	}
	return r
}

// sortByKey orders places by their keys; keys are left as they are.
func sortByKey(keys []uint64, places []int32) {
	slices.SortFunc(places, func(a, b int32) int {
		switch x, y := keys[a], keys[b]; {
		case x < y:
			return -1
		case x > y:
			return 1
		default:
			return int(a - b)
		}
	})
}

// AUC is the weighted probability that a positive row scores above a negative one, ties counted half, as scikit-learn's
// roc_auc_score; NaN where a class has no weight.
func (r Ranking) AUC(positive []bool, weights []float64) float64 {
	var wins, above, down float64 // above: weight of the positive rows so far
	start := int32(0)
	for _, end := range r.ends {
		var ups, downs float64
		for _, i := range r.order[start:end] {
			if positive[i] {
				ups += weights[i]
			} else {
				downs += weights[i]
			}
		}
		wins += downs * (above + ups/2)
		above, down, start = above+ups, down+downs, end
	}
	return wins / (above * down)
}

// AveragePrecision is Σ (R₍ₖ₎ − R₍ₖ₋₁₎)·P₍ₖ₎ over the distinct scores from the highest on, as scikit-learn's
// average_precision_score; NaN where no positive row has weight.
func (r Ranking) AveragePrecision(positive []bool, weights []float64) float64 {
	var sum, ups, all float64
	start := int32(0)
	for _, end := range r.ends {
		before := ups
		for _, i := range r.order[start:end] {
			if all += weights[i]; positive[i] {
				ups += weights[i]
			}
		}
		if all > 0 {
			sum += (ups - before) * ups / all
		}
		start = end
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
