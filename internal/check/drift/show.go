package drift

import (
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/finding"
)

// Blocks are a table with a row for each check, and the pictures of columns that drifted.
func (r Result) Blocks() []finding.Block {
	described := r.described()
	table := finding.Table{Brief: true, Title: fmt.Sprintf("Drift from %s (%d rows) to %s (%d rows)", r.Reference, r.ReferenceRows, r.Current, r.CurrentRows),
		Header: []string{"column", "shape", "test", "statistic", "p", "adjusted p", "effect", "noise", "PSI", "W1/σ", "needed", "verdict"}}
	for _, check := range r.Checks {
		column := described[check.Column]
		if !check.isPictured() {
			column = nil
		}
		table.Rows = append(table.Rows, finding.Row{Outcome: check.Outcome, Cells: check.cells(column), Detail: r.detail(check, column), Pos: r.Pos})
	}
	blocks := []finding.Block{table}
	for _, text := range r.explanations() {
		blocks = append(blocks, finding.Note{Text: text})
	}
	if len(r.LeftOut) > 0 {
		blocks = append(blocks, finding.Note{Text: fmt.Sprintf(
			"Times move on by themselves, so these columns were left out (name them under columns: include to compare them): %s.", list(r.LeftOut))})
	}
	return append(blocks, r.pictures(described)...)
}

// described is the columns by name.
func (r Result) described() map[string]*Column {
	byName := make(map[string]*Column, len(r.Columns))
	for i := range r.Columns {
		if !r.Columns[i].isWhole() {
			continue
		}
		byName[r.Columns[i].Column] = &r.Columns[i]
	}
	return byName
}

// isWhole reports whether the lists of a column are as long as each other, and its places ascend: a result file may hold anything.
func (c Column) isWhole() bool {
	for _, side := range []Side{c.Reference, c.Current} {
		if len(side.Shares) != len(c.Labels) || len(side.AtMost) != len(c.Places) || len(side.Quantiles) != len(c.Quantiles) ||
			len(c.Quantiles) > 0 && len(side.Range) != 2 {
			return false
		}
	}
	return slices.IsSorted(c.Places)
}

// isPictured reports whether the column's picture is what the check is about.
func (c Check) isPictured() bool { return c.Rule == distribution || c.Rule == textLength }

// explanations say how the table reads.
func (r Result) explanations() []string {
	texts := []string{fmt.Sprintf("Drift is an adjusted p ≤ %g (%s over %d tests) and an effect of at least %g, the share of rows that would have to move; "+
		"null shares count from %g, values beyond the range from %g.", r.Significance, r.Correction, r.Tests, r.Minimum, r.NullShare, r.RangeShare),
		fmt.Sprintf("A pass says that an effect of %g would have been found with a probability of at least 0.8. Noise is what the effect comes to without drift.", r.Detect)}
	if r.IsProfile {
		texts = append(texts, "The reference is a profile: drift is only what its error cannot explain, and a pass leaves room for that error; what it does not hold is not compared.")
	}
	if r.History != nil {
		texts = append(texts, r.History.explanations()...)
	}
	return texts
}

// maxPictures bounds the pictures beside the table: each row of the table has its own.
const maxPictures = 6

// pictures shows the first columns that drifted.
func (r Result) pictures(described map[string]*Column) []finding.Block {
	var blocks []finding.Block
	for _, check := range r.Checks {
		column := described[check.Column]
		if column == nil || !check.isPictured() || check.Outcome == finding.Pass || len(blocks) == maxPictures {
			continue
		}
		if histogram, ok := r.histogram(*column); ok {
			histogram.Priority = 9
			blocks = append(blocks, histogram)
		}
	}
	return blocks
}

func (c Check) cells(column *Column) []finding.Cell {
	test := c.Test
	if test == "" {
		test = c.Rule
	}
	needed := c.Needed
	if needed == "" {
		needed = c.Message
	}
	return []finding.Cell{c.name(), shape(column), finding.Text(test), number(c.Statistic), pValue(c.P), pValue(c.Adjusted),
		c.effect(c.Effect), c.effect(c.Noise), number(c.PSI), number(c.W1), finding.Text(needed), finding.Verdict(c.Outcome)}
}

func (c Check) name() finding.Cell {
	switch {
	case c.Column == "":
		return finding.Text("all columns")
	case c.Role != "":
		return finding.Name(fmt.Sprintf("%s (%s)", c.Column, c.Role))
	}
	return finding.Name(c.Column)
}

// effect shows a share of rows as one, and any other effect as a number.
func (c Check) effect(v *float64) finding.Cell {
	if c.Unit == shareOfRows.unit || c.Unit == valueShare {
		return share(v)
	}
	return number(v)
}

// shape is a picture as small as a word.
func shape(column *Column) finding.Cell {
	if column == nil || len(column.Labels) == 0 {
		return finding.Absent{}
	}
	return finding.Bars{{Name: "reference", Values: column.Reference.Shares}, {Name: "current", Values: column.Current.Shares}}
}

func number(v *float64) finding.Cell {
	if v == nil {
		return finding.Absent{}
	}
	return finding.Number{Value: *v}
}

func pValue(v *float64) finding.Cell {
	if v == nil {
		return finding.Absent{}
	}
	return finding.PValue(*v)
}

func share(v *float64) finding.Cell {
	if v == nil {
		return finding.Absent{}
	}
	return finding.Share(*v)
}
