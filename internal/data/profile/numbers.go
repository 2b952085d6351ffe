package profile

import (
	"slices"

	"github.com/assay-ml/assay/internal/stat/sketch"
)

// Numbers is what is known of numbers, all of them finite.
type Numbers struct {
	sketch.Moments
	Tally[float64]
	Unbounded bool              // Min and Max were left out
	quantiles *sketch.Quantiles // nil while IsExact
}

func newNumbers() *Numbers {
	return &Numbers{Tally: Tally[float64]{frequent: sketch.NewFrequent[float64](nil, 0), insert: (*sketch.Distinct).AddNumber, keep: same}}
}

func same(v float64) float64 { return v }

// Error bounds by how much the share of values up to any number errs, all at once with a probability of 0.99; 0 where IsExact.
func (n *Numbers) Error() float64 {
	if n.quantiles == nil {
		return 0
	}
	return n.quantiles.Error()
}

// Weighted are the numbers in ascending order: all of them where IsExact, else some that stand for all.
func (n *Numbers) Weighted() sketch.Weighted {
	if n.quantiles != nil {
		return n.quantiles.Weighted()
	}
	counts := map[float64]int64{}
	for _, c := range n.Frequent() {
		counts[c.Value] = c.Count
	}
	return sketch.Cumulate(counts)
}

// add takes in numbers in ascending order.
func (n *Numbers) add(values []float64, counted []sketch.Counted[float64]) {
	n.Add(values)
	if n.quantiles != nil {
		n.quantiles.Add(values)
	}
	n.Tally.add(counted)
	n.settle(n.frequent.IsCrowded())
}

// countSorted counts each value of an ascending sequence.
func countSorted(values []float64) []sketch.Counted[float64] {
	var counted []sketch.Counted[float64]
	for i, v := range values {
		if i == 0 || v != values[i-1] {
			counted = append(counted, sketch.Counted[float64]{Value: v})
		}
		counted[len(counted)-1].Count++
	}
	return counted
}

// settle goes over to sketches where the values became too many to count each, and thins out the counts where that is due.
func (n *Numbers) settle(due bool) {
	if n.isOutgrown() {
		n.estimate()
		due = true
	}
	if due {
		n.frequent.Shrink()
	}
}

// estimate makes the sketches of the counts, where every value was counted.
func (n *Numbers) estimate() {
	if n.IsExact() {
		n.quantiles = &sketch.Quantiles{}
		n.quantiles.AddCounted(n.Frequent())
	}
	n.Tally.estimate()
}

// merge takes in other numbers.
func (n *Numbers) merge(other *Numbers) {
	switch {
	case other.Count == 0:
		return
	case n.Count == 0:
		*n = *other
		return
	}
	if n.IsExact() != other.IsExact() {
		n.estimate()
		other.estimate()
	}
	n.Unbounded = n.Unbounded || other.Unbounded
	n.Merge(other.Moments)
	n.Tally.merge(&other.Tally)
	if n.quantiles != nil {
		n.quantiles.Merge(other.quantiles)
	}
	n.settle(true)
}

// trim leaves out of the counts what is not frequent. Of numbers that are all counted the moments follow from the counts.
func (n *Numbers) trim() {
	n.settle(true)
	n.frequent.Trim(n.Count)
	if n.IsExact() {
		n.Moments = sketch.MomentsOf(n.Frequent())
	}
}

// hide leaves out what fewer rows than least share.
func (n *Numbers) hide(least int64) {
	switch exact := n.IsExact(); {
	case exact && !slices.ContainsFunc(n.Frequent(), func(c sketch.Counted[float64]) bool { return c.Count < least }):
		return
	case exact:
		n.quantiles = sketch.Coarsened(n.Frequent(), least)
	default:
		n.quantiles = n.quantiles.Coarsen(least)
	}
	n.Tally.hide(least, n.Count)
	n.Unbounded, n.Min, n.Max = true, 0, 0
}
