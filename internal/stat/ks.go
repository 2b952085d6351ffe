package stat

import "math"

// maxExact is the size of the larger sample up to which the p-value is exact, as in scipy.stats.ks_2samp.
const maxExact = 10_000

// KSResult is a two-sided two-sample Kolmogorov-Smirnov test.
type KSResult struct {
	D float64 // largest difference of the two empirical distribution functions, in [0, 1]
	P float64
}

// KolmogorovSmirnov compares two samples, both sorted ascending and without NaN.
//
// D = max |F_x − F_y|. The p-value is that of scipy.stats.ks_2samp(x, y, method="auto"): exact where the larger sample has at
// most 10,000 values (the reflection formula of Gnedenko & Korolyuk 1951 for equal sizes, else a count of lattice paths after
// Hodges 1958), beyond that the one of the one-sample statistic of nm/(n+m) values, see KolmogorovSurvival. With ties it is
// conservative.
//
// Special cases are: an empty sample answers ErrUndefined.
func KolmogorovSmirnov(x, y []float64) (KSResult, error) {
	n, m := len(x), len(y)
	if n == 0 || m == 0 {
		return KSResult{}, undefined("a sample has no values")
	}
	return kolmogorovSmirnov(int64(n), int64(m), largestStep(x, y)), nil
}

// kolmogorovSmirnov is the test of n and m values, where steps is max |F_x − F_y| · n · m.
func kolmogorovSmirnov(n, m, steps int64) KSResult {
	n, m = max(n, m), min(n, m) // so that swapped samples give the same bits
	r := KSResult{D: float64(steps) / (float64(n) * float64(m))}
	switch {
	case n > maxExact:
		effective := float64(n) * float64(m) / float64(n+m)
		r.P = KolmogorovSurvival(int(math.RoundToEven(effective)), r.D)
	case steps == 0:
		r.P = 1
	case n == m:
		r.P = equalSizes(int(n), int(steps/n))
	default:
		r.P = unequalSizes(int(n), int(m), steps)
	}
	return r
}

// KolmogorovTest is the p-value of samples of n and m values whose D is d, rounded down to one that they can have.
func KolmogorovTest(n, m int64, d float64) float64 {
	return kolmogorovSmirnov(n, m, int64(d*float64(n)*float64(m))).P
}

// largestStep is max |F_x − F_y| · n · m, a whole number.
func largestStep(x, y []float64) int64 {
	n, m := int64(len(x)), int64(len(y))
	var i, j, largest int64
	for i < n && j < m {
		v := min(x[i], y[j])
		for i < n && x[i] == v {
			i++
		}
		for j < m && y[j] == v {
			j++
		}
		largest = max(largest, i*m-j*n, j*n-i*m)
	}
	return largest
}

// equalSizes is P(D ≥ h/n) for two samples of n values: 2 Σ_{k≥1} (−1)^{k−1} C(2n, n−kh) / C(2n, n), in Horner's form so that
// small probabilities keep their digits.
func equalSizes(n, h int) float64 {
	p := 0.0
	for k := n/h - 1; k >= 0; k-- {
		ratio := 1.0
		for j := range h {
			ratio *= float64(n-k*h-j) / float64(n+k*h+j+1)
		}
		p = ratio * (1 - p)
	}
	return clip(2 * p)
}

// unequalSizes is P(D ≥ steps/(nm)) for n > m. Of the lattice paths from (0, 0) to (n, m), one step for each value, it is the share
// that leave the band |i·m − j·n| < steps: outside(i, j) is 1 beyond the band, and within it the mean over the two steps that
// lead to (i, j), weighted by how many paths take each. All terms are positive, so nothing cancels.
func unequalSizes(n, m int, steps int64) float64 {
	d := float64(steps) / (float64(n) * float64(m))
	if vanishes(n, m, d) {
		return 0
	}
	row := make([]float64, m+1) // outside(i, ·)
	for i := range n + 1 {
		center := int64(i) * int64(m)
		low := max(0, floorDivide(center-steps, int64(n))+1)
		high := min(int64(m), -floorDivide(-center-steps, int64(n))-1)
		advance(row, i, int(low), int(high))
	}
	return clip(row[m])
}

// vanishes says that P(D ≥ d) is below the smallest float: at each of the n+m places it is at most 2·exp(−2·(nm/(n+m))·d²·n/(n+1))
// (Serfling 1974, sampling without replacement).
func vanishes(n, m int, d float64) bool {
	size, other := float64(n), float64(m)
	exponent := 2 * size * other / (size + other) * d * d * size / (size + 1)
	return exponent-math.Log(2*(size+other)) > 745
}

func floorDivide(a, b int64) int64 {
	if a < 0 && a%b != 0 {
		return a/b - 1
	}
	return a / b
}

// advance turns outside(i−1, ·) into outside(i, ·). Beyond the band, low to high, it is 1; the ends only ever move up.
func advance(row []float64, i, low, high int) {
	left := 1.0 // outside(i, low−1)
	for j := low; j <= high; j++ {
		switch {
		case i == 0:
			left = 0
		case j == 0:
			left = row[0]
		default:
			w := float64(j) / float64(i+j)
			left = left*w + row[j]*(1-w)
		}
		row[j] = left
	}
	if low > 0 {
		row[low-1] = 1
	}
	for j := high + 1; j < len(row) && row[j] != 1; j++ {
		row[j] = 1
	}
}

// WassersteinSorted is the first Wasserstein distance, ∫ |F_x − F_y|, in the unit of the values. Both samples are sorted ascending,
// not empty and finite.
func WassersteinSorted(x, y []float64) float64 {
	n, m := float64(len(x)), float64(len(y))
	area, last := 0.0, math.Min(x[0], y[0])
	for i, j := 0, 0; i < len(x) || j < len(y); {
		fromX := j == len(y) || i < len(x) && x[i] <= y[j]
		gap := math.Abs(float64(i)/n - float64(j)/m)
		var v float64
		if fromX {
			v = x[i]
			i++
		} else {
			v = y[j]
			j++
		}
		area += gap * (v - last)
		last = v
	}
	return area
}
