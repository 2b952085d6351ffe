package schema

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// Kind names contract results in result files.
func (Result) Kind() string { return "contract" }

// Findings are one for each rule.
func (r Result) Findings() []finding.Finding {
	all := make([]finding.Finding, len(r.Rules))
	for i, done := range r.Rules {
		all[i] = finding.Finding{Rule: done.Rule, Subject: done.subject(r.Table), Outcome: done.Outcome, Pos: done.Pos,
			Message: fmt.Sprintf("%s (%s): %s", done.subject(r.Table), done.Asked, done.Message)}
		if done.Outcome == finding.NotRun {
			all[i] = all[i].NotRunIf(done.Cause, false)
		}
		if len(done.Examples) > 0 {
			all[i].Hint = "for example " + done.examples(2, r.Files > 1)
		}
		if done.Why != "" && done.Outcome != finding.Pass {
			all[i].Message += " (" + done.Why + ")"
		}
	}
	return all
}

func (d RuleDone) subject(table string) string {
	if d.Column == "" {
		return table
	}
	return table + "." + d.Column
}

// Blocks are one table with a row for each rule.
func (r Result) Blocks() []finding.Block {
	table := finding.Table{Brief: true, Title: fmt.Sprintf("Contract %s on table %s, %d rows", r.Contract, r.Table, r.Rows),
		Header: []string{"column", "rule", "broken rows", "share", "examples", "verdict"}}
	for _, done := range r.Rules {
		table.Rows = append(table.Rows, finding.Row{Outcome: done.Outcome, Cells: done.cells(r), Pos: done.Pos})
	}
	blocks := []finding.Block{table}
	if r.Exported != "" {
		blocks = append(blocks, finding.Note{Text: "All rows that break a rule are in " + r.Exported + "."})
	}
	if r.LeftOut > 0 {
		blocks = append(blocks, finding.Note{Text: fmt.Sprintf("%d rules without the tags %s were left out.", r.LeftOut, list(r.Tags))})
	}
	return blocks
}

func (d RuleDone) cells(r Result) []finding.Cell {
	cells := []finding.Cell{finding.Absent{}, finding.Rule(d.Asked), finding.Absent{}, finding.Absent{}, finding.Text(d.Message), finding.Verdict(d.Outcome)}
	if d.Column != "" {
		cells[0] = finding.Name(d.Column)
	}
	if d.Broken > 0 {
		cells[2] = finding.Count(d.Broken)
	}
	if d.Broken > 0 && d.Of > 0 {
		cells[3] = finding.Share(float64(d.Broken) / float64(d.Of))
	}
	if len(d.Examples) > 0 {
		cells[4] = finding.Text(d.examples(maxExamples, r.Files > 1))
	}
	return cells
}

// examples names up to n rows: their number in the file, the file where there are several, and their value.
func (d RuleDone) examples(n int, withFile bool) string {
	var parts []string
	for _, example := range d.Examples[:min(n, len(d.Examples))] {
		value := fmt.Sprintf("%q", example.Value)
		if example.Null {
			value = "null"
		}
		if example.Row == 0 { // of a query
			parts = append(parts, value)
			continue
		}
		place := fmt.Sprintf("row %d", example.Row)
		if withFile {
			place += " of " + example.File
		}
		if example.Key != "" {
			place += fmt.Sprintf(" (key %q)", example.Key)
		}
		if !example.Hidden {
			place += ": " + value
		}
		parts = append(parts, place)
	}
	return strings.Join(parts, ", ")
}
