package shingle

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Hashes is how many hash functions a signature has.
const Hashes = 128

// Signature is the least hash of a set under each function. The probability that two sets agree in one place is their Jaccard
// similarity (Broder 1997, On the resemblance and containment of documents).
type Signature [Hashes]uint64

// functions are h(x) = ax + b modulo 2⁶⁴ with odd a, over shingles whose hashes are mixed already. They are the same in every
// process.
var functions = func() (f [Hashes]struct{ a, b uint64 }) {
	random := rand.New(rand.NewPCG(1997, 21))
	for i := range f {
		f[i].a, f[i].b = random.Uint64()|1, random.Uint64()
	}
	return f
}()

// Sign is the signature of a set that is not empty.
func (s Set) Sign() *Signature {
	var signature Signature
	for i := range signature {
		least, f := uint64(math.MaxUint64), functions[i]
		for _, x := range s {
			least = min(least, f.a*x+f.b)
		}
		signature[i] = least
	}
	return &signature
}

// Sketch is a signature of which each hash keeps its lowest byte (Li & König 2010, b-Bit minwise hashing).
type Sketch [Hashes]uint8

// Sketch keeps the lowest bytes.
func (s *Signature) Sketch() *Sketch {
	var sketch Sketch
	for i, least := range s {
		sketch[i] = uint8(least)
	}
	return &sketch
}

// Agreement counts the places in which two sketches agree. Each does with the probability that agreeing gives.
func Agreement(a, b *Sketch) int {
	same := 0
	for i := range a {
		if a[i] == b[i] {
			same++
		}
	}
	return same
}

// agreeing is the probability that one place of two sketches agrees: by the sets' similarity, or by chance.
func agreeing(similarity float64) float64 { return similarity + (1-similarity)/256 }

// Estimate is an unbiased estimate of the Jaccard similarity J of the sets of two sketches, with the standard error
// √(P(1−P)/Hashes)·256/255 where P = J + (1−J)/256.
func Estimate(a, b *Sketch) float64 {
	return (float64(Agreement(a, b))/Hashes - agreeing(0)) / (1 - agreeing(0))
}

// Screen finds the pairs that are worth comparing. A signature is cut into bands of so many rows each; two texts are
// candidates where they agree in all rows of one band (Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, §3.4), and
// then their sketches in at least so many places.
type Screen struct{ Bands, Rows, Agreement int }

// What a screen may lose of the pairs right at the threshold.
const (
	maxMiss      = 0.001  // by the bands
	maxDisagreed = 0.0001 // by the sketches
)

// ScreenFor has the most rows a band, and so the fewest needless candidates, that lose few pairs at the threshold, which is
// in [0.5, 1].
func ScreenFor(threshold float64) Screen {
	best := Screen{Bands: Hashes, Rows: 1}
	for rows := 2; rows <= Hashes; rows++ {
		if next := (Screen{Bands: Hashes / rows, Rows: rows}); next.Miss(threshold) <= maxMiss {
			best = next
		}
	}
	for best.Agreement < Hashes && binomialBelow(best.Agreement+1, agreeing(threshold)) <= maxDisagreed {
		best.Agreement++
	}
	return best
}

// Miss is the most that the probability can be that a pair of this similarity J is not found: (1 − Jʳ)ᵇ for the bands, and the
// binomial probability of too small an agreement.
func (s Screen) Miss(similarity float64) float64 {
	return math.Pow(1-math.Pow(similarity, float64(s.Rows)), float64(s.Bands)) + binomialBelow(s.Agreement, agreeing(similarity))
}

// binomialBelow is P(X < k) of X ~ Binomial(Hashes, p).
func binomialBelow(k int, p float64) float64 {
	return distuv.Binomial{N: Hashes, P: p}.CDF(float64(k) - 1)
}

// Keys is one number for each band. Signatures that agree in the whole band have the same number; others share one
// by chance, once in 2³² pairs.
func (s Screen) Keys(signature *Signature) []uint32 {
	keys := make([]uint32, s.Bands)
	for band := range keys {
		h := uint64(band)
		for _, least := range signature[band*s.Rows : (band+1)*s.Rows] {
			h = mix(h*31 + least)
		}
		keys[band] = uint32(h >> 32)
	}
	return keys
}
