package stat

import (
	"fmt"
	"math"
)

// Classification holds the scores of a binary classifier, each as scikit-learn defines it. Precision, recall and F1 are those
// of the positive class at a threshold of ½. A score that has no value is NaN.
type Classification struct {
	Accuracy, BalancedAccuracy, AUC, LogLoss, Brier, Precision, Recall, F1 float64
}

// ScoreClassification judges predicted probabilities of the positive class. Precondition: both slices have one length. An
// empty input, or a probability outside of [0, 1], is ErrUndefined.
func ScoreClassification(positive []bool, probability []float64) (Classification, error) {
	if len(positive) == 0 {
		return Classification{}, fmt.Errorf("score no rows: %w", ErrUndefined)
	}
	var c confusion
	var s Classification
	for i, p := range probability {
		if !(0 <= p && p <= 1) {
			return Classification{}, fmt.Errorf("score row %d: %v is no probability: %w", i+1, p, ErrUndefined)
		}
		truth := 0.0
		if positive[i] {
			truth = 1
		}
		c.add(positive[i], p >= 0.5)
		s.Brier += square(p - truth)
		s.LogLoss -= truth*math.Log(bounded(p)) + (1-truth)*math.Log(bounded(1-p))
	}
	n := float64(len(positive))
	s.Brier, s.LogLoss = s.Brier/n, s.LogLoss/n
	s.Accuracy = (c.tp + c.tn) / n
	s.Recall, s.Precision = c.tp/(c.tp+c.fn), c.tp/(c.tp+c.fp)
	s.BalancedAccuracy = (s.Recall + c.tn/(c.tn+c.fp)) / 2
	s.F1 = 2 * c.tp / (2*c.tp + c.fp + c.fn)
	s.AUC = AUC(positive, probability)
	return s, nil
}

// bounded keeps a probability from 0 by the rounding unit, as scikit-learn's log_loss does.
func bounded(p float64) float64 { return math.Max(p, 0x1p-52) }

type confusion struct{ tp, fp, tn, fn float64 }

func (c *confusion) add(truth, predicted bool) {
	switch {
	case truth && predicted:
		c.tp++
	case truth:
		c.fn++
	case predicted:
		c.fp++
	default:
		c.tn++
	}
}

// AUC is the probability that a positive row scores above a negative one, ties counted half (Mann & Whitney 1947). It is NaN
// for one class.
func AUC(positive []bool, score []float64) float64 {
	var up, down []float64
	for i, s := range score {
		if positive[i] {
			up = append(up, s)
		} else {
			down = append(down, s)
		}
	}
	SortFloats(up)
	SortFloats(down)
	wins, below, equal := 0.0, 0, 0
	for _, s := range up {
		for below < len(down) && down[below] < s {
			below++
		}
		equal = max(equal, below)
		for equal < len(down) && down[equal] <= s {
			equal++
		}
		wins += float64(below) + float64(equal-below)/2
	}
	return wins / (float64(len(up)) * float64(len(down)))
}

// Regression holds the scores of predicted numbers, each as scikit-learn defines it.
type Regression struct{ MAE, RMSE, R2 float64 }

// ScoreRegression judges predicted numbers. Precondition: both slices have one length. No rows are ErrUndefined; R² is NaN for a
// constant truth.
func ScoreRegression(truth, predicted []float64) (Regression, error) {
	if len(truth) == 0 {
		return Regression{}, fmt.Errorf("score no rows: %w", ErrUndefined)
	}
	n := float64(len(truth))
	mean := 0.0
	for _, v := range truth {
		mean += v / n
	}
	var absolute, squares, spread float64
	for i, v := range truth {
		absolute += math.Abs(v - predicted[i])
		squares += square(v - predicted[i])
		spread += square(v - mean)
	}
	r := Regression{MAE: absolute / n, RMSE: math.Sqrt(squares / n), R2: math.NaN()}
	if spread > 0 {
		r.R2 = 1 - squares/spread
	}
	return r, nil
}
