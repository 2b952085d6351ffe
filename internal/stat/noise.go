package stat

import "math"

// The noise of an effect is what it comes to where nothing drifted, for the sizes at hand: n and m values.

// KolmogorovNoise is the D that two samples of one continuous distribution exceed with probability level:
// √(−ln(level/2)/2)·√(1/n + 1/m), Smirnov's limit; 1.358·√(1/n + 1/m) at 0.05.
func KolmogorovNoise(n, m int64, level float64) float64 {
	return math.Sqrt(-math.Log(level/2) / 2 * f(n, m))
}

// TotalVariationNoise is the expected TotalVariation of two samples of one distribution: ½ Σ E|difference of the shares|, each
// difference normal with variance p(1−p)(1/n + 1/m), p the pooled share. Neither sample is empty.
func TotalVariationNoise(x, y []int64) float64 {
	n, m := total(x), total(y)
	sum := 0.0
	for i := range x {
		p := float64(x[i]+y[i]) / (n + m)
		sum += math.Sqrt(p * (1 - p))
	}
	return sum * math.Sqrt((1/n+1/m)/(2*math.Pi))
}

// PSINoise is the expected PSI of two samples of one distribution over k bins: (k−1)·(1/n + 1/m), from the limiting χ².
func PSINoise(n, m int64, k int) float64 { return float64(k-1) * f(n, m) }

// JensenShannonNoise is the Jensen-Shannon distance to be expected of two samples of one distribution over k bins:
// √((k−1)·(1/n + 1/m)/8), since eight times its square goes to the same χ² as PSI.
func JensenShannonNoise(n, m int64, k int) float64 { return math.Sqrt(PSINoise(n, m, k) / 8) }

// WassersteinNoise is the first Wasserstein distance to be expected of two samples of one normal distribution, in standard deviations:
// √(2/π)·∫ √(Φ(1−Φ)) dx·√(1/n + 1/m) = 1.2884·√(1/n + 1/m). Heavier tails have more.
func WassersteinNoise(n, m int64) float64 { return 1.2884 * math.Sqrt(f(n, m)) }

// WithoutNoise is a distance without what noise adds to it, where squares add: √(max(0, distance² − noise²)). The squares of
// Jensen-Shannon and energy distances do.
func WithoutNoise(distance, noise float64) float64 {
	return math.Sqrt(math.Max(0, square(distance)-square(noise)))
}

// TotalVariationWithoutNoise is a total variation without what noise adds to it, as if every category moved by the same number
// δ of its standard deviations: the observed one is the noise times g(δ) = E|Z + δ|/E|Z| = e^{−δ²/2} + δ√(π/2)·erf(δ/√2), of a folded
// normal variable, and the true one the noise times δ√(π/2). It is 0 within the noise.
func TotalVariationWithoutNoise(observed, noise float64) float64 {
	if observed <= noise {
		return 0
	}
	if noise == 0 {
		return observed
	}
	ratio := observed / noise
	low, high := 0.0, ratio
	for range 60 {
		delta := (low + high) / 2
		if math.Exp(-delta*delta/2)+delta*math.Sqrt(math.Pi/2)*math.Erf(delta/math.Sqrt2) < ratio {
			low = delta
		} else {
			high = delta
		}
	}
	return noise * high * math.Sqrt(math.Pi/2)
}

// ProportionNoise is the expected absolute difference of two observed shares whose true value is p: √(2p(1−p)(1/n + 1/m)/π).
func ProportionNoise(n, m int64, p float64) float64 {
	return math.Sqrt(2 * p * (1 - p) * f(n, m) / math.Pi)
}
