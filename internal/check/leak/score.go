package leak

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/assay-ml/assay/internal/stat"
)

// scores are the ways in which one column may predict y; a higher score should go with a higher y.
func (t *target) scores(c *column, y []float64) [][]float64 {
	var all [][]float64
	groups, count := c.group(t.rows)
	if c.isNumber {
		values := c.of(t.rows)
		if t.isNumber || len(t.classes) == 1 {
			all = ordered(values)
		}
		if count > maxLevels {
			groups, count = binned(values)
		}
	}
	return append(all, outOfFold(groups, count, y))
}

// ordered are the values as scores in both directions, with nulls below all and above all, as a tree may send them.
func ordered(values []float64) [][]float64 {
	var all [][]float64
	hasNull := slices.ContainsFunc(values, math.IsNaN)
	for _, direction := range []float64{1, -1} {
		for _, end := range []int{-1, 1} {
			score := make([]float64, len(values))
			for i, value := range values {
				if score[i] = direction * value; math.IsNaN(value) {
					score[i] = math.Inf(end)
				}
			}
			all = append(all, score)
			if !hasNull {
				break
			}
		}
	}
	return all
}

// maxLevels is how many different numbers a column may have and still be judged value by value.
const maxLevels = 20

// bins is into how many groups of equal size a column of numbers is cut where its order alone cannot tell the classes.
const bins = 50

// binned groups numbers by their rank; null is a group of its own.
func binned(values []float64) (groups []int, count int) {
	groups = make([]int, len(values))
	for i, rank := range stat.Ranks(ordered(values)[0]) {
		groups[i] = min(bins-1, int((rank-1)*bins/float64(len(values))))
		if math.IsNaN(values[i]) {
			groups[i] = bins
		}
	}
	return groups, bins + 1
}

// folds is in how many parts the rows are cut, each of which is predicted from the others.
const folds = 5

// outOfFold predicts each row by the mean of y over the rows of other folds with the same value and one more row of the
// overall mean: a value that stands once says nothing of its own row, so that an identifier predicts nothing (Micci-Barreca
// 2001, A preprocessing scheme for high-cardinality categorical attributes, made out of fold).
func outOfFold(groups []int, count int, y []float64) []float64 {
	random := rand.New(rand.NewPCG(sampleSeed, folds))
	fold, mean := make([]int, len(y)), 0.0
	sums, sizes := make([][folds]float64, count), make([][folds]float64, count)
	for i, group := range groups {
		fold[i] = random.IntN(folds)
		mean += (y[i] - mean) / float64(i+1)
		sums[group][fold[i]] += y[i]
		sizes[group][fold[i]]++
	}
	score := make([]float64, len(groups))
	for i, group := range groups {
		sum, size := mean, 1.0
		for other := range folds {
			if other != fold[i] {
				sum, size = sum+sums[group][other], size+sizes[group][other]
			}
		}
		score[i] = sum / size
	}
	return score
}

// indicator is 1 for the rows of the class.
func (c class) indicator() []float64 {
	y := make([]float64, len(c.positive))
	for i, positive := range c.positive {
		if positive {
			y[i] = 1
		}
	}
	return y
}
