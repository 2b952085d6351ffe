package stat

import "slices"

// Bins are common bins of two samples, for pictures.
type Bins struct {
	Edges []float64 // one more than bins
	X, Y  []int64   // counts
}

// HistogramSorted counts two sorted samples, not empty and without NaN, in k bins of equal width over the range in which the middle
// 98 % of both lie; what is beyond goes into the outer bins. A constant has one bin.
func HistogramSorted(x, y []float64, k int) Bins {
	low, high := min(at(x, 0.01), at(y, 0.01)), max(at(x, 0.99), at(y, 0.99))
	if !(low < high) {
		low, high = min(x[0], y[0]), max(x[len(x)-1], y[len(y)-1])
	}
	if !(low < high) {
		return Bins{Edges: []float64{low, high}, X: []int64{int64(len(x))}, Y: []int64{int64(len(y))}}
	}
	b := Bins{Edges: make([]float64, k+1)}
	for i := range b.Edges {
		share := float64(i) / float64(k)
		b.Edges[i] = low*(1-share) + high*share
	}
	b.X, b.Y = countSorted(x, b.Edges), countSorted(y, b.Edges)
	return b
}

// at is the value below which a share of the sorted sample lies.
func at(sorted []float64, share float64) float64 {
	return sorted[int(share*float64(len(sorted)-1))]
}

func countSorted(sorted, edges []float64) []int64 {
	counts := make([]int64, len(edges)-1)
	from := 0
	for i := range counts {
		to := len(sorted)
		if i < len(counts)-1 {
			to, _ = slices.BinarySearch(sorted, edges[i+1])
		}
		counts[i] = int64(to - from)
		from = to
	}
	return counts
}
