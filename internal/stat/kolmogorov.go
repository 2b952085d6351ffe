package stat

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// KolmogorovSurvival is P(D_n ≥ d) of the two-sided one-sample Kolmogorov-Smirnov statistic of n values, within 1e-9 of
// scipy.stats.kstwo(n).sf(d), and with eight digits or more where it is small.
//
// It chooses among exact and near-exact forms by the regions of Simard & L'Ecuyer (2011), Computing the Two-Sided
// Kolmogorov-Smirnov Distribution: Ruben & Gambino at the ends, Durbin's matrix for small n and d, Pelz & Good in the middle,
// twice Smirnov's one-sided probability in the tail. Where their regions ask for a large matrix, to give a tiny P(D_n < d) its digits,
// this survival needs none and takes Pelz & Good (at most 3e-10 away: measured).
//
// Special cases are: 1 for d ≤ 1/(2n), 0 for d ≥ 1. It panics for n < 1 and for NaN.
func KolmogorovSurvival(n int, d float64) float64 {
	if n < 1 || d != d {
		panic("stat: Kolmogorov's distribution of no values, or at NaN")
	}
	size := float64(n)
	t, z := size*d, math.Sqrt(size)*d
	switch {
	case t <= 0.5:
		return 1
	case d >= 1:
		return 0
	case t <= 1:
		return clip(1 - math.Exp(logFactorialRatio(size)+size*math.Log(2*t-1)-size))
	case t >= size-1:
		return clip(2 * math.Pow(1-d, size))
	case d >= 0.5, n <= 140 && z > 2, n > 140 && z*z >= 2.2:
		return clip(2 * smirnov(n, d))
	case n <= 140, n <= 3000 && size*math.Pow(d, 1.5) <= 1.4 && z > 0.21:
		return clip(1 - durbin(n, d))
	default:
		return clip(1 - pelzGood(size, d))
	}
}

// smirnov is P(D_n⁺ ≥ d), the one-sided probability: Σ_{j=0}^{⌊n(1−d)⌋} C(n, j) (d/p) p^j (1−p)^{n−j} with p = d + j/n (Birnbaum & Tingey 1951).
// The terms are a smooth bump that dies off before both ends, so for large n every s-th term, times s, gives the same sum to
// the last digits: the error of such a sum falls like exp(−√(4π·terms)) or faster.
func smirnov(n int, d float64) float64 {
	const terms = 1024
	size, stride := float64(n), 1+n/terms
	sum := math.Pow(1-d, size) / float64(stride) // the term of j = 0 stands alone
	for j := stride; float64(j) < size*(1-d); j += stride {
		p := d + float64(j)/size
		sum += d / p * binomial(float64(j), size, p, 1-d-float64(j)/size)
	}
	return sum * float64(stride)
}

// binomial is C(n, j) p^j q^{n−j} for 0 < j < n, in Loader's form (2000, Fast and Accurate Computation of Binomial
// Probabilities), whose parts stay small.
func binomial(j, n, p, q float64) float64 {
	exponent := stirlingError(n) - stirlingError(j) - stirlingError(n-j) - deviance(j, n*p) - deviance(n-j, n*q)
	return math.Exp(exponent) * math.Sqrt(n/(2*math.Pi*j*(n-j)))
}

// deviance is k·log(k/mean) + mean − k.
func deviance(k, mean float64) float64 {
	r := (mean - k) / k
	return k * (r - math.Log1p(r))
}

// stirlingError is log n! less Stirling's (n+½)·log n − n + ½·log 2π.
func stirlingError(n float64) float64 {
	if n < 16 {
		lg, _ := math.Lgamma(n + 1)
		return lg - (n+0.5)*math.Log(n) + n - 0.5*math.Log(2*math.Pi)
	}
	s := n * n
	return (1.0/12 - (1.0/360-(1.0/1260-(1.0/1680-1.0/1188/s)/s)/s)/s) / n
}

// logFactorialRatio is log(n!·eⁿ/nⁿ).
func logFactorialRatio(n float64) float64 {
	return 0.5*math.Log(2*math.Pi*n) + stirlingError(n)
}

// durbin is P(D_n < d), exactly: with d = (k−h)/n, the middle element of n!/nⁿ·Hⁿ (Marsaglia, Tsang & Wang 2003, Evaluating
// Kolmogorov's Distribution). H is divided by e, so that neither the power nor n!·eⁿ/nⁿ leaves the range of floats.
func durbin(n int, d float64) float64 {
	t := float64(n) * d
	k := int(math.Ceil(t))
	var power mat.Dense
	power.Pow(durbinMatrix(2*k-1, float64(k)-t), n)
	return power.At(k-1, k-1) * math.Exp(logFactorialRatio(float64(n)))
}

// durbinMatrix is H/e: 1/(i−j+1)! on and below the first superdiagonal, less what h cuts off its first column and last row.
func durbinMatrix(size int, h float64) *mat.Dense {
	inverse := make([]float64, size+1) // 1/(e·i!)
	inverse[0] = 1 / math.E
	for i := 1; i <= size; i++ {
		inverse[i] = inverse[i-1] / float64(i)
	}
	matrix := mat.NewDense(size, size, nil)
	for i := range size {
		for j := range min(i+2, size) {
			matrix.Set(i, j, inverse[i-j+1])
		}
	}
	for i := range size {
		cut := math.Pow(h, float64(i+1)) * inverse[i+1]
		matrix.Set(i, 0, matrix.At(i, 0)-cut)
		matrix.Set(size-1, size-1-i, matrix.At(size-1, size-1-i)-cut)
	}
	back := math.Pow(math.Max(0, 2*h-1), float64(size)) * inverse[size]
	matrix.Set(size-1, 0, matrix.At(size-1, 0)+back)
	return matrix
}

// pelzGood is P(D_n < d) ≈ K₀(z) + K₁(z)/√n + K₂(z)/n + K₃(z)/n^{3/2}, z = d√n (Pelz & Good 1976, in the form of Simard & L'Ecuyer,
// equations 8 to 11), for z ≤ 1.5: there the sums over k are done after eight terms.
func pelzGood(n, d float64) float64 {
	z2 := n * d * d
	z4, z6 := z2*z2, z2*z2*z2
	var k0, k1, k2, k3 float64
	for k := 0.5; k < 8; k++ { // the terms of −k are those of k
		a := math.Pi * math.Pi * k * k
		e := math.Exp(-a / (2 * z2))
		k0 += e
		k1 += e * (a - z2)
		k2 += e * (6*z6 + 2*z4 + a*(2*z4-5*z2) + a*a*(1-2*z2))
		k3 += e * (a*a*a*(5-30*z2) + a*a*(212*z4-60*z2) + a*(135*z4-96*z6) - 30*z6 - 90*z4*z4)
	}
	var whole2, whole3 float64
	for k := 1.0; k < 8; k++ {
		a := math.Pi * math.Pi * k * k
		e := math.Exp(-a / (2 * z2))
		whole2 += e * a
		whole3 += e * a * (3*z2 - a)
	}
	z := math.Sqrt(z2)
	k2 = k2/(72*z6*z) - whole2/(36*z2*z)
	k3 = k3/(6480*z6*z4) + whole3/(216*z6)
	return math.Sqrt(2*math.Pi) * (k0/z + k1/(6*z4)/math.Sqrt(n) + k2/n + k3/(n*math.Sqrt(n)))
}
