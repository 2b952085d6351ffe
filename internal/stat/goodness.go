package stat

import "math"

// ChiSquareGoodness tests whether counts follow the expected ones, which are taken as exact: Pearson's Σ (O − E)²/E with K − 1 degrees
// of freedom, as scipy.stats.chisquare. To compare two samples, see ChiSquareHomogeneity: with the other sample as the expectation
// this test raises far more false alarms than its level says.
//
// Special cases are: an expected 0 gives +Inf and p = 0 where something was observed; one category has p = 1; no category,
// 0 against 0, or totals that differ by more than 1.5e-8 of the smaller one answer ErrUndefined.
func ChiSquareGoodness(observed []int64, expected []float64) (TestResult, error) {
	return goodness(observed, expected, func(o, e float64) float64 { return square(o-e) / e })
}

// GTest is ChiSquareGoodness with the likelihood ratio 2 Σ O ln(O/E) in place of Pearson's statistic, as
// scipy.stats.power_divergence(lambda_="log-likelihood").
func GTest(observed []int64, expected []float64) (TestResult, error) {
	return goodness(observed, expected, func(o, e float64) float64 { return 2 * relativeEntropy(o, e) })
}

func goodness(observed []int64, expected []float64, term func(o, e float64) float64) (TestResult, error) {
	if len(observed) == 0 {
		return TestResult{}, undefined("there is no category")
	}
	have, want := total(observed), add(expected)
	if !(math.Abs(have-want) <= 1.5e-8*math.Min(have, want)) {
		return TestResult{}, undefined("the expected counts have another total than the observed ones")
	}
	r := TestResult{P: 1, Freedom: len(observed) - 1}
	for i, o := range observed {
		if o == 0 && expected[i] == 0 {
			return TestResult{}, undefined("a category has no rows and none are expected")
		}
		r.Statistic += term(float64(o), expected[i])
	}
	switch {
	case math.IsInf(r.Statistic, 1):
		r.P = 0
	case r.Freedom > 0 && r.Statistic > 0:
		r.P = chiSquareSurvival(r.Statistic, r.Freedom)
	}
	return r, nil
}
