package drift

import (
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/stat"
)

// sample is one column of one table, in memory: numbers as they are, everything else counted by value.
type sample struct {
	rows      int64
	nulls     int64 // nulls, NaN and infinities: values that no test can use
	notFinite int64
	numbers   [][]float64 // in segments, in no order
	ascending []float64   // the same in one piece, once somebody asked for it
	counts    map[string]int64
	tooMany   bool   // more distinct values than are worth counting: an identifier or free text
	texts     *texts // of free text with too many distinct values
}

// maxDistinct bounds the distinct values that are counted in a text column.
const maxDistinct = 20_000

// isNumeric reports whether values of the kind compare as numbers. Booleans are two categories.
func isNumeric(kind table.Kind) bool { return kind.HasNumbers() && kind != table.Boolean }

// newSample is an empty sample.
func newSample() *sample { return &sample{counts: map[string]int64{}} }

// values is how many values can be tested.
func (s *sample) values() int64 { return s.rows - s.nulls }

// sorted is the numbers of the sample, ascending. It belongs to the sample: nobody may change it.
func (s *sample) sorted() []float64 {
	if s.ascending == nil {
		s.ascending = slices.Concat(s.numbers...)
		stat.SortFloats(s.ascending)
	}
	return s.ascending
}

// part is what one consumer of a sweep read of a column.
type part struct {
	sample
	tallies map[string]*int64 // of texts; nil once there are too many of them
	budget  *budget
}

func newPart(b *budget) *part { return &part{tallies: map[string]*int64{}, budget: b} }

// addAll adds values to a part that is unbounded.
func (p *part) addAll(v *table.Vector, n int) { _ = p.add(v, n) }

// add adds the values of a vector, or errFull.
func (p *part) add(v *table.Vector, n int) error {
	p.rows += int64(n)
	switch {
	case isNumeric(v.Kind):
		return p.addNumbers(v, n)
	case v.Kind == table.Boolean:
		p.addBooleans(v, n)
	default:
		p.addTexts(v, n)
	}
	return nil
}

func (p *part) addNumbers(v *table.Vector, n int) error {
	if last := len(p.numbers) - 1; last < 0 || cap(p.numbers[last])-len(p.numbers[last]) < n {
		segment, err := p.budget.take(n, len(p.numbers))
		if err != nil {
			return err
		}
		p.numbers = append(p.numbers, segment)
	}
	into := &p.numbers[len(p.numbers)-1]
	for i, x := range v.Numbers[:n] {
		switch {
		case !v.Valid(i):
			p.nulls++
		case x-x != 0: // NaN and the infinities
			p.nulls++
			p.notFinite++
		default:
			*into = append(*into, x)
		}
	}
	return nil
}

func (p *part) addBooleans(v *table.Vector, n int) {
	var yes, no int64
	for i, x := range v.Numbers[:n] {
		switch {
		case !v.Valid(i):
			p.nulls++
		case x != 0:
			yes++
		default:
			no++
		}
	}
	p.tally(strconv.FormatBool(true), yes)
	p.tally(strconv.FormatBool(false), no)
}

func (p *part) addTexts(v *table.Vector, n int) {
	for i, text := range v.Strings[:n] {
		if v.Valid(i) {
			p.tally(text, 1)
		} else {
			p.nulls++
		}
	}
}

// tally counts a text, which it copies where it is new.
func (p *part) tally(text string, rows int64) {
	count := p.tallies[text]
	switch {
	case count != nil:
		*count += rows
	case rows == 0:
	case p.texts != nil:
		p.texts.add(text, rows)
	default:
		first := rows // and not &rows, which would move every argument to the heap
		p.tallies[strings.Clone(text)] = &first
		if len(p.tallies) > maxDistinct {
			p.describe()
		}
	}
}

// describe turns counts into the numbers that describe texts.
func (p *part) describe() {
	p.texts, p.tooMany = newTexts(), true
	for text, rows := range p.tallies {
		p.texts.add(text, *rows)
	}
	p.tallies = nil
}

// join makes one sample of the parts of a column. Which consumer read what changes nothing in it but the order of values.
func join(parts []*part) *sample {
	whole := newSample()
	for _, p := range parts {
		whole.rows, whole.nulls, whole.notFinite = whole.rows+p.rows, whole.nulls+p.nulls, whole.notFinite+p.notFinite
		whole.numbers = append(whole.numbers, p.numbers...)
		whole.tooMany = whole.tooMany || p.tooMany
		for text, rows := range p.tallies {
			whole.counts[text] += *rows
		}
	}
	if whole.tooMany || len(whole.counts) > maxDistinct {
		whole.tooMany, whole.counts, whole.texts = true, nil, joinTexts(parts)
	}
	return whole
}

// joinTexts is the description of all texts, or nil where they are identifiers.
func joinTexts(parts []*part) *texts {
	all := newTexts()
	for _, p := range parts {
		if p.texts == nil {
			p.describe()
		}
		all.join(p.texts)
	}
	words, rows := 0.0, int64(0)
	for n, of := range all.words {
		words, rows = words+n*float64(of), rows+of
	}
	if words < minWords*float64(rows) {
		return nil
	}
	return all
}

// maxCodes is how many distinct whole numbers a column may have and still be taken for codes of categories.
const maxCodes = 10

// codes turns two number columns of few distinct values into counts, and reports whether it did: levels and codes are no
// measurements, and ties rob the Kolmogorov-Smirnov test of its power.
func (p *pair) codes() bool {
	both, err := p.compared()
	if err != nil {
		return false
	}
	values, x, y, ok := both.Distinct(maxCodes)
	for i, v := range values {
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if x[i] > 0 {
			p.reference.counts[text] = x[i]
		}
		if y[i] > 0 {
			p.current.counts[text] = y[i]
		}
	}
	return ok
}
