package drift

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// parts is the reference in parts: for each part a sample of each column.
type parts struct {
	keys    map[string]int
	reading [][]*part
	samples [][]*sample // once all is read
	rows    []int64
}

// unfit says why a column cannot tell parts apart.
func (h History) unfit(column table.Column, known bool) Check {
	switch {
	case !known:
		return missing(h.By, fmt.Sprintf("there is no column %s", h.By))
	case h.Every != "" && column.Kind != table.Date && column.Kind != table.Timestamp:
		return Check{Cause: finding.Undefined, Message: fmt.Sprintf("column %s is %s, and every is for dates and timestamps", h.By, column.Kind)}
	}
	return Check{}
}

// maxParts bounds the parts: with more, each would be compared with all others for hours.
const maxParts = 1000

var errTooManyParts = errors.New("the reference has too many parts")

// column is one column's samples of all parts.
func (a parts) column(i int) []*sample {
	out := make([]*sample, len(a.samples))
	for j := range out {
		out[j] = a.samples[j][i]
	}
	return out
}

// readParts scans the reference once more, with the column that tells the parts apart.
func (c *comparison) readParts(ctx context.Context, reference scan) (parts, error) {
	names := make([]string, len(c.pairs), len(c.pairs)+1)
	for i, p := range c.pairs {
		names[i] = p.name
	}
	part, names := c.partOf(names)
	var all parts
	err := table.Settled(func() error {
		all = parts{keys: map[string]int{}}
		row := int64(0)
		return reference(ctx, names, func(chunk *table.Chunk) error {
			err := all.add(chunk, len(c.pairs), row, part)
			row += int64(chunk.Len)
			return err
		})
	})
	all.settle()
	return all, err
}

// settle makes samples of what was read.
func (a *parts) settle() {
	for _, columns := range a.reading {
		samples := make([]*sample, len(columns))
		for i, p := range columns {
			samples[i] = join([]*part{p})
		}
		a.samples = append(a.samples, samples)
	}
}

// partOf says which part a row of a chunk belongs to, given its place in the table; "" is none.
func (c *comparison) partOf(names []string) (part func(chunk *table.Chunk, i int, row int64) string, columns []string) {
	h := c.spec.History
	if h.Parts != nil {
		return func(_ *table.Chunk, _ int, row int64) string {
			return strconv.FormatInt(row*int64(*h.Parts)/max(1, c.result.ReferenceRows), 10)
		}, names
	}
	at := len(names)
	return func(chunk *table.Chunk, i int, _ int64) string { return h.key(&chunk.Columns[at], i) }, append(names, h.By)
}

// key is the part that a value of the column belongs to; "" for null.
func (h History) key(v *table.Vector, i int) string {
	switch {
	case !v.Valid(i):
		return ""
	case v.Strings != nil:
		return v.Strings[i]
	case v.Kind == table.Date:
		return h.period(v.Numbers[i] * secondsOfDay)
	case v.Kind == table.Timestamp:
		return h.period(v.Numbers[i])
	}
	return strconv.FormatFloat(v.Numbers[i], 'g', -1, 64)
}

// period is the calendar's period that a time lies in, in seconds since 1970.
func (h History) period(seconds float64) string {
	at := time.Unix(int64(math.Floor(seconds)), 0).UTC()
	switch h.Every {
	case Hour:
		return at.Format("2006-01-02T15")
	case Week:
		year, week := at.ISOWeek()
		return fmt.Sprintf("%d-W%02d", year, week)
	case Month:
		return at.Format("2006-01")
	}
	return at.Format(time.DateOnly)
}

// add shares the rows of a chunk, whose first one stands at row, out among the parts.
func (a *parts) add(chunk *table.Chunk, columns int, row int64, part func(*table.Chunk, int, int64) string) error {
	byPart := map[int][]int{}
	for i := range chunk.Len {
		if key := part(chunk, i, row+int64(i)); key != "" {
			at := a.part(key, columns)
			byPart[at] = append(byPart[at], i)
		}
		if len(a.reading) > maxParts {
			return errTooManyParts
		}
	}
	for at, rows := range byPart {
		a.rows[at] += int64(len(rows))
		for i, p := range a.reading[at] {
			p.addAll(picked(&chunk.Columns[i], rows), len(rows))
		}
	}
	return nil
}

// part is the place of a part, a new one where it was not seen before.
func (a *parts) part(key string, columns int) int {
	at, known := a.keys[key]
	if !known {
		at = len(a.reading)
		a.keys[key] = at
		parts := make([]*part, columns)
		for i := range parts {
			parts[i] = newPart(unbounded())
		}
		a.reading, a.rows = append(a.reading, parts), append(a.rows, 0)
	}
	return at
}

// picked is a vector of some rows of another.
func picked(v *table.Vector, rows []int) *table.Vector {
	out := &table.Vector{Kind: v.Kind}
	if v.Mask != nil {
		out.Mask = make([]uint64, (len(rows)+63)/64)
	}
	for at, i := range rows {
		if v.Strings != nil {
			out.Strings = append(out.Strings, v.Strings[i])
		} else {
			out.Numbers = append(out.Numbers, v.Numbers[i])
		}
		if v.Mask != nil && v.Valid(i) {
			out.Mask[at/64] |= 1 << (at % 64)
		}
	}
	return out
}
