package evidently

import (
	"math"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/stat"
)

// sample is one column of one table as Evidently cleans it: without nulls, NaN and infinities.
type sample struct {
	dtype    dtype
	distinct int64 // distinct values before cleaning, nulls apart
	values   int64 // values before cleaning, nulls apart

	numbers []float64        // sorted, where the dtype has numbers
	counts  map[string]int64 // of the texts otherwise

	// The same in the order of the rows, where a stattest needs it.
	numbersInOrder []float64
	textsInOrder   []string
}

// size is the number of values after cleaning.
func (s *sample) size() int64 {
	if s.dtype.hasNumbers() {
		return int64(len(s.numbers))
	}
	return s.values
}

// count counts a text. A copy is kept: the texts of a chunk share one piece of memory.
func (s *sample) count(text string, inOrder bool) {
	if _, known := s.counts[text]; !known || inOrder {
		text = strings.Clone(text)
	}
	s.counts[text]++
	if inOrder {
		s.textsInOrder = append(s.textsInOrder, text)
	}
}

// finish sorts and cleans. Infinities count among the values as they do in Evidently's inference of types, and then go.
func (s *sample) finish(inOrder bool) {
	if !s.dtype.hasNumbers() {
		s.distinct = int64(len(s.counts))
		return
	}
	if inOrder {
		s.numbersInOrder = slices.DeleteFunc(slices.Clone(s.numbers), func(v float64) bool { return math.IsInf(v, 0) })
	}
	stat.SortFloats(s.numbers)
	s.distinct = int64(eachNumber(s.numbers, nil, ignore))
	from := leading(s.numbers, math.Inf(-1))
	to := len(s.numbers)
	for to > from && math.IsInf(s.numbers[to-1], 1) {
		to--
	}
	s.numbers = s.numbers[from:to]
}
