package drift

import (
	"math"
	"slices"
	"sort"

	"github.com/assay-ml/assay/internal/stat"
)

// answer is what a test says of two samples of numbers.
type answer struct {
	name               string
	statistic, p       float64
	least              float64 // the smallest p that it could have given
	effect             effect
	reference, current int64 // how many values it looked at
}

// run tests the numbers of a column by the method of its settings. An error wraps stat.ErrUndefined.
func (p pair) run(m measure) (answer, error) {
	n, size := m.reference.count, m.current.count
	d := effect{value: m.ks.D, noise: stat.KolmogorovNoise(n, size, p.settings.significance), scale: shareOfRows}
	switch p.settings.method {
	case MannWhitney:
		return p.mannWhitney(n, size)
	case T:
		return p.welch(m)
	case AndersonDarling:
		return p.anderson(d, n, size)
	case CramerVonMises:
		r, err := stat.CramerVonMises(p.reference.sorted(), p.current.sorted())
		return answer{name: "Cramér-von Mises", statistic: r.Statistic, p: r.P, effect: d, reference: n, current: size}, err
	case Energy:
		return p.permuted("energy distance", stat.EnergyDistanceSorted, func(e float64) effect {
			return effect{value: e / math.Sqrt(m.unit()), noise: math.Sqrt(2 / math.Sqrt(math.Pi) * float64(n+size) / float64(n) / float64(size)), clear: stat.WithoutNoise, scale: energy}
		}), nil
	case Wasserstein:
		return p.permuted("Wasserstein", stat.WassersteinSorted, func(float64) effect {
			return effect{value: m.distance(), noise: stat.WassersteinNoise(n, size), scale: deviations}
		}), nil
	case JensenShannon:
		return p.jensenShannon(n, size), nil
	}
	return answer{name: "Kolmogorov-Smirnov", statistic: m.ks.D, p: m.ks.P, effect: d, reference: n, current: size}, nil
}

// andersonEnd is where the table of the Anderson-Darling test ends.
const andersonEnd = 0.001

// anderson goes on by permutation where the table ends, so that p-values survive the correction for many columns.
func (p pair) anderson(d effect, n, m int64) (answer, error) {
	r, err := stat.AndersonDarling(p.reference.sorted(), p.current.sorted())
	if err != nil || r.P > andersonEnd {
		return answer{name: "Anderson-Darling", statistic: r.Statistic, p: r.P, effect: d, reference: n, current: m}, err
	}
	statistic := func(x, y []float64) float64 {
		dealt, _ := stat.AndersonDarling(x, y) // it was defined once, and the values stay the same
		return dealt.Statistic
	}
	return p.permuted("Anderson-Darling", statistic, func(float64) effect { return d }), nil
}

// mannWhitney has the effect |2A − 1|, A the probability that a value of current is the larger, ties counted half (Cliff 1993);
// without drift its standard deviation is √((1/n + 1/m)/3).
func (p pair) mannWhitney(n, m int64) (answer, error) {
	r, err := stat.MannWhitney(p.reference.sorted(), p.current.sorted(), stat.TwoSided)
	e := effect{value: math.Abs(2*r.Statistic/(float64(n)*float64(m)) - 1), noise: halfNormal * math.Sqrt((1/float64(n)+1/float64(m))/3), scale: dominance}
	return answer{name: "Mann-Whitney", statistic: r.Statistic, p: r.P, effect: e, reference: n, current: m}, err
}

// halfNormal is the mean of the absolute value of a standard normal variable, √(2/π).
var halfNormal = math.Sqrt(2 / math.Pi)

// welch has the effect of Cohen (1988): the difference of the means in the root mean of the two variances.
func (p pair) welch(m measure) (answer, error) {
	n, size := m.reference.count, m.current.count
	r, err := stat.WelchT(p.reference.sorted(), p.current.sorted())
	pooled := math.Sqrt((m.reference.deviation*m.reference.deviation + m.current.deviation*m.current.deviation) / 2)
	e := effect{value: math.Abs(m.reference.mean-m.current.mean) / pooled, noise: halfNormal * math.Sqrt(1/float64(n)+1/float64(size)), scale: deviations}
	return answer{name: "Welch's t", statistic: r.T, p: r.P, effect: e, reference: n, current: size}, err
}

// maxPermuted bounds the values of a sample that is dealt out anew many times.
const maxPermuted = 10_000

// permuted tests a distance by permutation. Of a large sample every k-th value stands for all: the statistic keeps its value, and
// the permutations have the noise of the smaller samples, so the test errs towards no drift.
func (p pair) permuted(name string, distance func(x, y []float64) float64, effectOf func(float64) effect) answer {
	x, y := thinned(p.reference.sorted()), thinned(p.current.sorted())
	r := p.settings.permutations
	return answer{name: name, statistic: distance(x, y), p: stat.Permute(x, y, distance, r, p.settings.seed), least: 1 / float64(r+1),
		effect: effectOf(distance(p.reference.sorted(), p.current.sorted())), reference: int64(len(x)), current: int64(len(y))}
}

// thinned is at most maxPermuted values at equal steps of a sorted sample.
func thinned(sorted []float64) []float64 {
	if len(sorted) <= maxPermuted {
		return sorted
	}
	out := make([]float64, maxPermuted)
	step := float64(len(sorted)) / maxPermuted
	for i := range out {
		out[i] = sorted[int((float64(i)+0.5)*step)]
	}
	return out
}

// jensenShannon compares counts in bins that hold equally many of the pooled values: a permutation does not change them.
func (p pair) jensenShannon(n, m int64) answer {
	edges := equalBins(p.reference.sorted(), p.current.sorted())
	distance := func(x, y []float64) float64 { return stat.JensenShannon(counted(x, edges), counted(y, edges)) }
	return p.permuted("Jensen-Shannon", distance, func(js float64) effect {
		return effect{value: js, noise: stat.JensenShannonNoise(n, m, len(edges)+1), clear: stat.WithoutNoise, scale: divergence}
	})
}

// equalBins are the inner edges of at most maxBins bins with about equally many of both samples' values.
func equalBins(x, y []float64) []float64 {
	pooled := slices.Concat(thinned(x), thinned(y))
	stat.SortFloats(pooled)
	var edges []float64
	for i := 1; i < maxBins; i++ {
		edge := pooled[i*len(pooled)/maxBins]
		if edge > pooled[0] && (len(edges) == 0 || edge > edges[len(edges)-1]) {
			edges = append(edges, edge)
		}
	}
	return edges
}

// counted is how many values of a sorted sample lie in each bin.
func counted(sorted, edges []float64) []float64 {
	counts := make([]float64, len(edges)+1)
	from := 0
	for i, edge := range edges {
		to := from + sort.SearchFloat64s(sorted[from:], edge)
		counts[i], from = float64(to-from), to
	}
	counts[len(edges)] = float64(len(sorted) - from)
	return counts
}
