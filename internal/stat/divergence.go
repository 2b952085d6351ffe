package stat

import "math"

// KullbackLeibler is Σ p ln(p/q) in nats, as scipy.stats.entropy(p, q). Both are weights of the same categories, none negative,
// which are divided by their sum; neither sum is 0. It is +Inf where q lacks what p has.
func KullbackLeibler(p, q []float64) float64 {
	sumP, sumQ := add(p), add(q)
	sum := 0.0
	for i := range p {
		sum += relativeEntropy(p[i]/sumP, q[i]/sumQ)
	}
	return sum
}

// JensenShannon is the distance √(½ KL(p‖m) + ½ KL(q‖m)), m = (p + q)/2, with natural logarithms, so at most √ln 2; as
// scipy.spatial.distance.jensenshannon (Endres & Schindelin 2003). The arguments are as for KullbackLeibler.
func JensenShannon(p, q []float64) float64 {
	sumP, sumQ := add(p), add(q)
	sum := 0.0
	for i := range p {
		a, b := p[i]/sumP, q[i]/sumQ
		middle := (a + b) / 2
		sum += relativeEntropy(a, middle) + relativeEntropy(b, middle)
	}
	return math.Sqrt(math.Max(0, sum/2))
}

// Hellinger is the distance √(1 − Σ √(pq)), in [0, 1]. The arguments are as for KullbackLeibler. The difference from 1 keeps only half of
// the digits: two that are equal may be 1e-8 apart.
func Hellinger(p, q []float64) float64 {
	sumP, sumQ := add(p), add(q)
	overlap := 0.0
	for i := range p {
		overlap += math.Sqrt(p[i] / sumP * (q[i] / sumQ))
	}
	return math.Sqrt(1 - clip(overlap))
}

// relativeEntropy is p ln(p/q): 0 for p = 0.
func relativeEntropy(p, q float64) float64 {
	if p == 0 {
		return 0
	}
	return p * math.Log(p/q)
}

func add(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum
}
