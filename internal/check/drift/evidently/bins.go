package evidently

import (
	"errors"
	"math"
	"slices"
)

// maxLevels is the number of distinct reference values up to which a numerical column is counted by value.
const maxLevels = 20

// binned are the shares of both samples: in Sturges bins over both together where a numerical reference has more than 20
// distinct values, else by value.
func (p pair) binned() (x, y []float64, err error) {
	n, m := p.reference.size(), p.current.size()
	if p.typ == Numerical && eachNumber(p.reference.numbers, nil, ignore) > maxLevels {
		low := min(p.reference.numbers[0], p.current.numbers[0])
		high := max(last(p.reference.numbers), last(p.current.numbers))
		edges, err := sturges(low, high, int(n+m), p.isWhole())
		if err != nil {
			return nil, nil, err
		}
		return shares(histogram(p.reference.numbers, edges), n), shares(histogram(p.current.numbers, edges), m), nil
	}
	c := p.categories()
	return shares(c.x, n), shares(c.y, m), nil
}

func last(values []float64) float64 { return values[len(values)-1] }

// isWhole reports whether both columns are whole numbers to pandas: then no bin is narrower than 1.
func (p pair) isWhole() bool { return p.reference.dtype == int64s && p.current.dtype == int64s }

// errNoBins is what numpy says of values that are too far apart, or too near to each other for their size.
var errNoBins = errors.New("numpy cannot cut the range of the values into bins")

// sturges are the edges of numpy.histogram_bin_edges(bins="sturges") for size values from low to high.
func sturges(low, high float64, size int, whole bool) ([]float64, error) {
	if math.IsInf(high-low, 0) {
		return nil, errNoBins
	}
	width := (high - low) / (math.Log2(float64(size)) + 1)
	if low == high { // numpy widens an empty range by a half on each side, and takes one bin
		low, high = low-0.5, high+0.5
	}
	bins := 1
	if width > 0 {
		if whole {
			width = math.Max(width, 1)
		}
		bins = int(math.Ceil((high - low) / width))
	}
	edges, step := make([]float64, bins+1), (high-low)/float64(bins)
	for i := range edges {
		edges[i] = float64(i)*step + low
	}
	edges[bins] = high
	for i, edge := range edges[1:] {
		if !(edges[i] < edge) {
			return nil, errNoBins
		}
	}
	return edges, nil
}

// histogram counts a sorted sample between edges: each bin holds its lower edge, the last one its upper too.
func histogram(sorted, edges []float64) []int64 {
	counts := make([]int64, len(edges)-1)
	place := func(edge float64) int { at, _ := slices.BinarySearch(sorted, edge); return at }
	for i := range counts {
		to := place(edges[i+1])
		if i == len(counts)-1 {
			to = place(math.Nextafter(edges[i+1], math.Inf(1)))
		}
		counts[i] = int64(to - place(edges[i]))
	}
	return counts
}

// filled are the shares with a small one in place of each 0: 0.0001, or a millionth of the smallest other share where that is
// not above 0.0001. They are not scaled to a sum of 1 again.
func filled(shares []float64) []float64 {
	smallest := math.Inf(1)
	for _, s := range shares {
		if s > 0 {
			smallest = math.Min(smallest, s)
		}
	}
	fill := 0.0001
	if smallest <= fill {
		fill = smallest / 1e6
	}
	for i, s := range shares {
		if s == 0 {
			shares[i] = fill
		}
	}
	return shares
}
