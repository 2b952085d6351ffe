package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Deviation is an estimated standard deviation with its 95 % interval.
type Deviation struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// MinSuccessive is the fewest values of which SuccessiveDeviation tells anything: below, its interval spans more than a factor of ten.
const MinSuccessive = 8

// The median of |X − Y| of two normal values of deviation σ is √2·0.6745·σ.
const medianDifference = math.Sqrt2 * 0.6744897501960817 // scipy 1.17.1: norm.ppf(0.75)

// freedomOfMedian is how many degrees of freedom each successive difference is worth in the interval. By simulation of 200,000
// normal series each of 8 to 20 values, the interval then covers σ in 94.3 to 95.2 % of them (successive_test.go repeats it).
const freedomOfMedian = 0.3

// SuccessiveDeviation is how much a series scatters about a level that may move now and then: the median of the absolute
// differences of neighbours, divided by √2·0.6745. A step in the level spoils one difference, and a median bears many; where
// more than half of the neighbours are equal it is 0 (after von Neumann, Kent, Bellinson & Hart 1941, with the median in place of the mean
// square).
//
// Special cases are: fewer than MinSuccessive values answer ErrUndefined. The values are finite.
func SuccessiveDeviation(values []float64) (Deviation, error) {
	if len(values) < MinSuccessive {
		return Deviation{}, undefined("the series is too short")
	}
	steps := make([]float64, len(values)-1)
	for i := range steps {
		steps[i] = math.Abs(values[i+1] - values[i])
	}
	slices.Sort(steps)
	return deviationWith(quantileOf(steps, 0.5)/medianDifference, freedomOfMedian*float64(len(steps))), nil
}

// SampleDeviation is the standard deviation of independent values, of which there are two at least.
func SampleDeviation(values []float64) Deviation {
	_, squares := moments(values)
	freedom := float64(len(values) - 1)
	return deviationWith(math.Sqrt(squares/freedom), freedom)
}

// deviationWith gives an estimate the interval of a normal sample's deviation: s√(ν/χ²).
func deviationWith(value, freedom float64) Deviation {
	chi := distuv.ChiSquared{K: freedom}
	return Deviation{value, value * math.Sqrt(freedom/chi.Quantile(1-oneSided)), value * math.Sqrt(freedom/chi.Quantile(oneSided))}
}

// oneSided is the level of each end of a 95 % interval.
const oneSided = 0.025
