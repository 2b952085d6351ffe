package drift

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// detail is what a reader who asks for more of a check is shown.
func (r Result) detail(check Check, column *Column) []finding.Block {
	blocks := []finding.Block{finding.Note{Text: check.sentence()}}
	if column == nil {
		return blocks
	}
	if histogram, ok := r.histogram(*column); ok {
		blocks = append(blocks, histogram)
	}
	blocks = append(blocks, r.curves(*column)...)
	blocks = append(blocks, r.quantiles(*column))
	if len(column.Unseen) > 0 {
		blocks = append(blocks, finding.Note{Text: "Values that the reference does not have, such as " + strings.Join(column.Unseen, ", ") + "."})
	}
	return blocks
}

// sentence says what was found and how the numbers read.
func (c Check) sentence() string {
	parts := []string{c.message() + "."}
	if c.Effect != nil && c.Unit != "" {
		parts = append(parts, fmt.Sprintf("The effect of %.3g is told in: %s; it counts from %.3g.", *c.Effect, c.Unit, c.Minimum))
	}
	if c.Noise != nil {
		parts = append(parts, fmt.Sprintf("Without drift it would come to about %.3g.", *c.Noise))
	}
	if c.PSI != nil && c.PSINoise != nil {
		parts = append(parts, fmt.Sprintf("PSI is %.3g, without drift about %.3g.", *c.PSI, *c.PSINoise))
	}
	if c.W1 != nil && c.W1Noise != nil {
		parts = append(parts, fmt.Sprintf("The Wasserstein distance is %.3g standard deviations, without drift about %.3g.", *c.W1, *c.W1Noise))
	}
	return strings.Join(parts, " ")
}

func (r Result) histogram(c Column) (finding.Histogram, bool) {
	return finding.Histogram{Title: c.title(), Labels: c.Labels,
		Series: []finding.Series{{Name: r.Reference, Values: c.Reference.Shares}, {Name: r.Current, Values: c.Current.Shares}}}, len(c.Labels) > 0
}

func (c Column) title() string {
	if c.Axis == "" {
		return c.Column
	}
	return c.Column + ", " + c.Axis
}

// curves are the two distribution functions and their difference.
func (r Result) curves(c Column) []finding.Block {
	if len(c.Places) < 2 {
		return nil
	}
	difference := make([]float64, len(c.Places))
	for i := range difference {
		difference[i] = brief(c.Current.AtMost[i] - c.Reference.AtMost[i])
	}
	return []finding.Block{
		finding.Curve{Title: "Share of values up to", Axis: c.title(), Lines: []finding.Trace{
			{Name: r.Reference, X: c.Places, Y: c.Reference.AtMost}, {Name: r.Current, X: c.Places, Y: c.Current.AtMost}}},
		finding.Curve{Title: "Difference of the shares", Axis: c.title(), Lines: []finding.Trace{{Name: r.Current + " − " + r.Reference, X: c.Places, Y: difference}}},
	}
}

// quantiles is the table of what was counted, and of the places in the distribution where there are any.
func (r Result) quantiles(c Column) finding.Table {
	t := finding.Table{Title: "Values", Header: []string{"", r.Reference, r.Current}}
	counts := func(name string, reference, current int64) {
		t.Rows = append(t.Rows, finding.Row{Cells: []finding.Cell{finding.Text(name), finding.Count(reference), finding.Count(current)}})
	}
	texts := func(name, reference, current string) {
		t.Rows = append(t.Rows, finding.Row{Cells: []finding.Cell{finding.Text(name), finding.Name(reference), finding.Name(current)}})
	}
	counts("values", c.Reference.Values, c.Current.Values)
	counts("nulls", c.Reference.Nulls, c.Current.Nulls)
	if c.Reference.NotFinite+c.Current.NotFinite > 0 {
		counts("of them NaN or infinite", c.Reference.NotFinite, c.Current.NotFinite)
	}
	if c.Reference.Distinct+c.Current.Distinct > 0 {
		counts("distinct", int64(c.Reference.Distinct), int64(c.Current.Distinct))
	}
	if len(c.Quantiles) == 0 {
		return t
	}
	texts("mean", c.Reference.Mean, c.Current.Mean)
	texts("standard deviation", c.Reference.Deviation, c.Current.Deviation)
	texts("smallest", c.Reference.Range[0], c.Current.Range[0])
	for i, q := range c.Quantiles {
		texts(fmt.Sprintf("%g %%", 100*q), c.Reference.Quantiles[i], c.Current.Quantiles[i])
	}
	texts("largest", c.Reference.Range[1], c.Current.Range[1])
	return t
}
