package leak

import (
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// What a sample of train may hold; docs/leakage.md states these.
const (
	maxSample = 50_000     // rows
	maxCells  = 10_000_000 // values: 8 bytes each
)

// sampleSeed makes each run draw the same rows.
const sampleSeed = 1950

// sampler draws about limit of so many rows, each with the same probability.
type sampler struct {
	share  float64
	random *rand.Rand
}

func newSampler(limit, rows int64) sampler {
	return sampler{share: float64(limit) / float64(rows), random: rand.New(rand.NewPCG(sampleSeed, 0))}
}

// takes decides on the next row.
func (s sampler) takes() bool { return s.share >= 1 || s.random.Float64() < s.share }

// sample holds some rows of train, in their order, column by column.
type sample struct {
	columns map[string]*column
	rows    int
	isPart  bool    // not all rows of train
	target  *target // the label, once it was taken apart
}

// column is the values of one column in a sample: numbers, or texts as numbers that tell them apart.
type column struct {
	isNumber bool
	values   []float64 // NaN for null and NaN
	texts    []string  // of a key that holds texts
}

// part says that a sample was looked at.
func (s *sample) part() string {
	if !s.isPart {
		return ""
	}
	return fmt.Sprintf("; in a sample of %d rows", s.rows)
}

// labelled is a sample of train with these columns and the label, or nothing: then the checks say why.
func (s search) labelled(rule string, names []string) (*sample, []Check, error) {
	if s.spec.Label == "" {
		return nil, nil, nil
	}
	if missing := s.missing(s.spec.Label); len(missing) > 0 {
		return nil, absent(rule, missing), nil
	}
	drawn, err := s.draw(append(slices.Clone(names), s.spec.Label))
	if err != nil {
		return nil, nil, err
	}
	goal, ok := targetOf(drawn, s.spec.Label)
	if drawn.target = goal; !ok {
		why := fmt.Sprintf("too few rows of %s have a label: of classes %d rows each of two are needed, of numbers %d", s.train.Name(), minClass, minNumbers)
		return nil, []Check{Check{Rule: rule}.unable(finding.TooFewRows, why)}, nil
	}
	return drawn, nil, nil
}

// draw reads a sample of train in one scan. The texts of keys are kept.
func (s search) draw(names []string) (*sample, error) {
	limit := min(maxSample, max(1, maxCells/int64(len(names))))
	drawn := &sample{columns: map[string]*column{}, isPart: s.trainRows > limit}
	readers := make([]reader, len(names))
	for i, name := range names {
		in, _ := s.train.Column(name)
		drawn.columns[name] = &column{isNumber: in.Kind.HasNumbers() && in.Kind != table.Boolean}
		readers[i] = reader{column: drawn.columns[name], codes: map[uint64]float64{}, keepsTexts: slices.Contains(s.key, name)}
	}
	rows := newSampler(limit, s.trainRows)
	err := s.train.Scan(s.ctx, names, func(chunk *table.Chunk) error {
		for row := range chunk.Len {
			if !rows.takes() {
				continue
			}
			drawn.rows++
			for i := range readers {
				readers[i].read(&chunk.Columns[i], row)
			}
		}
		return nil
	})
	return drawn, err
}

// textSeed is not the same in two processes; what it tells apart is, but for one pair of texts in 2⁶⁴.
var textSeed = maphash.MakeSeed()

// reader fills a column.
type reader struct {
	*column
	codes      map[uint64]float64 // of the hashes of texts, in the order in which they appear
	keepsTexts bool
}

func (r reader) read(v *table.Vector, row int) {
	switch {
	case !v.Valid(row):
		r.values = append(r.values, math.NaN())
	case v.Strings == nil:
		r.values = append(r.values, v.Numbers[row])
	default:
		hash := maphash.String(textSeed, v.Strings[row])
		code, seen := r.codes[hash]
		if !seen {
			code = float64(len(r.codes))
			r.codes[hash] = code
		}
		r.values = append(r.values, code)
	}
	if r.keepsTexts && v.Strings != nil {
		r.texts = append(r.texts, strings.Clone(v.Strings[row])) // the chunk's texts share one piece of memory
	}
}

// group numbers the values of some rows: equal ones alike, null as a value of its own.
func (c *column) group(rows []int) (groups []int, count int) {
	numbers, groups := map[float64]int{}, make([]int, len(rows))
	null := -1
	for i, row := range rows {
		value := c.values[row]
		number, seen := numbers[value]
		switch {
		case math.IsNaN(value) && null < 0:
			null, number = count, count
			count++
		case math.IsNaN(value):
			number = null
		case !seen:
			number = count
			numbers[value] = count
			count++
		}
		groups[i] = number
	}
	return groups, count
}
