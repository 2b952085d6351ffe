package stat

import (
	"cmp"
	"slices"
)

// BenjaminiHochberg adjusts p-values so that holding them against α keeps the expected share of false alarms among all alarms
// at α (Benjamini & Hochberg 1995): min over j ≥ i of p₍ⱼ₎ · k/j. The result stands in the order of p. Precondition: no NaN.
func BenjaminiHochberg(p []float64) []float64 {
	order := ascending(p)
	adjusted := make([]float64, len(p))
	least := 1.0
	for rank := len(order); rank > 0; rank-- {
		i := order[rank-1]
		least = min(least, p[i]*float64(len(p))/float64(rank))
		adjusted[i] = least
	}
	return adjusted
}

// Holm adjusts p-values so that holding them against α keeps the probability of any false alarm at α (Holm 1979): max over
// j ≤ i of (k − j + 1) · p₍ⱼ₎. The result stands in the order of p. Precondition: no NaN.
func Holm(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	most := 0.0
	for rank, i := range ascending(p) {
		most = max(most, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = most
	}
	return adjusted
}

// ascending is the indices of p by value.
func ascending(p []float64) []int {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	return order
}
