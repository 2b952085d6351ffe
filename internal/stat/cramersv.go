package stat

import "math"

// CramersV is the association of category and sample, in [0, 1], corrected for its bias (Bergsma 2013, A Bias-Correction for Cramér's V
// and Tschuprow's T): with φ² = χ²/N of a 2 × K table, √(max(0, φ² − (K−1)/(N−1)) / min(K̃−1, r̃−1)), where K̃ = K − (K−1)²/(N−1)
// and r̃ = 2 − 1/(N−1). Two samples of one distribution have about 0, whatever K.
//
// Special cases are: categories empty in both samples do not count; one category alone has 0; an empty sample, or fewer than three
// rows, answers ErrUndefined.
func CramersV(x, y []int64) (float64, error) {
	all := total(x) + total(y)
	test, err := ChiSquareHomogeneity(x, y)
	if err != nil {
		return 0, err
	}
	if all < 3 {
		return 0, undefined("fewer than three rows")
	}
	df := float64(test.Freedom)
	if df == 0 {
		return 0, nil
	}
	excess := math.Max(0, test.Statistic/all-df/(all-1))
	smaller := math.Min(df-df*df/(all-1), 1-1/(all-1))
	if smaller <= 0 { // about as many categories as rows
		return 0, undefined("as many categories as rows")
	}
	return clip(math.Sqrt(excess / smaller)), nil
}
