package drift

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/stat"
)

// sample is one column of one table, in memory: numbers as they are, everything else counted by value.
type sample struct {
	rows      int64
	nulls     int64 // nulls, NaN and infinities: values that no test can use
	notFinite int64
	numbers   []float64
	counts    map[string]int64
	isSorted  bool   // the numbers are ascending
	tooMany   bool   // more distinct values than are worth counting: an identifier or free text
	texts     *texts // of free text with too many distinct values
}

// maxDistinct bounds the distinct values that are counted in a text column.
const maxDistinct = 20_000

// isNumeric reports whether values of the kind compare as numbers. Booleans are two categories.
func isNumeric(kind table.Kind) bool { return kind.HasNumbers() && kind != table.Boolean }

// read collects columns in one scan of the table.
func read(ctx context.Context, t *table.Table, names []string) ([]*sample, error) {
	var samples []*sample
	err := table.Settled(func() error {
		samples = make([]*sample, len(names))
		for i := range samples {
			samples[i] = newSample()
		}
		return t.Scan(ctx, names, func(chunk *table.Chunk) error {
			for i := range samples {
				samples[i].add(&chunk.Columns[i], chunk.Len)
			}
			return nil
		})
	})
	return samples, err
}

func (s *sample) add(v *table.Vector, n int) {
	s.rows += int64(n)
	switch {
	case isNumeric(v.Kind):
		s.addNumbers(v, n)
	case v.Kind == table.Boolean:
		s.addBooleans(v, n)
	default:
		s.addStrings(v, n)
	}
}

func (s *sample) addNumbers(v *table.Vector, n int) {
	s.numbers = slices.Grow(s.numbers, n)
	for i, x := range v.Numbers[:n] {
		switch {
		case !v.Valid(i):
			s.nulls++
		case math.IsNaN(x) || math.IsInf(x, 0):
			s.nulls++
			s.notFinite++
		default:
			s.numbers = append(s.numbers, x)
		}
	}
}

func (s *sample) addBooleans(v *table.Vector, n int) {
	for i, x := range v.Numbers[:n] {
		if !v.Valid(i) {
			s.nulls++
			continue
		}
		s.counts[strconv.FormatBool(x != 0)]++
	}
}

func (s *sample) addStrings(v *table.Vector, n int) {
	for i, text := range v.Strings[:n] {
		if !v.Valid(i) {
			s.nulls++
			continue
		}
		switch {
		case !s.tooMany:
			s.counts[text]++
			if len(s.counts) > maxDistinct {
				s.tooMany, s.texts, s.counts = true, prose(s.counts), nil
			}
		case s.texts != nil:
			s.texts.add(text, 1)
		}
	}
}

// newSample is an empty sample.
func newSample() *sample { return &sample{counts: map[string]int64{}} }

// values is how many values can be tested.
func (s *sample) values() int64 { return s.rows - s.nulls }

// sorted is the numbers of the sample, ascending. It belongs to the sample: nobody may change it.
func (s *sample) sorted() []float64 {
	if !s.isSorted {
		stat.SortFloats(s.numbers)
		s.isSorted = true
	}
	return s.numbers
}

// maxCodes is how many distinct whole numbers a column may have and still be taken for codes of categories.
const maxCodes = 10

// codes turns two number columns of few distinct values into counts, and reports whether it did: levels and codes are no
// measurements, and ties rob the Kolmogorov-Smirnov test of its power.
func (p pair) codes() bool {
	codes := map[float64]bool{}
	for _, s := range []*sample{p.reference, p.current} {
		for i, x := range s.sorted() {
			if i > 0 && x == s.numbers[i-1] {
				continue
			}
			codes[x] = true
			if len(codes) > maxCodes {
				return false
			}
		}
	}
	for _, s := range []*sample{p.reference, p.current} {
		for _, x := range s.numbers {
			s.counts[strconv.FormatFloat(x, 'g', -1, 64)]++
		}
	}
	return true
}
