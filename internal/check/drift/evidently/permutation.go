package evidently

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/mathext/prng"
)

// tvdPermutations is how often the TVD stattest deals the values out anew.
const tvdPermutations = 1000

// permuteTVD is the p-value of the TVD stattest: the share of permutations whose total variation distance is at least the
// observed one. Evidently draws them after numpy.random.seed(0), so they are fixed: a Mersenne Twister, and the head of a shuffled
// range for numpy.random.choice(replace=False). The distance is summed as numpy sums, since equal ones must compare as equal.
//
// Values are the categories of the rows in their order, the first n of them the reference's, of k categories.
func permuteTVD(values []int32, n, k int) float64 {
	all := make([]int64, k)
	for _, v := range values {
		all[v]++
	}
	distance := func(chosen func(i int) int32) float64 {
		x := make([]int64, k)
		for i := range n {
			x[chosen(i)]++
		}
		terms := make([]float64, k)
		for i, c := range x {
			terms[i] = math.Abs(float64(c)/float64(n) - float64(all[i]-c)/float64(len(values)-n))
		}
		return 0.5 * numpySum(terms)
	}
	observed := distance(func(i int) int32 { return values[i] })
	source, places, hits := prng.NewMT19937(), make([]int32, len(values)), 0
	source.Seed(0)
	for range tvdPermutations {
		shuffleRange(places, source)
		if observed <= distance(func(i int) int32 { return values[places[i]] }) {
			hits++
		}
	}
	return float64(hits) / tvdPermutations
}

// shuffleRange fills places with 0, 1, 2, … and shuffles them as numpy.random.RandomState.shuffle does: from the end, with a place drawn
// by masking and refusing.
func shuffleRange(places []int32, source *prng.MT19937) {
	for i := range places {
		places[i] = int32(i)
	}
	for i := len(places) - 1; i > 0; i-- {
		mask := uint32(1)<<bits.Len32(uint32(i)) - 1
		j := source.Uint32() & mask
		for j > uint32(i) {
			j = source.Uint32() & mask
		}
		places[i], places[j] = places[j], places[i]
	}
}

// numpySum adds as numpy.sum does: eight running sums, and halves of more than 128 values on their own.
func numpySum(values []float64) float64 {
	switch n := len(values); {
	case n < 8:
		sum := 0.0
		for _, v := range values {
			sum += v
		}
		return sum
	case n <= 128:
		var r [8]float64
		whole := n - n%8
		for i, v := range values[:whole] {
			r[i%8] += v
		}
		sum := ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
		for _, v := range values[whole:] {
			sum += v
		}
		return sum
	default:
		half := n / 2
		half -= half % 8
		return numpySum(values[:half]) + numpySum(values[half:])
	}
}
