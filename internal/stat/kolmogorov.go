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

func durbinMatrix(size int, h float64) *mat.Dense {
	matrix := mat.NewDense(size, size, nil)
	scale := 1 / math.E // 1/(e·i!)
	for i := 1; i <= size; i++ {
		scale /= float64(i)
		for row := i - 1; row < size; row++ {
			if column := row - i + 1; column > 0 {
				matrix.Set(row, column, scale)
			}
		}
		for row := max(0, i-1); i < size && row+1 < size && row == i-1; row++ {
			matrix.Set(row, 0, scale*(1-math.Pow(h, float64(i))))
			matrix.Set(size-1, size-i, scale*(1-math.Pow(h, float64(i))))
		}
	}
	power := float64(size)
	corner := 1 - 2*math.Pow(h, power) + math.Pow(math.Max(0, 2*h-1), power)
	matrix.Set(size-1, 0, scale*corner)
	return matrix
}
