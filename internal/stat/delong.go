package stat

import (
	"math"
	"slices"
)

// AUCs is the comparison of two scores of the same rows by their areas under the ROC curve.
type AUCs struct {
	First, Second float64
	Error         float64 // standard error of Second − First
}

// Ends is the interval of Second − First.
func (a AUCs) Ends(z float64) (low, high float64) {
	d := a.Second - a.First
	return d - z*a.Error, d + z*a.Error
}

// DeLong compares two AUCs by the covariance of their placements (DeLong, DeLong & Clarke-Pearson 1988), which mean ranks give in
// O(N log N) (Sun & Xu 2014). Ties count half. Precondition: no NaN, one length.
//
// Special cases are: a class with fewer than two rows is ErrUndefined, since its variance is not known.
func DeLong(positive []bool, first, second []float64) (AUCs, error) {
	up, down := placements(positive, first)
	upSecond, downSecond := placements(positive, second)
	if len(up) < 2 || len(down) < 2 {
		return AUCs{}, undefined("the error of an AUC takes two rows of each class")
	}
	r := AUCs{First: meanOf(up), Second: meanOf(upSecond)}
	variance := varianceOfDifference(upSecond, up)/float64(len(up)) + varianceOfDifference(downSecond, down)/float64(len(down))
	r.Error = math.Sqrt(math.Max(0, variance))
	return r, nil
}

// placements give each positive row the share of negative ones that it beats, and each negative row the share of positive
// ones that beat it: the rank among all less the rank within the class.
func placements(positive []bool, score []float64) (up, down []float64) {
	var ups, downs []float64
	for i, s := range score {
		if positive[i] {
			ups = append(ups, s)
		} else {
			downs = append(downs, s)
		}
	}
	all := Ranks(slices.Concat(ups, downs))
	upRanks, downRanks := Ranks(ups), Ranks(downs)
	n, m := float64(len(ups)), float64(len(downs))
	for i, rank := range upRanks {
		up = append(up, (all[i]-rank)/m)
	}
	for j, rank := range downRanks {
		down = append(down, 1-(all[len(ups)+j]-rank)/n)
	}
	return up, down
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// varianceOfDifference is the sample variance of a − b.
func varianceOfDifference(a, b []float64) float64 {
	mean := meanOf(a) - meanOf(b)
	sum := 0.0
	for i := range a {
		sum += square(a[i] - b[i] - mean)
	}
	return sum / float64(len(a)-1)
}
