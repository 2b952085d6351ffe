package stat

import (
	"math"
	"math/big"
	"math/bits"
)

// Moments describe one sample. What overflows is an infinity.
type Moments struct {
	Min, Max  float64
	Mean      float64
	Deviation float64 // the standard deviation, which divides by n
}

// Moments describe both samples.
func (t *TwoSample) Moments() (x, y Moments) { return t.moments(0, t.n), t.moments(1, t.m) }

// piece is a part of the axis with some values of a sample: how many they are, and their mean, from low on, and Σ (v − mean)²,
// both counted in units.
type piece struct{ low, unit, count, mean, spread float64 }

// moments go over the pieces: to the spread within them Σ count · (mean of the piece − mean)² is added. Values are measured from
// the smallest, so that a constant has no spread at all.
func (t *TwoSample) moments(sample int, n int64) Moments {
	m := Moments{Min: t.value(sample, 0), Max: t.value(sample, n-1)}
	scale := scaleOf(max(-m.Min, m.Max, m.Min, -m.Max))
	pieces := t.layout.pieces(sample)
	pivot, mean, spread := m.Min*scale, 0.0, 0.0
	for _, p := range pieces {
		mean += p.count / float64(n) * p.from(pivot, scale)
	}
	for _, p := range pieces {
		d, unit := p.from(pivot, scale)-mean, p.unit*scale
		spread += p.count/float64(n)*d*d + p.spread/float64(n)*unit*unit
	}
	m.Mean, m.Deviation = (pivot+mean)/scale, math.Sqrt(spread)/scale
	return m
}

// from is the mean of the piece, of values times scale, as a distance from the pivot.
func (p piece) from(pivot, scale float64) float64 { return p.low*scale - pivot + p.mean*(p.unit*scale) }

// scaleOf is a power of two by which values up to a magnitude are multiplied so that no square of them leaves the range of
// floats.
func scaleOf(magnitude float64) float64 {
	switch {
	case magnitude > 0x1p+500:
		return 0x1p-600
	case magnitude < 0x1p-400:
		return 0x1p+600
	}
	return 1
}

// sums are exact power sums of whole numbers below 2^52: Σ v in two words and Σ v² in three, the highest last.
type sums struct {
	count  uint64
	first  [2]uint64
	second [3]uint64
}

func (s *sums) add(v uint64) {
	var carry uint64
	s.count++
	s.first[0], carry = bits.Add64(s.first[0], v, 0)
	s.first[1] += carry
	high, low := bits.Mul64(v, v)
	s.second[0], carry = bits.Add64(s.second[0], low, 0)
	s.second[1], carry = bits.Add64(s.second[1], high, carry)
	s.second[2] += carry
}

func (s *sums) mean() float64 {
	mean, _ := new(big.Rat).SetFrac(whole(s.first[:]), whole([]uint64{s.count})).Float64()
	return mean
}

// spread is Σ (v − mean)² = Σ v² − (Σ v)² / count.
func (s *sums) spread() float64 {
	first, count := whole(s.first[:]), whole([]uint64{s.count})
	spread := new(big.Int).Mul(count, whole(s.second[:]))
	spread.Sub(spread, first.Mul(first, first))
	value, _ := new(big.Rat).SetFrac(spread, count).Float64()
	return value
}

// whole is a number from its words, the lowest first.
func whole(words []uint64) *big.Int {
	n := new(big.Int)
	for i := len(words) - 1; i >= 0; i-- {
		n.Or(n.Lsh(n, 64), new(big.Int).SetUint64(words[i]))
	}
	return n
}
