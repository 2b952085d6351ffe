package shingle

import (
	"math"
	"math/rand/v2"
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

// Estimate is the share of places in which two signatures agree: an unbiased estimate of the sets' Jaccard similarity J, with
// the standard error √(J(1−J)/Hashes).
func Estimate(a, b *Signature) float64 {
	same := 0
	for i := range a {
		if a[i] == b[i] {
			same++
		}
	}
	return float64(same) / Hashes
}

// Banding cuts a signature into bands of so many rows each; two texts are candidates where they agree in all rows of one band
// (Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, §3.4).
type Banding struct{ Bands, Rows int }

// maxMiss is the largest acceptable probability that a pair at the threshold is no candidate.
const maxMiss = 0.001

// BandingFor has the most rows a band, and so the fewest needless candidates, that miss a pair at the threshold with a
// probability of at most maxMiss. The threshold is in [0.5, 1].
func BandingFor(threshold float64) Banding {
	best := Banding{Hashes, 1}
	for rows := 2; rows <= Hashes; rows++ {
		if next := (Banding{Hashes / rows, rows}); next.Miss(threshold) <= maxMiss {
			best = next
		}
	}
	return best
}

// Miss is the probability (1 − Jʳ)ᵇ that a pair of this similarity is no candidate.
func (b Banding) Miss(similarity float64) float64 {
	return math.Pow(1-math.Pow(similarity, float64(b.Rows)), float64(b.Bands))
}

// Keys is one number for each band. Signatures that agree in the whole band have the same number; others share one
// by chance, once in 2³² pairs.
func (b Banding) Keys(signature *Signature) []uint32 {
	keys := make([]uint32, b.Bands)
	for band := range keys {
		h := uint64(band)
		for _, least := range signature[band*b.Rows : (band+1)*b.Rows] {
			h = mix(h*31 + least)
		}
		keys[band] = uint32(h >> 32)
	}
	return keys
}
