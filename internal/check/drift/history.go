package drift

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// Usual is what the parts of the reference say about how far apart parts of it usually lie.
type Usual struct {
	Parts       int     `json:"parts"`
	By          string  `json:"by,omitempty"`
	Rows        int64   `json:"rows"`         // of the middle part by size
	FalseAlarms float64 `json:"false-alarms"` // share of comparisons without drift in which any column alarms
}

func (u Usual) explanation() string {
	by := "equal parts"
	if u.By != "" {
		by = "parts by " + u.By
	}
	return fmt.Sprintf("The reference has %d %s of about %d rows. A distribution drifts where it lies farther from the others than parts usually do, "+
		"beyond a limit of its own; of comparisons without drift %.3g %% have any column beyond its limit.", u.Parts, by, u.Rows, 100*u.FalseAlarms)
}

// limit is a column's answer where the history of the reference decides: p-values of the rank of current among the parts, and
// the distance from which it is unusual.
type limit struct{ p, adjusted, distance, usual float64 }

// parts is the reference in parts: for each part a sample of each column.
type parts struct {
	keys    map[string]int
	reading [][]*part
	samples [][]*sample // once all is read
	rows    []int64
}

// calibrate gives the distributions limits of their own from the differences between parts of the reference.
func (c *comparison) calibrate(ctx context.Context, reference scan) error {
	h := c.spec.History
	if h == nil || len(c.pairs) == 0 {
		return nil
	}
	all, err := c.readParts(ctx, reference)
	if err != nil {
		return err
	}
	c.calibrateBy(all)
	return nil
}

// calibrateBy decides by parts that are read.
func (c *comparison) calibrateBy(all parts) {
	rate := or(c.spec.History.FalseAlarms, defaultFalseAlarms)
	m := len(all.samples)
	allowed := int(rate*float64(m+1) + 1e-9) // how many of the m+1 may be as far out as current
	usual := &Usual{Parts: m, By: c.spec.History.By, Rows: middle(all.rows), FalseAlarms: float64(allowed) / float64(m+1)}
	c.result.History = usual
	switch current := c.result.CurrentRows; {
	case allowed == 0:
		c.forbid(fmt.Sprintf("%d parts of the reference, and it takes %d for a rate of false alarms of %g", m, int(math.Ceil(1/rate-1e-9))-1, rate))
	case 2*current < usual.Rows:
		c.forbid(fmt.Sprintf("%d rows, and parts of the reference have about %d: smaller parts have larger differences", current, usual.Rows))
	default:
		c.compareWithParts(all, allowed)
	}
}

// forbid takes the decision from all distributions.
func (c *comparison) forbid(why string) {
	for i := range c.examined {
		for j := range c.examined[i].tests {
			if t := &c.examined[i].tests[j]; t.check.Rule == distribution && !t.decided {
				t.decided = true
				t.check.Outcome, t.check.Cause = finding.NotRun, finding.TooFewRows
				t.check.Message += "; too little to tell: " + why
				t.check.Needed = why
			}
		}
	}
}

// compareWithParts ranks current among the parts. Each part's distance is that from all others, current among them, so that
// without drift current is one like any other; distances are told in those that the column usually has, and of a part the farthest
// column counts. So the limit holds for all columns together: current exceeds the k-th largest of m with a probability of at most
// k/(m+1), however the columns hang together.
func (c *comparison) compareWithParts(all parts, allowed int) {
	m := len(all.samples)
	relative := make([][]float64, len(c.pairs)) // by column, then part, current last
	usual := make([]float64, len(c.pairs))
	farthest := make([]float64, m)
	for i, p := range c.pairs {
		distances := p.distances(c.examined[i].nature, all.column(i))
		if distances == nil {
			continue
		}
		usual[i] = middle(distances)
		relative[i] = relativeTo(distances, usual[i])
		for j := range farthest {
			farthest[j] = math.Max(farthest[j], relative[i][j])
		}
	}
	descending := slices.SortedFunc(slices.Values(farthest), func(a, b float64) int { return cmp.Compare(b, a) })
	bound := descending[allowed-1]
	for i := range c.pairs {
		if relative[i] != nil {
			c.examined[i].limit(newLimit(relative[i], farthest, bound, usual[i]))
		}
	}
}

func newLimit(relative, farthest []float64, bound, usual float64) limit {
	m := len(farthest)
	current := relative[m]
	if usual == 0 {
		usual = 1 // distances are as they are
	}
	return limit{p: rank(relative[:m], current), adjusted: rank(farthest, current), distance: current * usual, usual: bound * usual}
}

// rank is the share of values, current counted among them, that are at least as large.
func rank(values []float64, current float64) float64 {
	atLeast := 1
	for _, v := range values {
		if v >= current {
			atLeast++
		}
	}
	return float64(atLeast) / float64(len(values)+1)
}

// relativeTo divides distances by the usual one, where there is one.
func relativeTo(distances []float64, usual float64) []float64 {
	if usual == 0 {
		return distances
	}
	out := make([]float64, len(distances))
	for i, d := range distances {
		out[i] = d / usual
	}
	return out
}

func middle[T cmp.Ordered](values []T) T {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

// limit sets the decision of the column's distribution.
func (e *examined) limit(l limit) {
	for i := range e.tests {
		t := &e.tests[i]
		if t.check.Rule != distribution || t.decided {
			continue
		}
		t.usual, t.p, t.effect = &l, l.p, l.distance
		t.check.Effect, t.check.Usual, t.check.Test = finite(l.distance), finite(l.usual), t.check.Test+", against history"
	}
}

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
			all.add(chunk, len(c.pairs), row, part)
			row += int64(chunk.Len)
			return nil
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
func (a *parts) add(chunk *table.Chunk, columns int, row int64, part func(*table.Chunk, int, int64) string) {
	byPart := map[int][]int{}
	for i := range chunk.Len {
		if key := part(chunk, i, row+int64(i)); key != "" {
			at := a.part(key, columns)
			byPart[at] = append(byPart[at], i)
		}
	}
	for at, rows := range byPart {
		a.rows[at] += int64(len(rows))
		for i, p := range a.reading[at] {
			p.addAll(picked(&chunk.Columns[i], rows), len(rows))
		}
	}
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
