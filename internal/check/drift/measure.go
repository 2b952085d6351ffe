package drift

import (
	"math"
	"sort"

	"github.com/assay-ml/assay/internal/stat"
)

// measure is what two samples of numbers, neither of them empty, say of each other.
type measure struct {
	ks                 stat.KSResult
	w1                 float64 // first Wasserstein distance, in the unit of the values
	reference, current summary
	below, above       int64      // values of current that lie beyond the range of the reference
	bins               stat.Bins  // paired histogram of at most maxBins bins
	curve              cumulative // both distribution functions at at most maxPoints places
}

// summary describes one sample of numbers. What overflows is an infinity.
type summary struct {
	count            int64
	minimum, maximum float64
	mean, deviation  float64 // the standard deviation divides by n
	quantiles        []float64
}

// cumulative is two empirical distribution functions: the share of values that are at most At.
type cumulative struct {
	at                 []float64
	reference, current []float64
}

const (
	maxBins   = 20
	maxPoints = 2*maxBins + 1
)

// probabilities are those of a summary's quantiles, which are observed values: the lower one between two.
var probabilities = []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}

// median is the place of the median among a summary's quantiles.
const median = 3

// measure compares the numbers of a column. An error wraps stat.ErrUndefined.
func (p pair) measure() (measure, error) {
	x, y := p.reference.sorted(), p.current.sorted()
	ks, err := stat.KolmogorovSmirnov(x, y)
	if err != nil {
		return measure{}, err
	}
	m := measure{ks: ks, w1: stat.WassersteinSorted(x, y), reference: summarize(x), current: summarize(y), bins: stat.HistogramSorted(x, y, maxBins)}
	m.below = int64(sort.SearchFloat64s(y, x[0]))
	m.above = int64(len(y)) - atMost(y, x[len(x)-1])
	for _, v := range places(m.bins.Edges) {
		m.curve.at = append(m.curve.at, v)
		m.curve.reference = append(m.curve.reference, float64(atMost(x, v))/float64(len(x)))
		m.curve.current = append(m.curve.current, float64(atMost(y, v))/float64(len(y)))
	}
	return m, nil
}

// places are the edges of the bins and their middles.
func places(edges []float64) []float64 {
	out := []float64{edges[0]}
	for i := 1; i < len(edges) && edges[i] > edges[i-1]; i++ {
		out = append(out, edges[i-1]/2+edges[i]/2, edges[i])
	}
	return out
}

// atMost counts the values of a sorted sample that are at most v.
func atMost(sorted []float64, v float64) int64 {
	return int64(sort.Search(len(sorted), func(i int) bool { return sorted[i] > v }))
}

// summarize describes a sorted sample.
func summarize(sorted []float64) summary {
	n := float64(len(sorted))
	s := summary{count: int64(len(sorted)), minimum: sorted[0], maximum: sorted[len(sorted)-1]}
	for _, v := range sorted {
		s.mean += v / n
	}
	for _, v := range sorted {
		s.deviation += (v - s.mean) / n * (v - s.mean)
	}
	s.deviation = math.Sqrt(s.deviation)
	for _, share := range probabilities {
		s.quantiles = append(s.quantiles, sorted[int(share*(n-1))])
	}
	return s
}
