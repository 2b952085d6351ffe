package drift

import (
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

// probabilities are those of a summary's quantiles, which are interpolated as numpy's are.
var probabilities = []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}

// median is the place of the median among a summary's quantiles.
const median = 3

// compared is the comparison of the column's numbers, which is made once. An error wraps stat.ErrUndefined.
func (p *pair) compared() (*stat.TwoSample, error) {
	if p.both != nil {
		return p.both, nil
	}
	var err error
	p.both, err = stat.Compare(p.reference.numbers, p.current.numbers, probabilities...)
	return p.both, err
}

// measure compares the numbers of a column. An error wraps stat.ErrUndefined.
func (p pair) measure() (measure, error) {
	both, err := p.compared()
	if err != nil {
		return measure{}, err
	}
	m := measure{ks: both.KolmogorovSmirnov(), w1: both.Wasserstein()}
	m.reference, m.current = summarize(both)
	edges := both.Edges(maxBins)
	at := places(edges)
	x, y := both.Ranks(append([]float64{m.reference.minimum, m.reference.maximum}, at...))
	m.below, m.above = y[0].Below, m.current.count-y[1].UpTo
	m.curve = cumulative{at: at, reference: shareUpTo(x[2:], m.reference.count), current: shareUpTo(y[2:], m.current.count)}
	m.bins = stat.Bins{Edges: edges, X: inBins(x[2:], m.reference.count), Y: inBins(y[2:], m.current.count)}
	return m, nil
}

func summarize(both *stat.TwoSample) (x, y summary) {
	n, m := both.Sizes()
	ofX, ofY := both.Moments()
	qX, qY := both.Quantiles(probabilities)
	return newSummary(n, ofX, qX), newSummary(m, ofY, qY)
}

func newSummary(n int64, of stat.Moments, quantiles []float64) summary {
	return summary{count: n, minimum: of.Min, maximum: of.Max, mean: of.Mean, deviation: of.Deviation, quantiles: quantiles}
}

// places are the edges of the bins and their middles.
func places(edges []float64) []float64 {
	out := []float64{edges[0]}
	for i := 1; i < len(edges) && edges[i] > edges[i-1]; i++ {
		out = append(out, max(edges[i-1], edges[i-1]/2+edges[i]/2), edges[i])
	}
	return out
}

func shareUpTo(ranks []stat.Rank, n int64) []float64 {
	shares := make([]float64, len(ranks))
	for i, r := range ranks {
		shares[i] = float64(r.UpTo) / float64(n)
	}
	return shares
}

// inBins counts the values between edges, which are every other place; what is beyond them is in the outer bins.
func inBins(ranks []stat.Rank, n int64) []int64 {
	var counts []int64
	var before int64
	for i := 2; i < len(ranks)-1; i += 2 {
		counts = append(counts, ranks[i].Below-before)
		before = ranks[i].Below
	}
	return append(counts, n-before)
}
