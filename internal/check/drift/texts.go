package drift

import (
	"strings"
	"unicode/utf8"
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

// prose is the texts of counted values, or nil where they are no texts.
func prose(counts map[string]int64) *texts {
	words := 0
	for text := range counts {
		words += len(strings.Fields(text))
	}
	if words < minWords*len(counts) {
		return nil
	}
	all := &texts{}
	for text, rows := range counts {
		all.add(text, rows)
	}
	return all
}
