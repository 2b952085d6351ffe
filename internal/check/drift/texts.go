package drift

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/data/table"
)

// texts describes free texts by numbers, which the tests of numbers compare: how long, how foreign, how many words. It counts them,
// since they are few, and texts may be as many as rows.
type texts struct {
	lengths  frequencies // characters
	nonASCII frequencies // share of the characters
	words    frequencies // separated by white space
}

// frequencies is in how many rows each number stands.
type frequencies map[float64]int64

func newTexts() *texts { return &texts{frequencies{}, frequencies{}, frequencies{}} }

// add counts a text that stands in some rows.
func (t *texts) add(text string, rows int64) {
	length := utf8.RuneCountInString(text)
	foreign := 0.0
	for _, r := range text {
		if r >= utf8.RuneSelf {
			foreign++
		}
	}
	t.lengths[float64(length)] += rows
	t.nonASCII[foreign/float64(max(1, length))] += rows
	t.words[float64(len(strings.Fields(text)))] += rows
}

// join adds the counts of other texts.
func (t *texts) join(other *texts) {
	t.lengths.join(other.lengths)
	t.nonASCII.join(other.nonASCII)
	t.words.join(other.words)
}

func (c frequencies) join(other frequencies) {
	for v, rows := range other {
		c[v] += rows
	}
}

// sample is the numbers one by one.
func (c frequencies) sample() *sample {
	s := newSample()
	var values []float64
	for v, rows := range c {
		values = append(values, slices.Repeat([]float64{v}, int(rows))...)
	}
	s.rows, s.numbers = int64(len(values)), [][]float64{values}
	return s
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
	all := newTexts()
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
		values       func(*texts) frequencies
	}{
		{textLength, "length", func(t *texts) frequencies { return t.lengths }},
		{textASCII, "non-ASCII characters", func(t *texts) frequencies { return t.nonASCII }},
		{textWords, "words", func(t *texts) frequencies { return t.words }},
	} {
		derived := p
		derived.both = nil
		derived.kind, derived.aspect = table.Float, of.aspect
		derived.reference, derived.current = of.values(reference).sample(), of.values(current).sample()
		derived.compareNumbers(e, of.rule)
	}
}
