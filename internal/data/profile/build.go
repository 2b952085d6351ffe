package profile

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/stat"
)

// The bounds of a least count: four moments tell four unknown values, and a sketch of many values is sure to hold 256.
const (
	MinMinCount = 5
	MaxMinCount = 256
)

func isMinCount(n int64) bool { return n >= MinMinCount && n <= MaxMinCount }

// Of profiles a table in one scan. The same rows in the same order give the same profile. What fewer rows than minCount
// share is left out; 0 leaves out nothing.
func Of(ctx context.Context, t *table.Table, minCount int64) (*Profile, error) {
	if minCount != 0 && !isMinCount(minCount) {
		return nil, source.Errorf(fmt.Sprintf("ask for %d to %d, or 0 for everything", MinMinCount, MaxMinCount), "a least count of %d", minCount)
	}
	var builder *Builder
	err := table.Settled(func() error {
		builder = NewBuilder(t.Columns(), t.IsSensitive)
		return t.Scan(ctx, nil, func(c *table.Chunk) error {
			builder.addInParallel(c)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	return builder.Profile(minCount), nil
}

// Builder gathers a profile from the chunks of a Scan. One belongs to one goroutine; those of several are merged in the end.
type Builder struct {
	profile *Profile
	numbers [][]float64 // of each column, those that fill no block yet
	texts   [][]string
}

// How many values of a column are summarized together, and how many bytes of text at most. Chunks of the engine end where its
// buffers do, so the result must not depend on their size.
const (
	block      = 8192
	blockBytes = 4 << 20
)

// NewBuilder expects chunks of these columns.
func NewBuilder(columns []table.Column, isSensitive func(...string) bool) *Builder {
	b := &Builder{profile: &Profile{}, numbers: make([][]float64, len(columns)), texts: make([][]string, len(columns))}
	for _, c := range columns {
		b.profile.Columns = append(b.profile.Columns, newColumn(c, isSensitive(c.Name)))
	}
	return b
}

// Add takes in a chunk.
func (b *Builder) Add(c *table.Chunk) {
	for i := range b.profile.Columns {
		b.addColumn(i, c)
	}
	b.profile.Rows += int64(c.Len)
}

// addInParallel does the same on all cores, column by column: so the order of the rows is kept, and with it the result.
func (b *Builder) addInParallel(c *table.Chunk) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(b.profile.Columns)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(b.profile.Columns); i = int(next.Add(1)) - 1 {
				b.addColumn(i, c)
			}
		})
	}
	workers.Wait()
	b.profile.Rows += int64(c.Len)
}

// Merge takes in what another builder gathered of the same columns; that one must not be used afterwards.
func (b *Builder) Merge(other *Builder) error {
	b.flush()
	other.flush()
	return b.profile.Merge(other.profile)
}

// Profile is what was gathered. The builder must not be used afterwards.
func (b *Builder) Profile(minCount int64) *Profile {
	b.flush()
	b.profile.trim()
	if minCount > 0 {
		b.profile.hide(minCount)
	}
	return b.profile
}

// flush summarizes what fills no block.
func (b *Builder) flush() {
	for i, c := range b.profile.Columns {
		c.addNumbers(b.numbers[i])
		c.addTexts(b.texts[i])
		b.numbers[i], b.texts[i] = nil, nil
	}
}

// addColumn takes in one column of a chunk.
func (b *Builder) addColumn(i int, chunk *table.Chunk) {
	c, v := b.profile.Columns[i], &chunk.Columns[i]
	c.Rows += int64(chunk.Len)
	if v.Kind.HasNumbers() {
		b.numbers[i] = eachBlock(c.finite(b.numbers[i], v, chunk.Len), numbersOfBlock, c.addNumbers)
	} else {
		b.texts[i] = eachBlock(c.present(b.texts[i], v, chunk.Len), textsOfBlock, c.addTexts)
	}
}

// eachBlock gives blocks of values to add, as long as next says of the rest (0: it fills no block), and answers with that.
func eachBlock[K any](values []K, next func([]K) int, add func([]K)) []K {
	rest := values
	for n := next(rest); n > 0; n = next(rest) {
		add(rest[:n])
		rest = rest[n:]
	}
	kept := append(values[:0], rest...)
	clear(values[len(kept):]) // so that no text is held longer
	return kept
}

func numbersOfBlock(values []float64) int {
	if len(values) < block {
		return 0
	}
	return block
}

func textsOfBlock(values []string) int {
	bytes := 0
	for i, v := range values {
		if bytes += len(v); i+1 == block || bytes >= blockBytes {
			return i + 1
		}
	}
	return 0
}

// finite appends the finite values of a vector, and counts the others.
func (c *Column) finite(values []float64, v *table.Vector, n int) []float64 {
	for row, x := range v.Numbers[:n] {
		switch {
		case !v.Valid(row):
			c.Nulls++
		case math.Abs(x) <= math.MaxFloat64:
			values = append(values, x)
		case x > 0:
			c.Above++
		case x < 0:
			c.Below++
		default:
			c.NaNs++
		}
	}
	return values
}

// present appends the texts of a vector, and counts what is null.
func (c *Column) present(texts []string, v *table.Vector, n int) []string {
	before := len(texts)
	for row, text := range v.Strings[:n] {
		if v.Valid(row) {
			texts = append(texts, text)
		}
	}
	c.Nulls += int64(n - (len(texts) - before))
	return texts
}

// addTexts takes in texts.
func (c *Column) addTexts(texts []string) {
	if c.Texts != nil {
		c.Texts.add(texts)
	}
}

// addNumbers takes in finite values, and sorts them.
func (c *Column) addNumbers(values []float64) {
	if c.Numbers == nil || len(values) == 0 {
		return
	}
	stat.SortFloats(values) // which also makes +0 of −0
	counted := countSorted(values)
	c.Numbers.add(values, counted)
	if c.Dates != nil {
		c.Dates.add(counted)
	}
}

// hide leaves out what fewer rows than least share.
func (p *Profile) hide(least int64) {
	p.MinCount = least
	for _, c := range p.Columns {
		c.hide(least)
	}
}
