package custom

import (
	"fmt"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is the answer of one custom check.
type Result struct {
	Name     string           `json:"name"`
	Severity finding.Severity `json:"severity,omitempty"`
	Written  []Finding        `json:"findings,omitempty"` // as the program wrote them
	Notes    []string         `json:"notes,omitempty"`
	Failure  string           `json:"failure,omitempty"` // why there are none
	Output   []string         `json:"output,omitempty"`  // the last lines that it printed, where it failed
	Seconds  float64          `json:"seconds"`
	Pos      source.Pos       `json:"position,omitzero"`
}

// Kind names custom checks in result files.
func (Result) Kind() string { return "custom" }

// Findings are the program's, or one where it failed or wrote none.
func (r Result) Findings() []finding.Finding {
	switch {
	case r.Failure != "":
		return []finding.Finding{r.own(finding.Finding{Rule: "command", Outcome: finding.Fail, Message: fmt.Sprintf("step %s failed: %s", r.Name, r.Failure),
			Hint: "the end of its output stands in the report"})}
	case len(r.Written) == 0:
		f := finding.Finding{Rule: "command", Message: fmt.Sprintf("step %s wrote no finding", r.Name), Hint: "write one for each question that it asks, the passed ones too"}
		return []finding.Finding{r.own(f.NotRunIf(finding.Missing, true))}
	}
	all := make([]finding.Finding, len(r.Written))
	for i, w := range r.Written {
		f := finding.Finding{Rule: w.Rule, Subject: w.Subject, Outcome: r.outcome(w), Message: w.Message, Hint: w.Hint}
		if f.Outcome == finding.NotRun {
			f = f.NotRunIf(finding.Undefined, true)
		}
		all[i] = r.own(f)
		if w.File != "" {
			all[i].Pos = source.Pos{File: w.File, Line: w.Line}
		}
	}
	return all
}

// own puts a finding at the step's own place.
func (r Result) own(f finding.Finding) finding.Finding {
	if f.Subject == "" {
		f.Subject = r.Name
	}
	f.Pos = r.Pos
	return f
}

// outcome: the config says what a failure costs, the program what is one.
func (r Result) outcome(w Finding) finding.Outcome {
	if w.Outcome == finding.Fail {
		return r.Severity.Broken()
	}
	return w.Outcome
}

// Blocks are a table with a row for each finding, and what the program says besides.
func (r Result) Blocks() []finding.Block {
	if r.Failure != "" {
		blocks := []finding.Block{finding.Line{Outcome: finding.Fail, Text: r.Findings()[0].Message}}
		if len(r.Output) > 0 {
			blocks = append(blocks, finding.Output{Title: fmt.Sprintf("The last %d lines of its output", len(r.Output)), Lines: r.Output})
		}
		return blocks
	}
	table := finding.Table{Title: "Step " + r.Name, Header: []string{"subject", "rule", "finding", "verdict"}}
	for _, f := range r.Findings() {
		table.Rows = append(table.Rows, finding.Row{Outcome: f.Outcome,
			Cells: []finding.Cell{finding.Name(f.Subject), finding.Rule(f.Rule), finding.Text(f.Message), finding.Verdict(f.Outcome)}})
	}
	blocks := []finding.Block{table}
	for _, note := range r.Notes {
		blocks = append(blocks, finding.Note{Text: note})
	}
	return blocks
}
