package stat

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// TTest is a two-sided test of equal means.
type TTest struct {
	T, P    float64
	Freedom float64 // degrees of freedom
}

// StudentT tests two samples of equal variance for equal means (Student 1908), as scipy.stats.ttest_ind(x, y).
//
// Special cases are: an empty sample, or two values in all, answer ErrUndefined, and so do two equal constants; two
// different constants have T = ±Inf and p = 0.
func StudentT(x, y []float64) (TTest, error) {
	n, m := float64(len(x)), float64(len(y))
	if n == 0 || m == 0 || n+m <= 2 {
		return TTest{}, undefined("fewer than three values")
	}
	meanX, squaresX := moments(x)
	meanY, squaresY := moments(y)
	df := n + m - 2
	return tTest(meanX-meanY, (squaresX+squaresY)/df*(1/n+1/m), df)
}

// WelchT tests two samples for equal means without assuming equal variances (Welch 1947), as scipy.stats.ttest_ind(x, y,
// equal_var=False).
//
// Special cases are: a sample of fewer than two values answers ErrUndefined; constants are as in StudentT.
func WelchT(x, y []float64) (TTest, error) {
	n, m := float64(len(x)), float64(len(y))
	if n < 2 || m < 2 {
		return TTest{}, undefined("a sample has fewer than two values")
	}
	meanX, squaresX := moments(x)
	meanY, squaresY := moments(y)
	a, b := squaresX/(n-1)/n, squaresY/(m-1)/m
	df := 1.0 // two constants
	if a+b > 0 {
		df = square(a+b) / (a*a/(n-1) + b*b/(m-1))
	}
	return tTest(meanX-meanY, a+b, df)
}

// tTest is the test of a difference of means with the variance of that difference.
func tTest(difference, variance, df float64) (TTest, error) {
	if variance == 0 && difference == 0 {
		return TTest{}, undefined("both samples are one constant")
	}
	r := TTest{T: difference / math.Sqrt(variance), Freedom: df}
	if !math.IsInf(r.T, 0) {
		r.P = mathext.RegIncBeta(df/2, 0.5, df/(df+r.T*r.T))
	}
	return r, nil
}

// moments are the mean of a sample and the sum of the squared deviations from it.
func moments(values []float64) (mean, squares float64) {
	mean = add(values) / float64(len(values))
	for _, v := range values {
		squares += square(v - mean)
	}
	return mean, squares
}
