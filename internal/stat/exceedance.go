package stat

import "math"

// Exceedance is the probability that at least k of the m values of one sample lie above all n of another where both come from one
// distribution: Π_{i<k} (m−i)/(n+m−i), the chance that the k largest of all are among the m (Rosenbaum 1954). Ties make it
// conservative. n and m are positive and 0 ≤ k ≤ m.
func Exceedance(k, n, m int64) float64 {
	p := 1.0
	for i := int64(0); i < k && p > 0; i++ {
		p *= float64(m-i) / float64(n+m-i)
	}
	return p
}

// UnseenRows bounds the probability that so many rows of y stand in categories that x does not have, given how often each
// category stands in both together, where both samples come from one distribution.
//
// A category with t rows in all is missing from x with probability q = Π_{i<t} (m−i)/(n+m−i), and then brings t rows. These
// events hinder each other, so Chernoff's bound for independent ones holds: P(S ≥ s) ≤ min_θ e^{−θs} Π (1 + q(e^{θt} − 1)).
//
// It is 1 where no row is unseen. Neither sample is empty.
func UnseenRows(x, y []int64) float64 {
	n, m := int64(total(x)), int64(total(y))
	var unseen float64
	sizes := map[int64]float64{} // how many categories have a size
	for i := range x {
		if t := x[i] + y[i]; t > 0 {
			sizes[t]++
		}
		if x[i] == 0 {
			unseen += float64(y[i])
		}
	}
	if unseen == 0 {
		return 1
	}
	missing := missingBySize(sizes, n, m)
	bound := func(theta float64) float64 { // its logarithm
		sum := -theta * unseen
		for t, q := range missing {
			sum += sizes[t] * softened(q, theta*float64(t))
		}
		return sum
	}
	return clip(math.Exp(least(bound)))
}

// missingBySize is the probability that a category of each size is missing from a sample of n rows of n+m.
func missingBySize(sizes map[int64]float64, n, m int64) map[int64]float64 {
	missing := make(map[int64]float64, len(sizes))
	for t := range sizes {
		if t <= m {
			missing[t] = Exceedance(t, n, m)
		}
	}
	return missing
}

// softened is ln(1 + q(eˣ − 1)) without overflow.
func softened(q, x float64) float64 {
	if q == 0 {
		return 0
	}
	if x < 30 {
		return math.Log1p(q * math.Expm1(x))
	}
	return math.Log(q) + x + math.Log1p((1-q)/q*math.Exp(-x))
}

// least is the minimum over θ ≥ 0 of a convex function that is 0 at 0, or close above it: each value of θ gives a valid bound.
func least(bound func(float64) float64) float64 {
	high := 1e-6
	for bound(2*high) < bound(high) && high < 1e6 {
		high *= 2
	}
	low := 0.0
	high *= 2
	for range 100 {
		a, b := low+(high-low)/3, high-(high-low)/3
		if bound(a) < bound(b) {
			high = b
		} else {
			low = a
		}
	}
	return math.Min(0, bound((low+high)/2))
}
