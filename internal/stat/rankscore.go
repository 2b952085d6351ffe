package stat

import "math"

// NDCG is the discounted gain of the first k rows in the order of their scores over that of the best order, gains being the relevances themselves
// and the discount of place i 1/log₂(i + 1); k < 1 means all rows. Rows of equal scores share the mean of their gains (McSherry & Najork
// 2008), as scikit-learn's ndcg_score has it. Where no row is relevant it is 0, as there.
func NDCG(relevance, score []float64, k int) float64 {
	if k < 1 || k > len(score) {
		k = len(score)
	}
	best := dcg(relevance, relevance, k)
	if best == 0 {
		return 0
	}
	return dcg(relevance, score, k) / best
}

func dcg(relevance, score []float64, k int) float64 {
	order := Descending(score)
	sum := 0.0
	for start := 0; start < k; {
		end, gain := start, 0.0
		for end < len(order) && score[order[end]] == score[order[start]] {
			gain += relevance[order[end]]
			end++
		}
		for place := start; place < min(end, k); place++ {
			sum += gain / float64(end-start) / math.Log2(float64(place)+2)
		}
		start = end
	}
	return sum
}

// ReciprocalRank is one over the place of the first relevant row in the order of the scores, 0 where none is relevant. Among
// equal scores the relevant row counts as the last: a model that scores all rows alike has ranked nothing.
func ReciprocalRank(relevance, score []float64) float64 {
	best := math.Inf(-1)
	for i, r := range relevance {
		if r > 0 {
			best = math.Max(best, score[i])
		}
	}
	if math.IsInf(best, -1) {
		return 0
	}
	before := 0
	for i, s := range score {
		if s > best || s == best && !(relevance[i] > 0) {
			before++
		}
	}
	return 1 / float64(before+1)
}
