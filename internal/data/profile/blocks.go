package profile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// maxNamed bounds the frequent values that are shown of a column, maxShown the characters of each.
const (
	maxNamed = 3
	maxShown = 24
)

// Blocks are the profile for a reader: a sentence, and a table with one row for each column.
func (p *Profile) Blocks() []finding.Block {
	text := fmt.Sprintf("%d rows, %d columns; quantiles are of ranks within %.2g %%", p.Rows, len(p.Columns), 100*p.largestError())
	if p.MinCount > 0 {
		text += fmt.Sprintf("; what fewer than %d rows share was left out", p.MinCount)
	}
	all := finding.Table{Title: "columns", Header: []string{"column", "type", "nulls", "distinct", "least", "quarter", "median", "three quarters", "most", "mean", "frequent"}}
	for _, c := range p.Columns {
		all.Rows = append(all.Rows, finding.Row{Cells: c.cells()})
	}
	return []finding.Block{finding.Note{Text: text}, all}
}

// largestError is that of the quantiles of any column.
func (p *Profile) largestError() float64 {
	largest := 0.0
	for _, c := range p.Columns {
		if c.Numbers != nil {
			largest = max(largest, c.Numbers.Error())
		}
	}
	return largest
}

func (c *Column) cells() []finding.Cell {
	var nulls finding.Cell = finding.Absent{}
	if c.Rows > 0 {
		nulls = finding.Share(float64(c.Nulls) / float64(c.Rows))
	}
	start := []finding.Cell{finding.Name(c.Name), finding.Text(c.Kind.String()), nulls}
	switch {
	case c.Numbers != nil:
		return append(append(start, c.numberCells()...), finding.Text(c.named()))
	case c.Texts != nil:
		return append(append(start, c.textCells()...), finding.Text(c.named()))
	}
	why := "too few values to show"
	if c.Sensitive {
		why = "sensitive"
	}
	for len(start) < 10 {
		start = append(start, finding.Absent{})
	}
	return append(start, finding.Text(why))
}

// numberCells are those from distinct to mean.
func (c *Column) numberCells() []finding.Cell {
	n, w := c.Numbers, c.Numbers.Weighted()
	cells := []finding.Cell{distinctCell(n.Distinct())}
	add := func(known bool, v float64) {
		if known {
			cells = append(cells, finding.Text(show(c.Kind, v)))
		} else {
			cells = append(cells, finding.Absent{})
		}
	}
	add(n.Count > 0 && !n.Unbounded, n.Min)
	for _, share := range []float64{0.25, 0.5, 0.75} {
		known := w.Total() > 0
		v := 0.0
		if known {
			v = w.Quantile(share)
		}
		add(known, v)
	}
	add(n.Count > 0 && !n.Unbounded, n.Max)
	add(n.Count > 0, n.Mean)
	return cells
}

// textCells are those from distinct to mean: of texts only the first and the last are known.
func (c *Column) textCells() []finding.Cell {
	t := c.Texts
	cells := []finding.Cell{distinctCell(t.Distinct()), finding.Absent{}, finding.Absent{}, finding.Absent{}, finding.Absent{}, finding.Absent{}, finding.Absent{}}
	if t.Range != nil {
		cells[1], cells[5] = finding.Text(cut(t.Range[0])), finding.Text(cut(t.Range[1]))
	}
	return cells
}

func distinctCell(about int64, err float64, known bool) finding.Cell {
	switch {
	case !known:
		return finding.Absent{}
	case err > 0:
		return finding.Text(fmt.Sprintf("≈ %d", about))
	}
	return finding.Count(about)
}

// named are the most frequent values with their shares.
func (c *Column) named() string {
	var shown []string
	add := func(value string, count int64) {
		shown = append(shown, fmt.Sprintf("%s %.0f %%", value, 100*float64(count)/float64(c.Values())))
	}
	if c.Numbers != nil {
		frequent := c.Numbers.Frequent()
		for _, f := range frequent[:min(maxNamed, len(frequent))] {
			add(show(c.Kind, f.Value), f.Count)
		}
	} else {
		frequent := c.Texts.Frequent()
		for _, f := range frequent[:min(maxNamed, len(frequent))] {
			add(strconv.Quote(cut(f.Value)), f.Count)
		}
	}
	return strings.Join(shown, ", ")
}

// show is a number as its kind has it.
func show(kind table.Kind, v float64) string {
	switch kind {
	case table.Boolean:
		if v == 0 || v == 1 {
			return strconv.FormatBool(v == 1)
		}
	case table.Date:
		return first(0, int64(v))
	case table.Timestamp:
		return time.UnixMilli(int64(v * 1000)).UTC().Format("2006-01-02 15:04:05")
	}
	return strconv.FormatFloat(v, 'g', 5, 64)
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}
