package profile

import (
	"cmp"

	"github.com/assay-ml/assay/internal/stat/sketch"
)

// Tally is which values there are and how often they come: all of them while they are few, else by sketches.
type Tally[K cmp.Ordered] struct {
	frequent  *sketch.Frequent[K]
	set       *sketch.Distinct // nil until estimated, and where it was left out
	about     int64            // how many values differ, where set was left out; −1: nobody knows
	estimated bool             // not every value is counted any more
	insert    func(*sketch.Distinct, K)
	keep      func(K) K // what stays of a value
}

// IsExact reports whether every value was counted.
func (t *Tally[K]) IsExact() bool { return !t.estimated }

// Frequent are the values that come often, the most frequent first. A count is too low by Missed at most, and a value that is
// not among them came Missed times at most.
func (t *Tally[K]) Frequent() []sketch.Counted[K] { return t.frequent.Values() }

// Missed is the error of Frequent; 0 where IsExact.
func (t *Tally[K]) Missed() int64 { return t.frequent.Error() }

// Distinct is how many values differ, with the relative standard error of that; false where nobody knows.
func (t *Tally[K]) Distinct() (about int64, err float64, known bool) {
	switch {
	case t.IsExact():
		return int64(t.frequent.Len()), 0, true
	case t.set != nil:
		return t.set.Estimate(), sketch.DistinctError, true
	}
	return t.about, sketch.DistinctError, t.about >= 0
}

// add takes in counted values.
func (t *Tally[K]) add(values []sketch.Counted[K]) {
	t.frequent.Add(values, t.keep)
	if t.estimated {
		t.insertAll(values)
	}
}

func (t *Tally[K]) insertAll(values []sketch.Counted[K]) {
	for _, c := range values {
		t.insert(t.set, c.Value)
	}
}

// isOutgrown reports whether there are too many values to go on counting each.
func (t *Tally[K]) isOutgrown() bool { return t.IsExact() && t.frequent.IsFull() }

// estimate makes the set of the counted values, where every one was counted.
func (t *Tally[K]) estimate() {
	if t.IsExact() {
		t.estimated, t.set = true, sketch.NewDistinct()
		t.insertAll(t.Frequent())
	}
}

// merge joins two tallies that are both exact, or both estimated.
func (t *Tally[K]) merge(other *Tally[K]) {
	t.frequent.Merge(other.frequent)
	if t.set != nil && other.set != nil {
		t.set.Merge(other.set)
	} else {
		t.set, t.about = nil, -1
	}
}

// hide leaves out what fewer rows than least of total share, and the set: whether a value that one thinks of is in it could be told.
func (t *Tally[K]) hide(least, total int64) {
	about, _, known := t.Distinct()
	if t.frequent.Drop(least, total); t.IsExact() && t.frequent.IsExact() {
		return
	}
	if t.estimated, t.set, t.about = true, nil, about; !known {
		t.about = -1
	}
}
