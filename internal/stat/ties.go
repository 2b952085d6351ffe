package stat

import (
	"iter"
	"math"
)

// ties walks sorted samples together: each value that occurs, ascending, with how often it stands in each sample. The counts
// are the caller's until the next step.
func ties(samples ...[]float64) iter.Seq2[float64, []int] {
	return func(yield func(float64, []int) bool) {
		next, counts := make([]int, len(samples)), make([]int, len(samples))
		for {
			v, found := math.Inf(1), false
			for i, sample := range samples {
				if next[i] < len(sample) {
					v, found = math.Min(v, sample[next[i]]), true
				}
			}
			if !found {
				return
			}
			for i, sample := range samples {
				from := next[i]
				for next[i] < len(sample) && sample[next[i]] == v {
					next[i]++
				}
				counts[i] = next[i] - from
			}
			if !yield(v, counts) {
				return
			}
		}
	}
}
