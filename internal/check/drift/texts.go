package drift

import (
	"strings"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/data/table"
)

// texts describes free texts by numbers, which the tests of numbers compare: how long, how foreign, how many words.
type texts struct {
	lengths  []float64 // characters
	nonASCII []float64 // share of the characters
	words    []float64 // separated by white space
}

// add counts a text that stands in some rows.
func (t *texts) add(text string, rows int64) {
	length := utf8.RuneCountInString(text)
	foreign := 0.0
	for _, r := range text {
		if r >= utf8.RuneSelf {
			foreign++
		}
	}
	words := float64(len(strings.Fields(text)))
	for range rows {
		t.lengths = append(t.lengths, float64(length))
		t.nonASCII = append(t.nonASCII, foreign/float64(max(1, length)))
		t.words = append(t.words, words)
	}
}

// minWords is how many words a column's distinct values have on average from which they are texts and no identifiers. What
// an identifier is made of moves on by itself, so it is not compared.
const minWords = 2

// isProse reports whether counted values are texts.
func isProse(counts map[string]int64) bool {
	total := 0
	for text := range counts {
		total += len(strings.Fields(text))
	}
	return total >= minWords*len(counts)
}

// prose is the texts of counted values, or nil where they are no texts.
func prose(counts map[string]int64) *texts {
	if !isProse(counts) {
		return nil
	}
	all := &texts{}
	for text, rows := range counts {
		all.add(text, rows)
	}
	return all
}

// isProse reports whether the values of the sample are texts.
func (s *sample) isProse() bool { return s.texts != nil || !s.tooMany && isProse(s.counts) }

// prose is the sample as texts.
func (s *sample) prose() *texts {
	if s.tooMany {
		return s.texts
	}
	return prose(s.counts)
}

// The rules of checks of texts.
const (
	textLength  = "text-length"
	textASCII   = "text-non-ascii"
	textWords   = "text-words"
	textWording = "text-wording"
)

// compareTexts compares the numbers that describe the texts. What they say is compared by a classifier, on rows that are read for it.
func (p pair) compareTexts(e *examined) {
	reference, current := p.reference.prose(), p.current.prose()
	for _, of := range []struct {
		rule, aspect string
		values       func(*texts) []float64
	}{
		{textLength, "length", func(t *texts) []float64 { return t.lengths }},
		{textASCII, "non-ASCII characters", func(t *texts) []float64 { return t.nonASCII }},
		{textWords, "words", func(t *texts) []float64 { return t.words }},
	} {
		derived := p
		derived.both = nil
		derived.kind, derived.aspect = table.Float, of.aspect
		derived.reference, derived.current = numbersOf(of.values(reference)), numbersOf(of.values(current))
		derived.compareNumbers(e, of.rule)
	}
}

// numbersOf is a sample of numbers.
func numbersOf(values []float64) *sample {
	s := newSample()
	s.rows, s.numbers = int64(len(values)), [][]float64{values}
	return s
}
