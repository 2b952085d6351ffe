package learn

import (
	"cmp"
	"slices"
	"sort"
)

// Isotonic is a fitted non-decreasing function: it turns a model's scores into probabilities.
type Isotonic struct {
	at, value []float64 // at ascends strictly, value does not descend
}

// FitIsotonic minimizes Σ(y − f(x))² over the functions f that do not descend, by pooling adjacent violators (Barlow, Bartholomew, Bremner &
// Brunk 1972), as scikit-learn's IsotonicRegression(out_of_bounds="clip"). Values of y at one x are pooled first. x and y have the same
// length, at least 1, and are finite.
func FitIsotonic(x, y []float64) Isotonic {
	var f Isotonic
	for _, b := range pooled(x, y) {
		mean := b.sum / b.weight
		f.at, f.value = append(f.at, b.low), append(f.value, mean)
		if b.high > b.low {
			f.at, f.value = append(f.at, b.high), append(f.value, mean)
		}
	}
	return f
}

// block is a run of x that has one value.
type block struct{ low, high, sum, weight float64 }

// pooled are the blocks of the fit, ascending.
func pooled(x, y []float64) []block {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(x[a], x[b]) })
	var blocks []block
	for k := 0; k < len(order); {
		b := block{low: x[order[k]], high: x[order[k]]}
		for ; k < len(order) && x[order[k]] == b.low; k++ {
			b.sum += y[order[k]]
			b.weight++
		}
		blocks = append(blocks, b)
		for n := len(blocks); n > 1 && blocks[n-2].sum*blocks[n-1].weight >= blocks[n-1].sum*blocks[n-2].weight; n-- {
			last := blocks[n-1]
			blocks = blocks[:n-1]
			blocks[n-2].high, blocks[n-2].sum, blocks[n-2].weight = last.high, blocks[n-2].sum+last.sum, blocks[n-2].weight+last.weight
		}
	}
	return blocks
}

// At is the fitted value: between the points that were fitted a line, beyond them the value of the nearest.
func (f Isotonic) At(x float64) float64 {
	i := sort.SearchFloat64s(f.at, x)
	switch {
	case i == len(f.at):
		return f.value[i-1]
	case i == 0 || f.at[i] == x:
		return f.value[i]
	}
	share := (x - f.at[i-1]) / (f.at[i] - f.at[i-1])
	return f.value[i-1] + share*(f.value[i]-f.value[i-1])
}
