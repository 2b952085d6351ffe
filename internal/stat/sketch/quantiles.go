package sketch

import (
	"math"
	"math/bits"
	"slices"
	"sort"
)

// The shape of a Quantiles.
const (
	// Width is how many values the top level keeps: the k of the paper.
	Width = 512
	// narrow is how many values a low level keeps at least.
	narrow = 8
	// MaxLevels bounds the levels: counts of JSON end at 2^53.
	MaxLevels = 53
)

// Quantiles is the sketch of Karnin, Lang & Liberty 2016. Level h holds values that stand for 2^h each. A level that is full
// is sorted and every other value of it goes one level up, those of even or of odd rank as a coin says; so ranks err by
// at most 2^h at each such compaction, to either side alike. The coin is a hash of what is compacted.
type Quantiles struct {
	levels   [][]float64 // each sorted
	count    int64
	variance float64 // sum over all compactions of 4^level: bounds the variance of a rank
	moved    int64   // by how many ranks Coarsen moved values at most
	spare    []float64
}

// NewQuantiles is the sketch that State described, or false where there is none that it describes.
func NewQuantiles(levels [][]float64, variance float64, moved int64) (*Quantiles, bool) {
	q := &Quantiles{variance: variance, moved: moved}
	if len(levels) > MaxLevels || !(variance >= 0 && variance <= math.MaxFloat64) || moved < 0 {
		return nil, false
	}
	for h, level := range levels {
		if !slices.IsSorted(level) || slices.ContainsFunc(level, isNotFinite) || int64(len(level)) > (math.MaxInt64-q.count)>>h {
			return nil, false
		}
		q.count += int64(len(level)) << h
		q.levels = append(q.levels, slices.Clone(level))
	}
	return q, true
}

func isNotFinite(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// Count is how many values were taken in.
func (q *Quantiles) Count() int64 { return q.count }

// State is what NewQuantiles needs to make the sketch again.
func (q *Quantiles) State() (levels [][]float64, variance float64, moved int64) {
	return q.levels, q.variance, q.moved
}

// Add takes in finite values in ascending order: the more at once, the faster and the closer.
func (q *Quantiles) Add(sorted []float64) {
	q.reach(0)
	q.count += int64(len(sorted))
	q.lift(0, sorted)
	q.compress()
}

// AddCounted takes in finite values that were counted.
func (q *Quantiles) AddCounted(values []Counted[float64]) {
	for _, c := range values {
		q.count += c.Count
		for h, rest := 0, c.Count; rest > 0; h, rest = h+1, rest>>1 {
			if rest&1 == 1 {
				q.reach(h)
				q.levels[h] = append(q.levels[h], c.Value)
			}
		}
	}
	for _, level := range q.levels {
		slices.Sort(level)
	}
	q.compress()
}

// Merge takes in the values of another sketch, which it leaves as it is.
func (q *Quantiles) Merge(other *Quantiles) {
	q.count += other.count
	q.variance += other.variance
	q.moved += other.moved
	for h, level := range other.levels {
		q.reach(h)
		q.lift(h, level)
	}
	q.compress()
}

// reach makes level h exist.
func (q *Quantiles) reach(h int) {
	for len(q.levels) <= h {
		q.levels = append(q.levels, nil)
	}
}

// top is the lowest level that can hold most of the values. Values that were counted may stand above it, however few.
func (q *Quantiles) top() int { return bits.Len64(uint64(q.count) / (2 * Width)) }

// capacity is how many values level h may keep: Width at the top and above, a third less with every level below.
func (q *Quantiles) capacity(h int) int {
	below := max(0, q.top()-h)
	return max(narrow, int(math.Ceil(Width*math.Pow(2.0/3, float64(below)))))
}

// compress brings every level to its size, from below.
func (q *Quantiles) compress() {
	for h := 0; h < len(q.levels); h++ {
		if len(q.levels[h]) > q.capacity(h) {
			q.compact(h)
		}
	}
}

// compact moves half of a sorted level up; of an odd number of values the last one stays.
func (q *Quantiles) compact(h int) {
	level := q.levels[h]
	pairs := level[:len(level)&^1]
	kept := make([]float64, 0, len(pairs)/2)
	for i := q.coin(h, pairs); i < len(pairs); i += 2 {
		kept = append(kept, pairs[i])
	}
	rest := level[len(pairs):]
	q.variance += math.Ldexp(1, 2*h)
	q.reach(h + 1)
	q.lift(h+1, kept)
	q.levels[h] = append(level[:0], rest...)
}

// coin is 0 or 1: a hash of the values that are compacted and of what was before. Parts of a stream hold different values, so
// their coins are as good as independent.
func (q *Quantiles) coin(h int, values []float64) int {
	x := mix(math.Float64bits(q.variance)) ^ mix(uint64(q.count)+uint64(h)<<56)
	for _, v := range values {
		x = (x ^ math.Float64bits(v)) * 0x9e3779b97f4a7c15
		x ^= x >> 32
	}
	return int(mix(x) & 1)
}

// lift merges sorted values into a sorted level.
func (q *Quantiles) lift(h int, values []float64) {
	level := q.levels[h]
	merged := slices.Grow(q.spare[:0], len(level)+len(values))
	for len(level) > 0 && len(values) > 0 {
		if level[0] <= values[0] {
			merged, level = append(merged, level[0]), level[1:]
		} else {
			merged, values = append(merged, values[0]), values[1:]
		}
	}
	merged = append(append(merged, level...), values...)
	q.spare = q.levels[h][:0]
	q.levels[h] = merged
}

// confidence is how sure the stated error is.
const confidence = 0.99

// grid is at how many ranks the error is bounded for sure; between two of them ranks only rise.
const grid = 4096

// Error bounds, with a probability of 0.99 over the coins and for all ranks at once, by how much the share of values up
// to any number errs. A compaction at level h moves a rank by at most 2^h, so by Hoeffding 1963 a rank is off by more than t
// with a probability of at most 2·exp(−t²/2V), V the sum of 4^h over all compactions; that holds at both sides of
// grid quantiles together, and between them the share rises by at most 1/grid. 0 where nothing was compacted.
func (q *Quantiles) Error() float64 {
	if q.count == 0 {
		return 0
	}
	n := float64(q.count)
	shift := float64(q.moved) / n
	if q.variance == 0 {
		return math.Min(1, shift)
	}
	t := math.Sqrt(2 * q.variance * math.Log(4*grid/(1-confidence)))
	return math.Min(1, t/n+1.0/grid+shift)
}

// Weighted are values in ascending order and how many values of the stream are at most as large.
type Weighted struct {
	Values []float64
	UpTo   []int64
}

// Weighted is the sketch as a sample with weights; equal values are one.
func (q *Quantiles) Weighted() Weighted {
	weights := map[float64]int64{}
	for h, level := range q.levels {
		for _, v := range level {
			weights[v] += 1 << h
		}
	}
	return Cumulate(weights)
}

// Cumulate orders counted values.
func Cumulate(counts map[float64]int64) Weighted {
	w := Weighted{Values: make([]float64, 0, len(counts)), UpTo: make([]int64, len(counts))}
	for v := range counts {
		w.Values = append(w.Values, v)
	}
	slices.Sort(w.Values)
	var sum int64
	for i, v := range w.Values {
		sum += counts[v]
		w.UpTo[i] = sum
	}
	return w
}

// Total is how many values there are.
func (w Weighted) Total() int64 {
	if len(w.UpTo) == 0 {
		return 0
	}
	return w.UpTo[len(w.UpTo)-1]
}

// Quantile is the smallest value up to which at least a share of all values lies. It panics where there are no values.
func (w Weighted) Quantile(share float64) float64 {
	rank := int64(math.Ceil(share * float64(w.Total())))
	at := sort.Search(len(w.UpTo)-1, func(i int) bool { return w.UpTo[i] >= rank })
	return w.Values[at]
}

// Rank is how many values are at most v.
func (w Weighted) Rank(v float64) int64 {
	at := sort.Search(len(w.Values), func(i int) bool { return w.Values[i] > v })
	if at == 0 {
		return 0
	}
	return w.UpTo[at-1]
}
