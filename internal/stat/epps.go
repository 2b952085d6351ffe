package stat

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// eppsPoints are where the characteristic functions are compared, in units of half the interquartile range (Epps & Singleton 1986).
var eppsPoints = []float64{0.4, 0.8}

// EppsSingleton tests whether two samples, both sorted ascending and finite, have one characteristic function (Epps & Singleton 1986; Goerg &
// Kaiser 2009), as scipy.stats.epps_singleton_2samp: unlike Kolmogorov-Smirnov it is made for discrete data too. The degrees of freedom
// are the rank of the covariance, four unless it is degenerate; below 25 values a side the statistic is corrected for small samples.
//
// Special cases are: a sample of fewer than five values, or a pooled interquartile range of 0, answers ErrUndefined.
func EppsSingleton(x, y []float64) (TestResult, error) {
	if len(x) < 5 || len(y) < 5 {
		return TestResult{}, undefined("a sample has fewer than five values")
	}
	pooled := mergeSorted(x, y)
	sigma := (quantileSorted(pooled, 0.75) - quantileSorted(pooled, 0.25)) / 2
	if !(sigma > 0) {
		return TestResult{}, undefined("the middle half of the values are one")
	}
	n, m := float64(len(x)), float64(len(y))
	meanX, covarianceX := characteristic(x, sigma)
	meanY, covarianceY := characteristic(y, sigma)
	size := 2 * len(eppsPoints)
	covariance := mat.NewSymDense(size, nil)
	for i := range size {
		for j := i; j < size; j++ {
			covariance.SetSym(i, j, (n+m)/n*covarianceX.At(i, j)+(n+m)/m*covarianceY.At(i, j))
		}
	}
	meanX.SubVec(meanX, meanY)
	form, rank := inverseForm(covariance, meanX)
	r := TestResult{Statistic: (n + m) * form, Freedom: rank}
	if max(len(x), len(y)) < 25 {
		r.Statistic /= 1 + math.Pow(n+m, -0.45) + 10.1*(math.Pow(n, -1.7)+math.Pow(m, -1.7))
	}
	r.P = chiSquareSurvival(r.Statistic, rank)
	return r, nil
}

// characteristic is the mean of the cosines and sines of the sample at the points, and their covariance with divisor n.
func characteristic(sample []float64, sigma float64) (*mat.VecDense, *mat.SymDense) {
	points := len(eppsPoints)
	values := make([]float64, 2*points)
	waves := func(v float64) []float64 {
		for i, t := range eppsPoints {
			values[points+i], values[i] = math.Sincos(t / sigma * v)
		}
		return values
	}
	n := float64(len(sample))
	mean := mat.NewVecDense(2*points, nil)
	for _, v := range sample {
		mean.AddScaledVec(mean, 1/n, mat.NewVecDense(2*points, waves(v)))
	}
	covariance := mat.NewSymDense(2*points, nil)
	deviation := mat.NewVecDense(2*points, nil)
	for _, v := range sample {
		deviation.SubVec(mat.NewVecDense(2*points, waves(v)), mean)
		covariance.SymRankOne(covariance, 1/n, deviation)
	}
	return mean, covariance
}

// inverseForm is vᵀ C⁺ v and the rank of C, C⁺ being the pseudo-inverse: directions whose variance is below 1e-15 of the largest
// do not count.
func inverseForm(c *mat.SymDense, v *mat.VecDense) (form float64, rank int) {
	var eigen mat.EigenSym
	if !eigen.Factorize(c, true) {
		panic("stat: the covariance holds a NaN") // never: its values are means of products of cosines and sines
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil) // ascending
	for i, variance := range values {
		if variance > 1e-15*values[len(values)-1] {
			form += square(mat.Dot(vectors.ColView(i), v)) / variance
			rank++
		}
	}
	return form, rank
}

// mergeSorted is all values of two sorted samples, sorted.
func mergeSorted(x, y []float64) []float64 {
	merged := make([]float64, 0, len(x)+len(y))
	for v, counts := range ties(x, y) {
		for range counts[0] + counts[1] {
			merged = append(merged, v)
		}
	}
	return merged
}

// quantileSorted is the quantile of a sorted sample with linear interpolation between order statistics (type 7 of Hyndman & Fan 1996).
func quantileSorted(sorted []float64, share float64) float64 {
	place := share * float64(len(sorted)-1)
	below := int(place)
	if below == len(sorted)-1 {
		return sorted[below]
	}
	return sorted[below] + (place-float64(below))*(sorted[below+1]-sorted[below])
}
