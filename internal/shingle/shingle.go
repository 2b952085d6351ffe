// Package shingle compares texts by the sets of their short pieces: Jaccard similarity, its estimate by MinHash, and the bands
// that find pairs of similar texts without comparing all. It is pure, and knows no tables.
package shingle

import (
	"slices"
	"strings"
	"unicode"
)

// Length is how many characters a shingle has.
const Length = 5

// Set is the shingles of a text as 64-bit hashes, ascending, each once. Two different shingles share a hash once in 2⁶⁴ pairs.
type Set []uint64

// Of cuts a text into all its runs of Length characters, after letters were made small and each run of white space one
// space, with none at the ends. A shorter text is one shingle; an empty one has none. Bytes that are no UTF-8 count as the
// replacement character.
func Of(text string) Set {
	letters := []rune(strings.Join(strings.FieldsFunc(strings.ToLower(text), unicode.IsSpace), " "))
	if len(letters) == 0 {
		return nil
	}
	set := make(Set, 0, max(1, len(letters)-Length+1))
	for start := 0; start == 0 || start+Length <= len(letters); start++ {
		set = append(set, hash(letters[start:min(start+Length, len(letters))]))
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// hash is FNV-1a over characters, mixed so that all its bits depend on all of them.
func hash(letters []rune) uint64 {
	h := uint64(14695981039346656037)
	for _, r := range letters {
		h = (h ^ uint64(r)) * 1099511628211
	}
	return mix(h)
}

// mix is the finalizer of SplitMix64 (Steele, Lea & Flood 2014).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// Jaccard is |a ∩ b| / |a ∪ b|, in [0, 1]; 0 where both are empty.
func Jaccard(a, b Set) float64 {
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			common, i, j = common+1, i+1, j+1
		}
	}
	if union := len(a) + len(b) - common; union > 0 {
		return float64(common) / float64(union)
	}
	return 0
}
