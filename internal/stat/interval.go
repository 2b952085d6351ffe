package stat

import "math"

// Pairs are paired yes-or-no answers of two models about the same rows: both right, only the first, only the second, neither.
type Pairs struct{ Both, First, Second, Neither int64 }

// Total is the number of rows.
func (p Pairs) Total() int64 { return p.Both + p.First + p.Second + p.Neither }

// Difference is the share that the second is right about, less that of the first.
func (p Pairs) Difference() float64 { return float64(p.Second-p.First) / float64(p.Total()) }

// Discordance is the share of rows that one model alone is right about.
func (p Pairs) Discordance() float64 { return float64(p.Second+p.First) / float64(p.Total()) }

// Wilson is the score interval of a proportion of n rows whose ends lie z standard errors away (Wilson 1927).
func Wilson(hits, n int64, z float64) (low, high float64) {
	p, size := float64(hits)/float64(n), float64(n)
	center, scale := p+z*z/(2*size), 1+z*z/size
	half := z * math.Sqrt(p*(1-p)/size+square(z/(2*size)))
	return clip((center - half) / scale), clip((center + half) / scale)
}

// Newcombe is the interval of Difference, z standard errors to each side, that joins the Wilson intervals of both shares by their correlation φ, whose
// numerator is corrected for continuity where it is positive (Newcombe 1998, Improved confidence intervals for the difference
// between binomial proportions based on paired data, method 10).
//
// Special cases are: no rows give [−1, 1].
func (p Pairs) Newcombe(z float64) (low, high float64) {
	n := p.Total()
	if n == 0 {
		return -1, 1
	}
	first, second := p.Both+p.First, p.Both+p.Second
	l1, u1 := Wilson(first, n, z)
	l2, u2 := Wilson(second, n, z)
	p1, p2, phi := float64(first)/float64(n), float64(second)/float64(n), p.phi()
	d := p.Difference()
	join := func(a, b float64) float64 { return math.Sqrt(math.Max(0, a*a-2*phi*a*b+b*b)) }
	return d - join(p2-l2, u1-p1), d + join(u2-p2, p1-l1)
}

// phi is the correlation of both answers, 0 where one of them does not vary.
func (p Pairs) phi() float64 {
	a, b, c, d := float64(p.Both), float64(p.First), float64(p.Second), float64(p.Neither)
	margins := (a + b) * (c + d) * (a + c) * (b + d)
	if margins == 0 {
		return 0
	}
	numerator := a*d - b*c
	if numerator > 0 {
		numerator = math.Max(0, numerator-float64(p.Total())/2)
	}
	return numerator / math.Sqrt(margins)
}

// Tango is the score interval of Difference: the values δ that lie no more than z standard errors from it, where the error is that of the most likely table with this δ (Tango 1998, Equivalence test and confidence interval for the difference
// in proportions for the paired-sample design).
//
// Special cases are: no rows give [−1, 1].
func (p Pairs) Tango(z float64) (low, high float64) {
	n, b, c := float64(p.Total()), float64(p.Second), float64(p.First)
	if n == 0 {
		return -1, 1
	}
	excess := func(delta float64) float64 {
		return math.Abs(b-c-n*delta) - z*math.Sqrt(n*tangoVariance(n, b, c, delta))
	}
	d := p.Difference()
	return root(excess, d, -1), root(excess, d, 1)
}

// tangoVariance is the variance of one row's difference under δ: q + δ + q − δ², with q the most likely share of rows that only the first is
// right about.
func tangoVariance(n, b, c, delta float64) float64 {
	linear := -b - c + (2*n-b+c)*delta
	q := (math.Sqrt(math.Max(0, linear*linear+8*n*c*delta*(1-delta))) - linear) / (4 * n)
	return math.Max(0, 2*q+delta*(1-delta))
}

// Ends is an interval of a quantity whose ends lie z standard normal deviates to each side, such as 1.96 for 95 %.
type Ends func(z float64) (low, high float64)

// AtMost is the one-sided p-value that the quantity is no more than limit: the level at which an end of its interval meets it.
func (e Ends) AtMost(limit float64) float64 { return 1 - e.AtLeast(limit) }

// AtLeast is the one-sided p-value that the quantity is no less than limit.
func (e Ends) AtLeast(limit float64) float64 {
	const widest = 38 // the probability beyond it is 0 in float64
	if middle, _ := e(0); limit < middle {
		z := root(func(z float64) float64 { low, _ := e(z); return limit - low }, 0, widest)
		return math.Erfc(-z/math.Sqrt2) / 2
	}
	z := root(func(z float64) float64 { _, high := e(z); return high - limit }, 0, widest)
	return math.Erfc(z/math.Sqrt2) / 2
}
