package stat

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Critical values of the k-sample statistic: b₀ + b₁/√(k−1) + b₂/(k−1) at each level (Scholz & Stephens 1987, table 2, with
// the level 0.005 and 0.001 as in scipy.stats.anderson_ksamp).
var (
	andersonLevels = []float64{0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001}
	andersonB0     = []float64{0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085}
	andersonB1     = []float64{-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615}
	andersonB2     = []float64{-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154}
)

// AndersonDarling tests whether k samples, each sorted ascending and without NaN, come from one distribution: the k-sample
// Anderson-Darling test of Scholz & Stephens (1987), with midranks for ties.
//
// The statistic is (A² − (k−1))/σ. The p-value is that of scipy.stats.anderson_ksamp(samples, variant="midrank"): the logarithm
// of the level is a parabola through the critical values by least squares; it is never below 0.001 nor above 0.25, where the
// table ends, so 0.25 reads "0.25 or more".
//
// Special cases are: an empty sample, fewer than four values, or one distinct value answer ErrUndefined.
func AndersonDarling(samples ...[]float64) (TestResult, error) {
	var all, inverse float64 // N, and Σ 1/nᵢ
	for _, sample := range samples {
		if len(sample) == 0 {
			return TestResult{}, undefined("a sample has no values")
		}
		all += float64(len(sample))
		inverse += 1 / float64(len(sample))
	}
	if len(samples) < 2 || all < 4 {
		return TestResult{}, undefined("fewer than four values or two samples")
	}
	a2, distinct := andersonStatistic(samples, all)
	if distinct < 2 {
		return TestResult{}, undefined("all values are one")
	}
	k := float64(len(samples))
	statistic := (a2 - (k - 1)) / math.Sqrt(andersonVariance(k, all, inverse))
	return TestResult{Statistic: statistic, P: andersonP(statistic, k-1)}, nil
}

// andersonStatistic is A²_akN, equation 7 of Scholz & Stephens, and the number of distinct values.
func andersonStatistic(samples [][]float64, all float64) (a2 float64, distinct int) {
	before, beforeAll := make([]float64, len(samples)), 0.0
	sums := make([]float64, len(samples))
	for _, counts := range ties(samples...) {
		distinct++
		equal := 0.0
		for _, c := range counts {
			equal += float64(c)
		}
		middle := beforeAll + equal/2
		weight := equal / all / (middle*(all-middle) - all*equal/4)
		for i, c := range counts {
			m := before[i] + float64(c)/2
			sums[i] += weight * square(all*m-middle*float64(len(samples[i])))
			before[i] += float64(c)
		}
		beforeAll += equal
	}
	for i, sum := range sums {
		a2 += sum / float64(len(samples[i]))
	}
	return a2 * (all - 1) / all, distinct
}

// andersonVariance is σ² of A² for continuous distributions, equation 4 of Scholz & Stephens.
func andersonVariance(k, n, inverse float64) float64 {
	var h, g float64
	for i := 1.0; i < n-1; i++ { // h and g hold the sums over 1/(n−1) … 1/(n−i)
		h += 1 / (n - i)
		g += h / (i + 1)
	}
	h++
	a := (4*g-6)*(k-1) + (10-6*g)*inverse
	b := (2*g-4)*k*k + 8*h*k + (2*g-14*h-4)*inverse - 8*h + 4*g - 6
	c := (6*h+2*g-2)*k*k + (4*h-4*g+6)*k + (2*h-6)*inverse + 4*h
	d := (2*h+6)*k*k - 4*h*k
	return (a*n*n*n + b*n*n + c*n + d) / ((n - 1) * (n - 2) * (n - 3))
}

// andersonP interpolates the table at a statistic of m = k−1 degrees of freedom.
func andersonP(statistic, m float64) float64 {
	levels := len(andersonLevels)
	powers, logs := mat.NewDense(levels, 3, nil), mat.NewVecDense(levels, nil)
	critical := make([]float64, levels)
	for i, level := range andersonLevels {
		critical[i] = andersonB0[i] + andersonB1[i]/math.Sqrt(m) + andersonB2[i]/m
		powers.SetRow(i, []float64{1, critical[i], critical[i] * critical[i]})
		logs.SetVec(i, math.Log(level))
	}
	switch {
	case statistic < critical[0]:
		return andersonLevels[0]
	case statistic > critical[levels-1]:
		return andersonLevels[levels-1]
	}
	var parabola mat.VecDense
	if err := parabola.SolveVec(powers, logs); err != nil {
		panic("stat: the table of critical values has no parabola: " + err.Error()) // never: its values are distinct
	}
	return math.Exp(parabola.AtVec(0) + statistic*(parabola.AtVec(1)+statistic*parabola.AtVec(2)))
}
