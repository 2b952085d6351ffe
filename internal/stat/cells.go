package stat

import (
	"math"
	"math/bits"
)

// cells is a layout over the order-preserving keys of floats (see key). A cell holds the floats of one sign and exponent, which
// lie evenly on the axis and on the keys alike: differences of keys are differences of values, in units of the last place,
// and sums of them are exact. Each cell is cut into buckets of equal width over the range that is used, as many as its share
// of the values calls for.
type cells struct {
	all     *[cellCount]cell
	buckets int
	sums    [2]*[cellCount]sums // of x and of y
}

const (
	mantissaBits = 52
	cellCount    = 1 << (64 - mantissaBits)
	perBucket    = 64      // values that a bucket should hold
	maxBuckets   = 1 << 16 // so that the tallies of both samples stay in the cache
)

// cell is one sign and exponent.
type cell struct {
	low, high uint64 // keys of the smallest and the largest value
	count     int64
	first     int  // its first bucket
	shift     uint // 2^shift keys are one bucket
}

// held is what one sample has in a bucket: a count, and the sum of the distances from the bucket's low end.
type held struct {
	count uint32
	carry uint32 // of sum, in 2^64
	sum   uint64
}

func cellsOf(x, y [][]float64) *cells {
	c := &cells{all: new([cellCount]cell)}
	for i := range c.all {
		c.all[i].low = math.MaxUint64
	}
	c.survey(x)
	c.survey(y)
	if c.all[0].count+c.all[cellCount-1].count > 0 { // the exponent of infinities
		panic("stat: comparison of infinities")
	}
	wanted := float64(maxBuckets) / float64(length(x)+length(y))
	wanted = min(wanted, 1.0/perBucket)
	for i := range c.all {
		if cell := &c.all[i]; cell.count > 0 {
			cell.first = c.buckets
			c.buckets += cell.cut(float64(cell.count) * wanted)
		}
	}
	return c
}

func (c *cells) survey(sample [][]float64) {
	for _, segment := range sample {
		for _, v := range segment {
			k := key(v)
			cell := &c.all[k>>mantissaBits]
			cell.count++
			cell.low = min(cell.low, k)
			cell.high = max(cell.high, k)
		}
	}
}

// cut chooses the width of the buckets, a power of two, so that they are about as many as wanted, and gives their number.
func (c *cell) cut(wanted float64) int {
	span := c.high - c.low
	parts := bits.Len64(uint64(wanted))
	c.shift = uint(max(0, bits.Len64(span)-parts))
	return int(span>>c.shift) + 1
}

func (c *cells) bins(x, y [][]float64) []bin {
	c.sums = [2]*[cellCount]sums{{}, {}}
	inX, inY := c.count(x, c.sums[0]), c.count(y, c.sums[1])
	bins := make([]bin, 0, c.buckets)
	for i := range c.all {
		cell := &c.all[i]
		if cell.count == 0 {
			continue
		}
		for at := cell.first; at <= cell.bucket(cell.high); at++ {
			if inX[at].count+inY[at].count > 0 {
				b := cell.bin(at)
				b.x, b.y = inX[at].content(), inY[at].content()
				bins = append(bins, b)
			}
		}
	}
	return bins
}

// bucket is the place of a key.
func (c *cell) bucket(key uint64) int { return c.first + int((key-c.low)>>(c.shift&63)) }

// bin is a bucket as a piece of the axis.
func (c *cell) bin(bucket int) bin {
	low := c.low + uint64(bucket-c.first)<<c.shift
	high := min(c.high, low+1<<c.shift-1)
	return bin{low: value(low), high: value(high), unit: unitOf(low), width: float64(high - low), place: bucket}
}

// unitOf is the distance of neighbouring floats in the cell of a key.
func unitOf(k uint64) float64 {
	exponent := int(math.Float64bits(value(k))>>mantissaBits) & (cellCount/2 - 1)
	return math.Ldexp(1, max(exponent, 1)-1075)
}

func (t held) content() content {
	return content{count: int64(t.count), sum: float64(t.carry)*0x1p64 + float64(t.sum)}
}

func (c *cells) count(sample [][]float64, sums *[cellCount]sums) []held {
	tallies := make([]held, c.buckets)
	for _, segment := range sample {
		for _, v := range segment {
			k := key(v)
			cell := &c.all[k>>mantissaBits]
			distance := k - cell.low
			sums[k>>mantissaBits].add(distance)
			t := &tallies[cell.first+int(distance>>(cell.shift&63))]
			var carry uint64
			t.count++
			t.sum, carry = bits.Add64(t.sum, distance&(1<<(cell.shift&63)-1), 0)
			t.carry += uint32(carry)
		}
	}
	return tallies
}

func (c *cells) pieces(sample int) []piece {
	var all []piece
	for i := range c.all {
		if s := &c.sums[sample][i]; s.count > 0 {
			low := c.all[i].low
			all = append(all, piece{low: value(low), unit: unitOf(low), count: float64(s.count), mean: s.mean(), spread: s.spread()})
		}
	}
	return all
}

func (c *cells) gather(sample [][]float64, slots []int32, into [][]float64) {
	for _, segment := range sample {
		for _, v := range segment {
			k := key(v)
			if slot := slots[c.all[k>>mantissaBits].bucket(k)]; slot >= 0 {
				into[slot] = append(into[slot], v)
			}
		}
	}
}
