package stat

import (
	"math"
	"slices"
	"sort"
)

// TwoSample compares two samples of numbers exactly and without sorting them. Values on a decimal grid (whole numbers, prices)
// are counted place by place; others go into buckets that are narrow where values are dense, each with the count and the exact
// sum of its values. Between its ends a bucket can only matter where the two distribution functions may cross, where their
// largest difference may lie, or where somebody asks for a value: only the values of those buckets, a few in a hundred, are
// looked at again and sorted.
//
// Every result depends on the values and the question alone: their order, and how they are cut into segments, changes no bit of it. −0 is 0.
type TwoSample struct {
	n, m   int64
	x, y   [][]float64
	layout layout
	bins   []bin
	steps  int64 // max |F_x − F_y| · n · m
	area   float64
}

// bin is one piece of the axis that holds values of either sample.
type bin struct {
	low, high float64 // no value lies outside
	unit      float64 // low + k·unit is a float for each whole k ≤ width
	width     float64 // high − low, in units; 0: all values are equal
	place     int     // in its layout
	x, y      content
	values    *[2][]float64 // sorted, once they are looked at
}

// content is what one sample has in a bin.
type content struct {
	before, count int64
	sum           float64 // Σ (v − low), in units
}

// layout is a way to cut the axis into bins.
type layout interface {
	// bins counts both samples.
	bins(x, y [][]float64) []bin
	// pieces are some parts of the axis that hold all values of one sample; bins has been called.
	pieces(sample int) []piece
	// gather appends the values of some places, in any order, each to the slice that its place names; -1 is none.
	gather(sample [][]float64, slots []int32, into [][]float64)
}

// Compare takes two samples in segments, which it keeps and never changes: nobody may, for as long as the answer is used. To know
// the probabilities of quantiles that will be asked for saves another look at the values.
//
// Special cases are: an empty sample answers ErrUndefined; NaN and infinities panic, they have no place on the axis.
func Compare(x, y [][]float64, probabilities ...float64) (*TwoSample, error) {
	t := &TwoSample{n: length(x), m: length(y), x: x, y: y}
	if t.n == 0 || t.m == 0 {
		return nil, undefined("a sample has no values")
	}
	if g, ok := gridOf(x, y); ok {
		t.layout = g
	} else {
		t.layout = cellsOf(x, y)
	}
	t.bins = t.layout.bins(x, y)
	t.accumulate()
	t.measure(probabilities)
	return t, nil
}

func length(segments [][]float64) int64 {
	n := 0
	for _, s := range segments {
		n += len(s)
	}
	return int64(n)
}

// accumulate numbers the values of the bins.
func (t *TwoSample) accumulate() {
	var i, j int64
	for k := range t.bins {
		b := &t.bins[k]
		b.x.before, b.y.before = i, j
		i, j = i+b.x.count, j+b.y.count
	}
}

// gap is (F_x − F_y) · n · m where so many values of both are behind.
func (t *TwoSample) gap(i, j int64) int64 { return i*t.m - j*t.n }

// measure finds D and the area between the distribution functions.
func (t *TwoSample) measure(probabilities []float64) {
	for k := range t.bins {
		b := &t.bins[k]
		t.steps = max(t.steps, magnitude(t.gap(b.x.before+b.x.count, b.y.before+b.y.count)))
	}
	wanted := t.around(slices.Concat(probabilities, []float64{0, 1}))
	t.lookInto(func(b *bin) bool { return wanted[b] || t.mayDecide(b) })
	shrink := 1.0
	if max(-t.bins[0].low, t.bins[len(t.bins)-1].high) > 1e307 {
		shrink = 0.25 // the range may be twice the largest float
	}
	for k := range t.bins {
		b := &t.bins[k]
		t.area += t.inside(b, shrink)
		if k+1 < len(t.bins) {
			after := t.gap(b.x.before+b.x.count, b.y.before+b.y.count)
			t.area += t.share(after) * (t.bins[k+1].low*shrink - b.high*shrink)
		}
	}
	t.area /= shrink
}

// mayDecide reports whether the distribution functions may cross within a bin, or differ by more than at any bin's end.
func (t *TwoSample) mayDecide(b *bin) bool {
	start := t.gap(b.x.before, b.y.before)
	lowest, highest := start-b.y.count*t.n, start+b.x.count*t.m
	return lowest < 0 && highest > 0 || b.x.count > 0 && b.y.count > 0 && max(-lowest, highest) > t.steps
}

func magnitude(v int64) int64 { return max(v, -v) }

// share turns steps into a difference of the distribution functions, without its sign.
func (t *TwoSample) share(steps int64) float64 {
	return float64(magnitude(steps)) / (float64(t.n) * float64(t.m))
}

// inside is the area within a bin, times shrink. Where the functions cannot cross the sums of its values give it; where they
// may, and where D may lie, its sorted values do.
func (t *TwoSample) inside(b *bin, shrink float64) float64 {
	if b.width == 0 {
		return 0
	}
	start := t.gap(b.x.before, b.y.before)
	if b.values == nil {
		area := t.share(start) * b.width
		rise := (float64(b.x.count)*b.width-b.x.sum)/float64(t.n) - (float64(b.y.count)*b.width-b.y.sum)/float64(t.m)
		if start < 0 || start == 0 && b.y.count > 0 {
			rise = -rise
		}
		return max(0, area+rise) * (b.unit * shrink)
	}
	x, y := b.values[0], b.values[1]
	area, last := 0.0, b.low
	for i, j := 0, 0; i < len(x) || j < len(y); {
		v := nextOf(x[i:], y[j:])
		area += t.share(start+t.gap(int64(i), int64(j))) * (v*shrink - last*shrink)
		i, j = i+countEqual(x[i:], v), j+countEqual(y[j:], v)
		t.steps = max(t.steps, magnitude(start+t.gap(int64(i), int64(j))))
		last = v
	}
	return area + t.share(start+t.gap(int64(len(x)), int64(len(y))))*(b.high*shrink-last*shrink)
}

// nextOf is the smaller first value of two sorted slices, one of which may be empty.
func nextOf(x, y []float64) float64 {
	if len(y) == 0 || len(x) > 0 && x[0] <= y[0] {
		return x[0]
	}
	return y[0]
}

// countEqual counts the values at the start of a sorted slice that are v.
func countEqual(sorted []float64, v float64) int {
	n := 0
	for n < len(sorted) && sorted[n] == v {
		n++
	}
	return n
}

// lookInto gathers and sorts the values of the bins that are wanted and not looked into yet.
func (t *TwoSample) lookInto(wanted func(*bin) bool) {
	var chosen []*bin
	for k := range t.bins {
		if b := &t.bins[k]; b.width > 0 && b.values == nil && wanted(b) {
			chosen = append(chosen, b)
		}
	}
	if len(chosen) == 0 {
		return
	}
	slots := make([]int32, t.bins[len(t.bins)-1].place+1)
	for i := range slots {
		slots[i] = -1
	}
	x, y := make([][]float64, len(chosen)), make([][]float64, len(chosen))
	for i, b := range chosen {
		slots[b.place] = int32(i)
		x[i], y[i] = make([]float64, 0, b.x.count), make([]float64, 0, b.y.count)
	}
	t.layout.gather(t.x, slots, x)
	t.layout.gather(t.y, slots, y)
	for i, b := range chosen {
		SortFloats(x[i])
		SortFloats(y[i])
		b.values = &[2][]float64{x[i], y[i]}
	}
}

// Sizes are the numbers of values.
func (t *TwoSample) Sizes() (x, y int64) { return t.n, t.m }

// KolmogorovSmirnov is the test of the function of that name.
func (t *TwoSample) KolmogorovSmirnov() KSResult { return kolmogorovSmirnov(t.n, t.m, t.steps) }

// Wasserstein is the first Wasserstein distance, ∫ |F_x − F_y|, in the unit of the values; +Inf where it overflows.
func (t *TwoSample) Wasserstein() float64 { return t.area }

// Distinct gives the values and how often each sample has them, ascending, where they are at most limit; else false.
func (t *TwoSample) Distinct(limit int) (values []float64, x, y []int64, ok bool) {
	if len(t.bins) > limit {
		return nil, nil, nil, false
	}
	t.lookInto(func(*bin) bool { return true })
	for k := range t.bins {
		b := &t.bins[k]
		if b.width == 0 {
			values, x, y = append(values, b.low), append(x, b.x.count), append(y, b.y.count)
			continue
		}
		for i, j := 0, 0; i < len(b.values[0]) || j < len(b.values[1]); {
			v := nextOf(b.values[0][i:], b.values[1][j:])
			inX, inY := countEqual(b.values[0][i:], v), countEqual(b.values[1][j:], v)
			values, x, y = append(values, v), append(x, int64(inX)), append(y, int64(inY))
			if len(values) > limit {
				return nil, nil, nil, false
			}
			i, j = i+inX, j+inY
		}
	}
	return values, x, y, len(values) <= limit
}

// find is the first bin that ends at v or behind it.
func (t *TwoSample) find(v float64) int {
	return sort.Search(len(t.bins), func(k int) bool { return t.bins[k].high >= v })
}

// Rank is how many values of a sample are below a point, and how many are at most the point.
type Rank struct{ Below, UpTo int64 }

// Ranks counts the values of both samples below and up to each point.
func (t *TwoSample) Ranks(points []float64) (x, y []Rank) {
	hit := map[*bin]bool{}
	for _, v := range points {
		if k := t.find(v); k < len(t.bins) && t.bins[k].low <= v {
			hit[&t.bins[k]] = true
		}
	}
	t.lookInto(func(b *bin) bool { return hit[b] })
	x, y = make([]Rank, len(points)), make([]Rank, len(points))
	for i, v := range points {
		k := t.find(v)
		if k == len(t.bins) {
			x[i], y[i] = Rank{t.n, t.n}, Rank{t.m, t.m}
			continue
		}
		x[i], y[i] = t.bins[k].rank(0, v), t.bins[k].rank(1, v)
	}
	return x, y
}

// rank is that of v in one sample; v is behind the bins before this one and not behind this one.
func (b *bin) rank(sample int, v float64) Rank {
	c := b.contents(sample)
	switch {
	case v < b.low:
		return Rank{c.before, c.before}
	case b.width == 0:
		return Rank{c.before, c.before + c.count}
	}
	values := b.values[sample]
	below := sort.SearchFloat64s(values, v)
	return Rank{c.before + int64(below), c.before + int64(below+countEqual(values[below:], v))}
}

func (b *bin) contents(sample int) *content {
	if sample == 0 {
		return &b.x
	}
	return &b.y
}

// Quantiles are those of both samples at some probabilities, interpolated between neighbours (type 7 of Hyndman & Fan 1996, the
// default of numpy.quantile).
func (t *TwoSample) Quantiles(probabilities []float64) (x, y []float64) {
	wanted := t.around(probabilities)
	t.lookInto(func(b *bin) bool { return wanted[b] })
	for _, p := range probabilities {
		x, y = append(x, t.quantile(0, t.n, p)), append(y, t.quantile(1, t.m, p))
	}
	return x, y
}

// around are the bins with the neighbours of quantiles.
func (t *TwoSample) around(probabilities []float64) map[*bin]bool {
	hit := map[*bin]bool{}
	for _, p := range probabilities {
		for sample, n := range []int64{t.n, t.m} {
			at := p * float64(n-1)
			hit[t.holding(sample, int64(math.Floor(at)))] = true
			hit[t.holding(sample, int64(math.Ceil(at)))] = true
		}
	}
	return hit
}

func (t *TwoSample) quantile(sample int, n int64, p float64) float64 {
	at := p * float64(n-1)
	low, high := t.value(sample, int64(math.Floor(at))), t.value(sample, int64(math.Ceil(at)))
	part := at - math.Floor(at)
	return low*(1-part) + high*part
}

// holding is the bin with the value of a rank, from 0, of a sample.
func (t *TwoSample) holding(sample int, rank int64) *bin {
	k := sort.Search(len(t.bins), func(k int) bool {
		c := t.bins[k].contents(sample)
		return c.before+c.count > rank
	})
	return &t.bins[k]
}

func (t *TwoSample) value(sample int, rank int64) float64 {
	b := t.holding(sample, rank)
	if b.width == 0 {
		return b.low
	}
	return b.values[sample][rank-b.contents(sample).before]
}
