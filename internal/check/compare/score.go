package compare

import (
	"fmt"
	"math"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/stat"
)

// builder makes the scorer of a metric for one model's answers.
type builder = func(view, answers, float64) (scorer, error)

// confusion is a metric of the confusion matrix.
func confusion(score func(stat.Confusion) float64) builder {
	return func(v view, a answers, _ float64) (scorer, error) {
		return func(w []float64) float64 { return score(stat.NewConfusion(v.classes, v.label, a.predicted, w)) }, nil
	}
}

// errorRate is the share of rows that are wrong.
func errorRate(c stat.Confusion) float64 { return 1 - c.Accuracy() }

func macro(score stat.ClassScore) builder {
	return confusion(func(c stat.Confusion) float64 { return c.Macro(score) })
}

func weighted(score stat.ClassScore) builder {
	return confusion(func(c stat.Confusion) float64 { return c.Weighted(score) })
}

// ofPositive is a score of the positive class.
func ofPositive(score stat.ClassScore) builder {
	return func(v view, a answers, p float64) (scorer, error) {
		if v.positive < 0 {
			return nil, undefined{finding.Undefined, v.unknown}
		}
		return confusion(func(c stat.Confusion) float64 { return c.Class(score, int(v.positive)) })(v, a, p)
	}
}

// needsProbabilities checks what a metric of probabilities stands on.
func needsProbabilities(v view, a answers) error {
	switch {
	case a.classes == nil && (v.positive < 0 || v.classes > 2):
		return undefined{finding.Undefined, "score is the probability of one of two classes: name the positive one with positive, or the columns of all with classes"}
	case a.classes != nil && len(a.classes) != v.classes:
		return undefined{finding.Missing, fmt.Sprintf("there are %d classes and probabilities of %d: name a column for each with classes", v.classes, len(a.classes))}
	}
	return nil
}

// isClass marks the rows of a class.
func isClass(label []int32, class int32) []bool {
	is := make([]bool, len(label))
	for i, l := range label {
		is[i] = l == class
	}
	return is
}

// ranked is a metric of the order of scores: of the positive class, or the mean over all classes, each against the rest.
func ranked(score func(stat.Ranking, []float64) float64) builder {
	return func(v view, a answers, _ float64) (scorer, error) {
		if err := needsProbabilities(v, a); err != nil {
			return nil, err
		}
		scores, first := a.classes, int32(0)
		if scores == nil {
			scores, first = [][]float64{a.score}, v.positive
		}
		rankings := make([]stat.Ranking, len(scores))
		for i, s := range scores {
			rankings[i] = stat.NewRanking(s, isClass(v.label, first+int32(i)))
		}
		return func(w []float64) float64 {
			sum := 0.0
			for _, r := range rankings {
				sum += score(r, w)
			}
			return sum / float64(len(rankings))
		}, nil
	}
}

// probabilities checks and gives the probabilities of each class of a row.
func probabilities(v view, a answers) (of func(row int) []float64, err error) {
	if err := needsProbabilities(v, a); err != nil {
		return nil, err
	}
	columns := a.classes
	if columns == nil {
		columns = [][]float64{a.score}
	}
	if wrong := improbable(columns); wrong > 0 {
		return nil, undefined{finding.Undefined, fmt.Sprintf("%d values are no probability: they do not lie between 0 and 1", wrong)}
	}
	row := make([]float64, max(2, len(columns)))
	return func(i int) []float64 {
		if a.classes == nil {
			row[0], row[1] = a.score[i], a.score[i]
			row[1-v.positive] = 1 - a.score[i]
			return row[:2]
		}
		for class, column := range columns {
			row[class] = column[i]
		}
		return row
	}, nil
}

// improbable counts the values that are no probability.
func improbable(columns [][]float64) (wrong int) {
	for _, column := range columns {
		for _, p := range column {
			if !(0 <= p && p <= 1) {
				wrong++
			}
		}
	}
	return wrong
}

// mean is the weighted mean of a value of each row.
func mean(values []float64) scorer {
	return func(w []float64) float64 { return stat.WeightedMean(values, w) }
}

// probabilityMean is the mean of a loss of each row's probabilities.
func probabilityMean(loss func(p []float64, label int32, isBinary bool) float64) builder {
	return func(v view, a answers, _ float64) (scorer, error) {
		of, err := probabilities(v, a)
		if err != nil {
			return nil, err
		}
		values := make([]float64, len(v.label))
		for i, label := range v.label {
			values[i] = loss(of(i), label, a.classes == nil)
		}
		return mean(values), nil
	}
}

// leastProbability keeps a logarithm finite; scikit-learn's log_loss clips at the same.
const leastProbability = 0x1p-52

// logLoss is −ln of the probability of the true class, of a row whose probabilities are made to sum to 1.
func logLoss(p []float64, label int32, _ bool) float64 {
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	return -math.Log(math.Min(1-leastProbability, math.Max(leastProbability, p[label]/sum)))
}

// brier is the squared distance of the probabilities from the truth: of the positive class, or over several classes.
func brier(p []float64, label int32, isBinary bool) float64 {
	if isBinary {
		return (1 - p[label]) * (1 - p[label])
	}
	sum := 0.0
	for class, v := range p {
		if int32(class) == label {
			v = 1 - v
		}
		sum += v * v
	}
	return sum
}

// calibrationBins are scikit-learn's usual ones, and those of the paper.
const calibrationBins = 10

// calibration is the expected calibration error: of the positive class's probability, or of several classes of the likeliest one's.
func calibration(v view, a answers, _ float64) (scorer, error) {
	of, err := probabilities(v, a)
	if err != nil {
		return nil, err
	}
	p, right := a.score, isClass(v.label, v.positive)
	if a.classes != nil {
		p = make([]float64, len(v.label))
		for i, label := range v.label {
			best := 0
			row := of(i)
			for class, q := range row {
				if q > row[best] {
					best = class
				}
			}
			p[i], right[i] = row[best], int32(best) == label
		}
	}
	return func(w []float64) float64 { return stat.CalibrationError(right, p, w, calibrationBins) }, nil
}

// errorMean is the mean of a loss of each row's number.
func errorMean(loss func(truth, guess, parameter float64) float64) builder {
	return func(v view, a answers, parameter float64) (scorer, error) {
		values, without := make([]float64, len(v.truth)), 0
		for i, y := range v.truth {
			if values[i] = loss(y, a.number[i], parameter); math.IsNaN(values[i]) {
				without++
			}
		}
		if without > 0 {
			return nil, undefined{finding.Undefined, fmt.Sprintf("a percentage of a truth of 0 has no meaning: so many are 0: %d", without)}
		}
		return mean(values), nil
	}
}

func absoluteError(y, guess, _ float64) float64 { return math.Abs(y - guess) }

func squaredError(y, guess, _ float64) float64 { return (y - guess) * (y - guess) }

// percentageError is NaN for a truth of 0, where scikit-learn divides by the rounding unit.
func percentageError(y, guess, _ float64) float64 {
	if y == 0 {
		return math.NaN()
	}
	return math.Abs((y - guess) / y)
}

func pinball(y, guess, quantile float64) float64 {
	return math.Max(quantile*(y-guess), (quantile-1)*(y-guess))
}

func rootMeanSquare(v view, a answers, _ float64) (scorer, error) {
	square, err := errorMean(squaredError)(v, a, 0)
	return func(w []float64) float64 { return math.Sqrt(square(w)) }, err
}

func rSquared(v view, a answers, _ float64) (scorer, error) {
	return func(w []float64) float64 { return stat.R2(v.truth, a.number, w) }, nil
}

func rowMean(_ view, a answers, _ float64) (scorer, error) { return mean(a.score), nil }

// groupMean is the mean over the units of a score of each unit's rows. Each row carries its unit's score, and counts by its
// share of the unit.
func groupMean(score func(relevance, scores []float64, k int) float64) builder {
	return func(v view, a answers, k float64) (scorer, error) {
		relevance, scores := make([][]float64, v.units), make([][]float64, v.units)
		for i, unit := range v.unit {
			relevance[unit], scores[unit] = append(relevance[unit], v.truth[i]), append(scores[unit], a.score[i])
		}
		unitValue := make([]float64, v.units)
		for unit := range unitValue {
			unitValue[unit] = score(relevance[unit], scores[unit], int(k))
		}
		values, share := make([]float64, len(v.unit)), make([]float64, len(v.unit))
		for i, unit := range v.unit {
			values[i], share[i] = unitValue[unit], 1/float64(len(scores[unit]))
		}
		return func(w []float64) float64 {
			var sum, all float64
			for i, s := range share {
				sum += w[i] * s * values[i]
				all += w[i] * s
			}
			return sum / all
		}, nil
	}
}
