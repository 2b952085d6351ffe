package drift

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/assay-ml/assay/internal/data/table"
)

// maxRows bounds the rows of each table that a classifier is given.
const maxRows = 10_000

// cell is one value of a drawn row.
type cell struct {
	valid  bool
	number float64 // of kinds that have numbers
	text   string  // of all others
}

// drawn is some rows of a table, drawn without replacement, in random order: for each column a cell a row.
type drawn [][]cell

func (d drawn) rows() int {
	if len(d) == 0 {
		return 0
	}
	return len(d[0])
}

// scan hands out columns of a table a chunk at a time, as table.Table's Scan does.
type scan func(ctx context.Context, columns []string, consume func(*table.Chunk) error) error

// drawBoth draws rows of both tables at once.
func drawBoth(ctx context.Context, reference, current scan, columns []string, seed uint64) (left, right drawn, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		left, err = draw(ctx, reference, columns, rand.New(rand.NewPCG(seed, 2)))
		return err
	})
	group.Go(func() (err error) {
		right, err = draw(ctx, current, columns, rand.New(rand.NewPCG(seed, 3)))
		return err
	})
	err = group.Wait()
	return left, right, err
}

// draw keeps maxRows rows of one scan, each set of rows as likely as any other (reservoir sampling: Vitter 1985, algorithm R).
func draw(ctx context.Context, read scan, columns []string, random *rand.Rand) (drawn, error) {
	var d drawn
	err := table.Settled(func() error {
		d = make(drawn, len(columns))
		seen := 0
		return read(ctx, columns, func(chunk *table.Chunk) error {
			for i := range chunk.Len {
				slot := seen
				if seen++; slot >= maxRows {
					slot = random.IntN(seen)
				}
				if slot < maxRows {
					d.keep(chunk, i, slot)
				}
			}
			return nil
		})
	})
	d.shuffle(random)
	return d, err
}

// keep copies a row of the chunk to its slot, a new one or one that is taken.
func (d drawn) keep(chunk *table.Chunk, row, slot int) {
	for c := range d {
		v := &chunk.Columns[c]
		value := cell{valid: v.Valid(row)}
		if v.Strings != nil {
			value.text = truncated(v.Strings[row])
		} else {
			value.number = v.Numbers[row]
			value.valid = value.valid && !math.IsNaN(value.number) && !math.IsInf(value.number, 0)
		}
		if slot == len(d[c]) {
			d[c] = append(d[c], value)
		} else {
			d[c][slot] = value
		}
	}
}

// maxText bounds the bytes of a text that are kept.
const maxText = 4096

// truncated is a copy of the start of a text: the chunk's strings share memory that would stay with it.
func truncated(text string) string { return string([]byte(text[:min(len(text), maxText)])) }

func (d drawn) shuffle(random *rand.Rand) {
	random.Shuffle(d.rows(), func(i, j int) {
		for _, column := range d {
			column[i], column[j] = column[j], column[i]
		}
	})
}

// pick is the same rows with only some of the columns.
func (d drawn) pick(columns ...int) drawn {
	out := make(drawn, len(columns))
	for i, c := range columns {
		out[i] = d[c]
	}
	return out
}

// present is the rows in which the only column has a value.
func (d drawn) present() drawn {
	return drawn{slices.DeleteFunc(slices.Clone(d[0]), func(c cell) bool { return !c.valid })}
}
