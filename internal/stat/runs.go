package stat

import (
	"maps"
	"math"
	"slices"
)

// RunsResult is a test whether the classes of a sequence follow each other in blocks.
type RunsResult struct {
	Runs     int64
	Expected float64 // of a shuffled sequence
	P        float64 // of so few runs, one-sided
}

// Blocks is the share of the expected runs that is missing: 0 for a shuffled sequence, near 1 for a sorted one.
func (r RunsResult) Blocks() float64 { return 1 - float64(r.Runs)/r.Expected }

// RunsTest counts the runs of equal neighbours in a sequence of classes and compares them with those of a shuffled sequence:
// with n rows, nᵢ of class i, s = Σnᵢ² and t = Σnᵢ³, the mean is n + 1 − s/n and the variance
// (s(s + n(n+1)) − 2nt − n³)/(n²(n−1)) (Barton & David 1957, Multiple runs; for two classes that is Wald & Wolfowitz 1940).
// The p-value is the normal approximation's.
//
// Special cases are: fewer than two classes is ErrUndefined.
func RunsTest(classes []int) (RunsResult, error) {
	counts := map[int]float64{}
	var r RunsResult
	for i, class := range classes {
		counts[class]++
		if i == 0 || class != classes[i-1] {
			r.Runs++
		}
	}
	if len(counts) < 2 {
		return RunsResult{}, undefined("a runs test needs two classes")
	}
	n, squares, cubes := float64(len(classes)), 0.0, 0.0
	for _, class := range slices.Sorted(maps.Keys(counts)) { // in one order, so that the sums have the same bits each time
		c := counts[class]
		squares, cubes = squares+c*c, cubes+c*c*c
	}
	r.Expected = n + 1 - squares/n
	variance := (squares*(squares+n*(n+1)) - 2*n*cubes - n*n*n) / (n * n * (n - 1))
	r.P = 1
	if variance > 0 {
		r.P = math.Erfc((r.Expected-float64(r.Runs))/math.Sqrt(2*variance)) / 2
	}
	return r, nil
}
