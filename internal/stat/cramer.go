package stat

import "math"

// maxExactCramer is the size of the larger sample up to which the p-value is exact, as in scipy.stats.cramervonmises_2samp.
const maxExactCramer = 20

// CramerVonMises tests whether two samples, both sorted ascending and without NaN, come from one distribution.
//
// The statistic is T of Anderson (1962), On the Distribution of the Two-Sample Cramér-von Mises Criterion, equations 9 and 10,
// with midranks for ties. The p-value is that of scipy.stats.cramervonmises_2samp(x, y, method="auto"): exact where neither sample has more than 20 values
// (the recursion of Xiao, Gordon & Yakovlev 2006), else the limiting distribution at T moved and scaled to its mean and variance.
//
// Special cases are: a sample of fewer than two values answers ErrUndefined.
func CramerVonMises(x, y []float64) (TestResult, error) {
	if len(x) < 2 || len(y) < 2 {
		return TestResult{}, undefined("a sample has fewer than two values")
	}
	n, m := float64(len(x)), float64(len(y))
	u := rankDeviation(x, y)
	k, all := n*m, n+m
	t := u/(k*all) - (4*k-1)/(6*all)
	if max(len(x), len(y)) <= maxExactCramer {
		return TestResult{Statistic: t, P: cramerExact(u, len(x), len(y))}, nil
	}
	mean := (1 + 1/all) / 6
	variance := (all + 1) * (4*k*all - 3*(n*n+m*m) - 2*k) / (45 * all * all * 4 * k)
	return TestResult{Statistic: t, P: cramerSurvival(1.0/6 + (t-mean)/math.Sqrt(45*variance))}, nil
}

// rankDeviation is U of Anderson (1962), equation 10: n Σ (rank of xᵢ − i)² + m Σ (rank of yⱼ − j)².
func rankDeviation(x, y []float64) float64 {
	var before, sums [2]float64
	for _, counts := range ties(x, y) {
		midrank := before[0] + before[1] + float64(counts[0]+counts[1]+1)/2
		for i, c := range counts {
			for range c {
				before[i]++
				sums[i] += square(midrank - before[i])
			}
		}
	}
	return float64(len(x))*sums[0] + float64(len(y))*sums[1]
}

// tally is how many orders of two samples lead to a value of the criterion.
type tally struct {
	value  int64
	orders float64
}

// cramerExact is the share of the orders of n and m values whose criterion is at least that of u. The criterion ζ of an order is, on
// its lattice path, the sum of (a·v − b·u)² with a = lcm/n and b = lcm/m; a cell's tallies are those of its two neighbors.
func cramerExact(u float64, n, m int) float64 {
	common := lcm(n, m)
	a, b := int64(common/n), int64(common/m)
	nm, scale := float64(n*m), float64(common*common*(n+m))
	least := math.Floor(scale * (6*u - nm*(4*nm-1)) / (6 * nm * nm))
	column := make([][]tally, n+1) // over v, for one u
	for from := range m + 1 {
		for v := range n + 1 {
			var left []tally
			if v > 0 {
				left = column[v-1]
			}
			if from == 0 && v == 0 {
				left = []tally{{0, 1}}
			}
			column[v] = join(left, column[v], square64(a*int64(v)-b*int64(from)))
		}
	}
	var all, extreme float64
	for _, t := range column[n] {
		all += t.orders
		if float64(t.value) >= least {
			extreme += t.orders
		}
	}
	return extreme / all
}

func square64(v int64) int64 { return v * v }

func lcm(n, m int) int {
	a, b := n, m
	for b != 0 {
		a, b = b, a%b
	}
	return n / a * m
}

// join merges two tallies in the order of their values, and moves all values by step.
func join(x, y []tally, step int64) []tally {
	joined := make([]tally, 0, len(x)+len(y))
	for len(x) > 0 || len(y) > 0 {
		var t tally
		switch {
		case len(y) == 0 || len(x) > 0 && x[0].value < y[0].value:
			t, x = x[0], x[1:]
		case len(x) == 0 || y[0].value < x[0].value:
			t, y = y[0], y[1:]
		default:
			t, x, y = tally{x[0].value, x[0].orders + y[0].orders}, x[1:], y[1:]
		}
		t.value += step
		joined = append(joined, t)
	}
	return joined
}

// cramerSurvival is P(ω² > x) of the limiting distribution, whose P(ω² ≤ x) is a sum over k of Γ(k+½)/(π^{3/2} k! √x)·√(4k+1)·e^{−q}·K_{¼}(q)
// with q = (4k+1)²/(16x) (Csörgő & Faraway 1996, equation 1.3). Like SciPy's it ends with the first term below 1e-7, and is 1 below 0.003.
func cramerSurvival(x float64) float64 {
	if x < 0.003 {
		return 1
	}
	sum, term := 0.0, math.Inf(1)
	for k := 0.0; term >= 1e-7; k++ {
		upper, _ := math.Lgamma(k + 0.5)
		lower, _ := math.Lgamma(k + 1)
		y := 4*k + 1
		term = math.Exp(upper-lower) / (math.Pow(math.Pi, 1.5) * math.Sqrt(x)) * math.Sqrt(y) * besselQuarter(y*y/(16*x))
		sum += term
	}
	return clip(1 - sum)
}

// besselQuarter is e^{−q}·K_{¼}(q) = ∫₀^∞ e^{−q(1 + cosh t)} cosh(t/4) dt, K the modified Bessel function of the second kind. The
// integrand is even, smooth and falls double exponentially, so the trapezoidal rule is exact to rounding.
func besselQuarter(q float64) float64 {
	const step = 1.0 / 16
	sum := math.Exp(-2*q) / 2
	for t := step; ; t += step {
		exponent := q * (1 + math.Cosh(t))
		if exponent > 745 { // e^{−745} is the smallest float
			return sum * step
		}
		sum += math.Exp(-exponent) * math.Cosh(t/4)
	}
}
