package sketch

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Counters is how many values a Frequent counts.
const Counters = 512

// rare is the share of all values below which a trimmed Frequent does not name a value.
const rare = 0.01

// Frequent counts values: all of them while there are at most Counters different ones, then those that come often, after
// Misra & Gries 1982 in the mergeable form of Agarwal et al. 2012. Counts are never too high, and too low by at most Error;
// a value that is not counted came at most Error times. Untrimmed, Error is at most total/(Batch+1) + total/(Counters+1).
type Frequent[K cmp.Ordered] struct {
	counts map[K]int64
	err    int64
}

// Counted is a value with its count.
type Counted[K cmp.Ordered] struct {
	Value K     `json:"value"`
	Count int64 `json:"count"`
}

// NewFrequent holds counted values, each once.
func NewFrequent[K cmp.Ordered](values []Counted[K], err int64) *Frequent[K] {
	f := &Frequent[K]{counts: make(map[K]int64, len(values)), err: err}
	for _, c := range values {
		f.counts[c.Value] = c.Count
	}
	return f
}

// Error is by how much a count is too low at most.
func (f *Frequent[K]) Error() int64 { return f.err }

// IsExact reports whether every value was counted. It is so until Shrink, Trim or Drop left some out.
func (f *Frequent[K]) IsExact() bool { return f.err == 0 }

// Len is how many values are counted.
func (f *Frequent[K]) Len() int { return len(f.counts) }

// IsFull reports whether there are more values than are to be counted: Shrink is due.
func (f *Frequent[K]) IsFull() bool { return len(f.counts) > Counters }

// IsCrowded reports whether there are so many more that Shrink is worth its time.
func (f *Frequent[K]) IsCrowded() bool { return len(f.counts) > 4*Counters }

// Batch is how many values of one Add are counted once Error is not 0.
const Batch = 1024

// Add takes in values that were counted, each once; keep makes of a new one what may stay. Once Error is not 0, what comes
// in is reduced first as Shrink does, to Batch values: of those that come once each, nothing is kept.
func (f *Frequent[K]) Add(values []Counted[K], keep func(K) K) {
	var fall int64
	if !f.IsExact() {
		fall = next(values)
	}
	f.err += fall
	for _, v := range values {
		if n := v.Count - fall; n > 0 {
			f.add(v.Value, n, keep)
		}
	}
}

func (f *Frequent[K]) add(value K, n int64, keep func(K) K) {
	if had, ok := f.counts[value]; ok {
		f.counts[value] = had + n
		return
	}
	f.counts[keep(value)] += n
}

// next is the count that follows the Batch largest, 0 where there is none.
func next[K cmp.Ordered](values []Counted[K]) int64 {
	if len(values) <= Batch {
		return 0
	}
	counts := make([]int64, 0, len(values))
	for _, v := range values {
		if v.Count > 1 {
			counts = append(counts, v.Count)
		}
	}
	if len(counts) <= Batch {
		return 1
	}
	slices.Sort(counts)
	return counts[len(counts)-1-Batch]
}

// Merge takes in the counts of another stream. Shrink may be due then.
func (f *Frequent[K]) Merge(other *Frequent[K]) {
	for v, n := range other.counts {
		f.counts[v] += n
	}
	f.err += other.err
}

// Shrink leaves the Counters largest at most: all counts fall by that of the next one.
func (f *Frequent[K]) Shrink() {
	if !f.IsFull() {
		return
	}
	sizes := slices.Sorted(maps.Values(f.counts))
	fall := sizes[len(sizes)-1-Counters]
	for v, n := range f.counts {
		if n <= fall {
			delete(f.counts, v)
		} else {
			f.counts[v] = n - fall
		}
	}
	f.err += fall
}

// Trim leaves out the values that surely are less than a hundredth of total, unless all are known. Error grows to at most
// that hundredth, however often trimmed ones are merged and trimmed again, but for what Shrink adds.
func (f *Frequent[K]) Trim(total int64) {
	if !f.IsExact() {
		f.err += f.drop(int64(math.Floor(rare*float64(total))) - f.err)
	}
}

// Drop leaves out the values that were counted fewer than least times, and of the others the rarest, until nothing or at least
// least of total values are not counted: else the few that are left could be told by subtraction.
func (f *Frequent[K]) Drop(least, total int64) {
	dropped := f.drop(least - 1)
	rest := total
	for _, n := range f.counts {
		rest -= n
	}
	for kept := f.Values(); 0 < rest && rest < least && len(kept) > 0; kept = kept[:len(kept)-1] {
		rarest := kept[len(kept)-1]
		delete(f.counts, rarest.Value)
		rest += rarest.Count
		dropped = rarest.Count // they only grow
	}
	f.err += dropped
}

// drop leaves out counts of up to most, and answers with the largest of them.
func (f *Frequent[K]) drop(most int64) int64 {
	var largest int64
	for v, n := range f.counts {
		if n <= most {
			delete(f.counts, v)
			largest = max(largest, n)
		}
	}
	return largest
}

// Values are the counted values, the most frequent first, equally frequent ones in their order.
func (f *Frequent[K]) Values() []Counted[K] {
	all := make([]Counted[K], 0, len(f.counts))
	for v, n := range f.counts {
		all = append(all, Counted[K]{v, n})
	}
	slices.SortFunc(all, func(a, b Counted[K]) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return all
}
