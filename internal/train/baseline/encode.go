package baseline

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/assay-ml/assay/internal/data/table"
)

// frame is a table's columns in memory.
type frame struct {
	rows    int
	columns map[string]*values
}

// values is one column: numbers, with NaN for what is not there, or texts, with their mask.
type values struct {
	numeric bool
	numbers []float64
	texts   []string
	valid   []bool
}

// load reads columns into memory.
func load(ctx context.Context, t *table.Table, names []string) (frame, error) {
	var f frame
	err := table.Settled(func() error {
		f = frame{columns: map[string]*values{}}
		for _, name := range names {
			column, _ := t.Column(name)
			f.columns[name] = &values{numeric: isNumeric(column.Kind)}
		}
		return t.Scan(ctx, names, func(chunk *table.Chunk) error {
			f.rows += chunk.Len
			for i, name := range names {
				f.columns[name].add(&chunk.Columns[i], chunk.Len)
			}
			return nil
		})
	})
	return f, err
}

// isNumeric reports whether values of the kind are numbers to learn from. Booleans are two categories.
func isNumeric(kind table.Kind) bool { return kind.HasNumbers() && kind != table.Boolean }

func (v *values) add(vector *table.Vector, n int) {
	for i := range n {
		valid := vector.Valid(i)
		v.valid = append(v.valid, valid)
		switch {
		case vector.Kind == table.Boolean:
			v.texts = append(v.texts, strconv.FormatBool(vector.Numbers[i] != 0))
		case !v.numeric:
			v.texts = append(v.texts, vector.Strings[i])
		case valid:
			v.numbers = append(v.numbers, vector.Numbers[i])
		default:
			v.numbers = append(v.numbers, math.NaN())
		}
	}
}

// isFinite reports whether row i of a number column has a usable number.
func (v *values) isFinite(i int) bool {
	return v.valid[i] && !math.IsNaN(v.numbers[i]) && !math.IsInf(v.numbers[i], 0)
}

// encoder turns rows into standardized features, with what it learned from the training table only.
type encoder struct {
	features []feature
	width    int
}

// feature is one column: a standardized number with a flag for the missing ones, or a flag for each category.
type feature struct {
	name        string
	numeric     bool
	mean, scale float64
	flagged     bool           // some numbers were missing: one more column says which
	categories  map[string]int // category → its place; one that training did not see sets no flag
}

// fit learns the encoding of the named features. Constant numbers are left out: they say nothing, and a scale of 0 has no
// inverse.
func fit(train frame, names []string) encoder {
	var e encoder
	for _, name := range names {
		f := feature{name: name, numeric: train.columns[name].numeric}
		if f.numeric {
			f.learnNumbers(train.columns[name])
		} else {
			f.learnCategories(train.columns[name])
		}
		if f.width() > 0 {
			e.features = append(e.features, f)
			e.width += f.width()
		}
	}
	return e
}

func (f *feature) width() int {
	if !f.numeric {
		return len(f.categories)
	}
	width := 0
	if f.scale > 0 {
		width++
	}
	if f.flagged {
		width++
	}
	return width
}

// learnNumbers takes mean and standard deviation (of the population, as scikit-learn's StandardScaler does) of the numbers
// that are there.
func (f *feature) learnNumbers(v *values) {
	var n, sum, squares float64
	for i := range v.numbers {
		if v.isFinite(i) {
			n++
			sum += v.numbers[i]
		} else {
			f.flagged = true
		}
	}
	if n == 0 {
		return
	}
	f.mean = sum / n
	for i := range v.numbers {
		if v.isFinite(i) {
			squares += (v.numbers[i] - f.mean) * (v.numbers[i] - f.mean)
		}
	}
	f.scale = math.Sqrt(squares / n)
}

// maxCategories bounds the flags of one column: the most frequent categories get one.
const maxCategories = 100

func (f *feature) learnCategories(v *values) {
	counts := map[string]int{}
	for i, text := range v.texts {
		if v.valid[i] {
			counts[text]++
		}
	}
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	f.categories = map[string]int{}
	for _, name := range names[:min(len(names), maxCategories)] {
		f.categories[name] = len(f.categories)
	}
}

// encode is the design matrix of a table, row by row.
func (e encoder) encode(f frame) []float64 {
	matrix := make([]float64, f.rows*e.width)
	offset := 0
	for _, feature := range e.features {
		v := f.columns[feature.name]
		for row := range f.rows {
			feature.put(matrix[row*e.width+offset:], v, row)
		}
		offset += feature.width()
	}
	return matrix
}

// put writes one row's columns of the feature. A missing number becomes the mean, which is 0, and sets its flag.
func (f *feature) put(into []float64, v *values, row int) {
	if !f.numeric {
		if place, ok := f.categories[v.texts[row]]; ok && v.valid[row] {
			into[place] = 1
		}
		return
	}
	if v.isFinite(row) {
		if f.scale > 0 {
			into[0] = (v.numbers[row] - f.mean) / f.scale
		}
		return
	}
	if f.flagged {
		into[f.width()-1] = 1
	}
}
