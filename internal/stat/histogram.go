package stat

// Bins are common bins of two samples, for pictures.
type Bins struct {
	Edges []float64 // one more than bins
	X, Y  []int64   // counts
}

// Edges are those of k bins of equal width over the range in which the middle 98 % of both samples lie, or over all of it where
// that is a single value; fewer where there are not so many floats. A constant has one bin without width.
func (t *TwoSample) Edges(k int) []float64 {
	x, y := t.Quantiles([]float64{0.01, 0.99, 0, 1})
	low, high := min(x[0], y[0]), max(x[1], y[1])
	if !(low < high) {
		low, high = min(x[2], y[2]), max(x[3], y[3])
	}
	if !(low < high) {
		return []float64{low, high}
	}
	edges := []float64{low}
	for i := 1; i < k; i++ {
		share := float64(i) / float64(k)
		if edge := low*(1-share) + high*share; edges[len(edges)-1] < edge && edge < high {
			edges = append(edges, edge)
		}
	}
	return append(edges, high)
}
