package drift

import (
	"fmt"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is the answer of one comparison.
type Result struct {
	Reference     string           `json:"reference"`
	Current       string           `json:"current"`
	ReferenceRows int64            `json:"reference-rows"`
	CurrentRows   int64            `json:"current-rows"`
	Significance  float64          `json:"significance"`
	Correction    Correction       `json:"correction"`
	Minimum       float64          `json:"minimum"`
	Detect        float64          `json:"detect"`
	NullShare     float64          `json:"null-share"`
	RequirePower  bool             `json:"require-power,omitempty"`
	Tests         int              `json:"tests"` // p-values that were corrected together
	Checks        []Check          `json:"checks"`
	Pictures      []Picture        `json:"pictures,omitempty"`
	LeftOut       []string         `json:"left-out,omitempty"` // columns of times: they move on by themselves
	Severity      finding.Severity `json:"severity,omitempty"`
	Pos           source.Pos       `json:"position,omitzero"`
}

// Check is one question about one column.
type Check struct {
	Column    string          `json:"column"`
	Rule      string          `json:"rule"` // distribution, null-share, unseen, type, column
	Test      string          `json:"test,omitempty"`
	Statistic *float64        `json:"statistic,omitempty"`
	P         *float64        `json:"p,omitempty"`
	Adjusted  *float64        `json:"adjusted-p,omitempty"`
	Effect    *float64        `json:"effect,omitempty"` // share of rows that would have to move
	PSI       *float64        `json:"psi,omitempty"`
	Needed    string          `json:"needed"` // what it would have taken, or how many rows
	Outcome   finding.Outcome `json:"outcome"`
	Cause     finding.Cause   `json:"cause,omitempty"`
	Message   string          `json:"message"`
}

// Picture is the paired histogram of one column.
type Picture struct {
	Column    string    `json:"column"`
	Labels    []string  `json:"labels"`
	Reference []float64 `json:"reference"` // shares
	Current   []float64 `json:"current"`
}

// Kind names drift results in result files.
func (Result) Kind() string { return "drift" }

// Findings are one for each check.
func (r Result) Findings() []finding.Finding {
	all := make([]finding.Finding, len(r.Checks))
	for i, check := range r.Checks {
		all[i] = finding.Finding{Rule: check.Rule, Subject: check.Column, Outcome: check.Outcome, Pos: r.Pos, Message: check.Message}
		if check.Outcome == finding.NotRun {
			all[i] = all[i].NotRunIf(check.Cause, r.RequirePower)
		}
	}
	return all
}

// Blocks are a table with a row for each check, and the pictures of the columns.
func (r Result) Blocks() []finding.Block {
	table := finding.Table{Brief: true, Title: fmt.Sprintf("Drift from %s (%d rows) to %s (%d rows)", r.Reference, r.ReferenceRows, r.Current, r.CurrentRows),
		Header: []string{"column", "test", "statistic", "p", "adjusted p", "effect", "PSI", "needed", "verdict"}}
	for _, check := range r.Checks {
		table.Rows = append(table.Rows, finding.Row{Outcome: check.Outcome, Cells: check.cells(), Pos: r.Pos})
	}
	blocks := []finding.Block{table, finding.Note{Text: fmt.Sprintf(
		"Drift is an adjusted p ≤ %g (%s over %d tests) and an effect of at least %g, the share of rows that would have to move; null shares count from %g. "+
			"A pass says that an effect of %g would have been found with a probability of at least 0.8.",
		r.Significance, r.Correction, r.Tests, r.Minimum, r.NullShare, r.Detect)}}
	if len(r.LeftOut) > 0 {
		blocks = append(blocks, finding.Note{Text: fmt.Sprintf(
			"Times move on by themselves, so these columns were left out (name them under columns: include to compare them): %s.", list(r.LeftOut))})
	}
	return append(blocks, r.pictures()...)
}

// pictures shows the columns that drifted openly, the others folded.
func (r Result) pictures() []finding.Block {
	var open, folded []finding.Block
	for _, p := range r.Pictures {
		block := finding.Histogram{Title: p.Column, Labels: p.Labels, Series: []finding.Series{{Name: r.Reference, Values: p.Reference}, {Name: r.Current, Values: p.Current}}}
		if r.drifted(p.Column) {
			open = append(open, block)
		} else {
			folded = append(folded, block)
		}
	}
	if len(folded) > 0 {
		open = append(open, finding.Fold{Meta: finding.Meta{Priority: 9}, Title: "Columns without drift", Blocks: folded})
	}
	return open
}

func (r Result) drifted(column string) bool {
	for _, check := range r.Checks {
		if check.Column == column && check.Rule == "distribution" {
			return check.Outcome != finding.Pass
		}
	}
	return false
}

func (c Check) cells() []finding.Cell {
	test := c.Test
	if test == "" {
		test = c.Rule
	}
	needed := c.Needed
	if needed == "" {
		needed = c.Message
	}
	return []finding.Cell{finding.Name(c.Column), finding.Text(test), number(c.Statistic), pValue(c.P), pValue(c.Adjusted),
		share(c.Effect), number(c.PSI), finding.Text(needed), finding.Verdict(c.Outcome)}
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
