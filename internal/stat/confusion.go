package stat

import "math"

// Confusion holds the weights of rows by true and predicted class: Cells[truth·Classes + predicted].
type Confusion struct {
	Classes int
	Cells   []float64
}

// NewConfusion counts row i weights[i] times; classes are numbered from 0.
func NewConfusion(classes int, truth, predicted []int32, weights []float64) Confusion {
	c := Confusion{Classes: classes, Cells: make([]float64, classes*classes)}
	for i, t := range truth {
		c.Cells[int(t)*classes+int(predicted[i])] += weights[i]
	}
	return c
}

// of is the true positives of a class, the weight of its rows, and that of its predictions.
func (c Confusion) of(class int) (hits, rows, predictions float64) {
	for other := range c.Classes {
		rows += c.Cells[class*c.Classes+other]
		predictions += c.Cells[other*c.Classes+class]
	}
	return c.Cells[class*c.Classes+class], rows, predictions
}

// Accuracy is the share of the weight that was predicted right.
func (c Confusion) Accuracy() float64 {
	var hits, all float64
	for class := range c.Classes {
		h, rows, _ := c.of(class)
		hits, all = hits+h, all+rows
	}
	return hits / all
}

// BalancedAccuracy is the mean recall of the classes that have rows.
func (c Confusion) BalancedAccuracy() float64 {
	var sum, present float64
	for class := range c.Classes {
		if hits, rows, _ := c.of(class); rows > 0 {
			sum, present = sum+hits/rows, present+1
		}
	}
	return sum / present
}

// ClassScore is a score of one class.
type ClassScore func(hits, rows, predictions float64) float64

// Precision is NaN where nothing was predicted to be of the class.
func Precision(hits, _, predictions float64) float64 { return hits / predictions }

// Recall is NaN where the class has no rows.
func Recall(hits, rows, _ float64) float64 { return hits / rows }

// F1 is the harmonic mean of both; NaN where the class neither has rows nor was predicted.
func F1(hits, rows, predictions float64) float64 { return 2 * hits / (rows + predictions) }

// Class is a score of one class.
func (c Confusion) Class(score ClassScore, class int) float64 { return score(c.of(class)) }

// Macro is the mean of the scores of the classes that have rows or were predicted; one without value counts 0, as
// scikit-learn's average="macro" has it.
func (c Confusion) Macro(score ClassScore) float64 {
	return c.average(score, func(rows, predictions float64) float64 {
		if rows+predictions > 0 {
			return 1
		}
		return 0
	})
}

// Weighted is Macro weighted by the rows of each class.
func (c Confusion) Weighted(score ClassScore) float64 {
	return c.average(score, func(rows, _ float64) float64 { return rows })
}

func (c Confusion) average(score ClassScore, weight func(rows, predictions float64) float64) float64 {
	var sum, all float64
	for class := range c.Classes {
		hits, rows, predictions := c.of(class)
		w := weight(rows, predictions)
		if v := score(hits, rows, predictions); w > 0 && !math.IsNaN(v) {
			sum += w * v
		}
		all += w
	}
	return sum / all
}
