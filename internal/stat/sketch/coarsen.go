package sketch

import (
	"cmp"
	"slices"
)

// item is a value that stands for weight values of a stream, and is that of some rows.
type item struct {
	value        float64
	weight, rows int64
}

// Coarsen is a sketch whose every value is the mean of the values of at least rows rows, so that none is left that one row
// alone has. Ranks err by the largest group more. The sketch must hold rows values at least: Width/2 of a long stream.
func (q *Quantiles) Coarsen(rows int64) *Quantiles {
	var items []item
	for h, level := range q.levels {
		for _, v := range level {
			items = append(items, item{v, 1 << h, 1})
		}
	}
	coarse := coarsen(items, rows)
	coarse.variance += q.variance
	coarse.moved += q.moved
	return coarse
}

// Coarsened is such a sketch of values that were counted.
func Coarsened(values []Counted[float64], rows int64) *Quantiles {
	items := make([]item, len(values))
	for i, c := range values {
		items[i] = item{c.Value, c.Count, c.Count}
	}
	return coarsen(items, rows)
}

// coarsen takes the means of groups of neighbours.
func coarsen(items []item, rows int64) *Quantiles {
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.value, b.value) })
	q := &Quantiles{}
	var means []Counted[float64]
	for _, g := range groups(items, rows) {
		mean, weight := meanOf(g)
		means = append(means, Counted[float64]{mean, weight})
		q.moved = max(q.moved, weight)
	}
	q.AddCounted(means)
	return q
}

// groups cuts items into runs of at least rows rows; what is left at the end joins the last.
func groups(items []item, rows int64) [][]item {
	var cut [][]item
	var sum int64
	start := 0
	for i := range items {
		if sum += items[i].rows; sum >= rows {
			cut = append(cut, items[start:i+1])
			start, sum = i+1, 0
		}
	}
	if start == len(items) {
		return cut
	}
	if len(cut) == 0 {
		return [][]item{items}
	}
	last := len(cut[len(cut)-1])
	cut[len(cut)-1] = items[start-last:]
	return cut
}

// meanOf is the weighted mean, within the range of the values whatever rounding does.
func meanOf(items []item) (mean float64, weight int64) {
	for _, i := range items {
		weight += i.weight
	}
	for _, i := range items {
		mean += i.value * (float64(i.weight) / float64(weight))
	}
	return min(max(mean, items[0].value), items[len(items)-1].value), weight
}
