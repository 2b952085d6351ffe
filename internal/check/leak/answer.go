package leak

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is the answer of one leakage check.
type Result struct {
	Train  string  `json:"train"`
	Test   string  `json:"test"`
	Rows   int64   `json:"rows"` // of the test table
	Checks []Check `json:"checks"`
	// Omitted is what was not looked for, and the columns that were not looked at.
	Omitted []Omission `json:"omitted,omitempty"`
	Pos     source.Pos `json:"position,omitzero"`
}

// Omission is a rule or a column that was left out.
type Omission struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Check is one way in which the label, or rows of train, may have reached the test table.
type Check struct {
	Rule     string          `json:"rule"`
	Columns  []string        `json:"columns,omitempty"`
	Outcome  finding.Outcome `json:"outcome"`
	Cause    finding.Cause   `json:"cause,omitempty"`
	Count    int64           `json:"count"`           // what was found: rows of test, or columns
	Share    *float64        `json:"share,omitempty"` // of the rows of test
	Message  string          `json:"message"`
	Examples []Example       `json:"examples,omitempty"`
	// Strengths are the columns that predict the label best, the strongest first.
	Strengths []Strength `json:"strengths,omitempty"`
}

// Example is one row of the test table.
type Example struct {
	File   string `json:"file"`
	Row    int64  `json:"row"`
	Values string `json:"values"`
	Twin   *Twin  `json:"twin,omitempty"` // of a text
}

// Twin is the row of train whose text is nearly that of an example.
type Twin struct {
	File       string  `json:"file"`
	Row        int64   `json:"row"`
	Similarity float64 `json:"similarity"`
}

const (
	maxExamples = 5
	maxValue    = 60
)

func cut(text string) string {
	runes := []rune(text)
	if len(runes) > maxValue {
		return string(runes[:maxValue]) + "…"
	}
	return text
}

// Kind names leakage results in result files.
func (Result) Kind() string { return "leakage" }

// Findings are one for each check.
func (r Result) Findings() []finding.Finding {
	all := make([]finding.Finding, len(r.Checks))
	for i, check := range r.Checks {
		all[i] = finding.Finding{Rule: check.Rule, Subject: r.Test, Outcome: check.Outcome, Pos: r.Pos, Message: check.Message}
		if check.Outcome == finding.NotRun {
			all[i] = all[i].NotRunIf(check.Cause, false)
		}
		if len(check.Examples) > 0 {
			all[i].Hint = "take them out of " + r.Train + " or " + r.Test + "; for example " + check.examples(2)
		}
	}
	return all
}

// Blocks are one table with a row for each check, and a note of what was left out.
func (r Result) Blocks() []finding.Block {
	table := finding.Table{Title: fmt.Sprintf("Leakage from %s to %s", r.Train, r.Test),
		Header: []string{"looked for", "found", "share of test", "what was found", "verdict"}}
	for _, check := range r.Checks {
		text := check.Message
		if len(check.Examples) > 0 {
			text += ": " + check.examples(maxExamples)
		}
		cells := []finding.Cell{finding.Rule(check.Rule), finding.Count(check.Count), finding.Absent{}, finding.Text(text), finding.Verdict(check.Outcome)}
		if check.Share != nil {
			cells[2] = finding.Share(*check.Share)
		}
		table.Rows = append(table.Rows, finding.Row{Outcome: check.Outcome, Cells: cells, Detail: check.detail()})
	}
	blocks := []finding.Block{table}
	if len(r.Omitted) > 0 {
		parts := make([]string, len(r.Omitted))
		for i, omission := range r.Omitted {
			parts[i] = fmt.Sprintf("%s (%s)", omission.What, omission.Why)
		}
		blocks = append(blocks, finding.Note{Text: "Not looked at: " + strings.Join(parts, ", ") + "."})
	}
	return blocks
}

// detail lists the strongest columns.
func (c Check) detail() []finding.Block {
	if len(c.Strengths) == 0 {
		return nil
	}
	table := finding.Table{Title: "The columns that predict best alone", Header: []string{"column", c.Strengths[0].measure(), "from", "to"}}
	for _, s := range c.Strengths {
		table.Rows = append(table.Rows, finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Name(s.Column),
			finding.Number{Value: s.Value}, finding.Number{Value: s.Low}, finding.Number{Value: s.High}}})
	}
	return []finding.Block{table}
}

func (c Check) examples(n int) string {
	var parts []string
	for _, example := range c.Examples[:min(n, len(c.Examples))] {
		text := fmt.Sprintf("row %d: %q", example.Row, example.Values)
		if example.Twin != nil {
			text += fmt.Sprintf(" like row %d (%.2f)", example.Twin.Row, example.Twin.Similarity)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
