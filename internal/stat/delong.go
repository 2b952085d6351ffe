package stat

import (
	"math"
	"slices"
)

// AUCs is the comparison of two scores of the same rows by their areas under the ROC curve.
type AUCs struct {
	First, Second float64
	Error         float64 // standard error of Second − First
	Freedom       float64 // degrees of freedom of Error
}

// Ends is the interval of Second − First.
func (a AUCs) Ends(z float64) (low, high float64) {
	return Student{a.Second - a.First, a.Error, a.Freedom}.Ends(z)
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
	r := AUCs{First: meanOf(up), Second: meanOf(upSecond), Freedom: math.Inf(1)}
	variance := varianceOfDifference(upSecond, up)/float64(len(up)) + varianceOfDifference(downSecond, down)/float64(len(down))
	r.Error = math.Sqrt(math.Max(0, variance))
	return r, nil
}

// DeLongOfGroups is DeLong where rows of one group resemble each other: placements are summed over the rows of a group, and sums
// over positive and negative rows of one group may go together (Obuchowski 1997, Nonparametric analysis of clustered ROC curve
// data). The error of few groups follows Student's t with one degree less than there are groups.
//
// Special cases are: a class in fewer than two groups is ErrUndefined. Precondition: groups are numbered from 0 without gaps.
func DeLongOfGroups(positive []bool, group []int32, groups int, first, second []float64) (AUCs, error) {
	up, down := placements(positive, first)
	upSecond, downSecond := placements(positive, second)
	r := AUCs{First: meanOf(up), Second: meanOf(upSecond), Freedom: float64(groups - 1)}
	difference := r.Second - r.First
	ups, downs := newGroupSums(groups), newGroupSums(groups)
	for row, g := range group {
		if positive[row] {
			ups.add(g, upSecond[ups.rows]-up[ups.rows]-difference)
		} else {
			downs.add(g, downSecond[downs.rows]-down[downs.rows]-difference)
		}
	}
	if ups.groups < 2 || downs.groups < 2 {
		return AUCs{}, undefined("the error of an AUC takes two groups with rows of each class")
	}
	both := 0.0
	for g := range ups.sums {
		both += ups.sums[g] * downs.sums[g]
	}
	both *= 2 / (1 - 1/float64(groups)) / float64(ups.rows) / float64(downs.rows)
	r.Error = math.Sqrt(math.Max(0, ups.variance()+downs.variance()+both))
	return r, nil
}

// groupSums are sums over the rows of each group, of one class.
type groupSums struct {
	sums         []float64
	has          []bool
	rows, groups int // how many there are of the class
}

func newGroupSums(groups int) *groupSums {
	return &groupSums{sums: make([]float64, groups), has: make([]bool, groups)}
}

func (s *groupSums) add(group int32, value float64) {
	s.sums[group] += value
	s.rows++
	if !s.has[group] {
		s.has[group] = true
		s.groups++
	}
}

// variance is that of the mean over all rows of the class.
func (s *groupSums) variance() float64 {
	squares := 0.0
	for _, sum := range s.sums {
		squares += square(sum / float64(s.rows))
	}
	return squares / (1 - 1/float64(s.groups))
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
