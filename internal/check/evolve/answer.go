package evolve

import (
	"fmt"

	"github.com/assay-ml/assay/internal/finding"
)

// Kind names comparisons of contracts in result files.
func (Result) Kind() string { return "contract-change" }

// IsBreaking reports whether somebody who relies on the contract is let down.
func (r Result) IsBreaking() bool {
	for _, change := range r.Changes {
		if change.Effect == Breaking {
			return true
		}
	}
	return false
}

// Findings are one for each change; one where there is none.
func (r Result) Findings() []finding.Finding {
	if len(r.Changes) == 0 {
		return []finding.Finding{{Rule: "contract", Subject: r.New, Outcome: finding.Pass, Pos: r.Pos,
			Message: fmt.Sprintf("%s promises what %s did", r.New, r.Old)}}
	}
	all := make([]finding.Finding, len(r.Changes))
	for i, change := range r.Changes {
		all[i] = finding.Finding{Rule: change.Key, Subject: change.subject(r), Outcome: r.outcome(change), Pos: change.Pos,
			Message: fmt.Sprintf("%s: %s %s (%s)", change.subject(r), change.Key, change.Words(), change.Effect)}
		if change.Effect == Breaking {
			all[i].Hint = "keep the promise, or give the contract a new name and let those who rely on it move"
		}
	}
	return all
}

func (c Change) subject(r Result) string {
	if c.Column != "" {
		return c.Column
	}
	return r.New
}

func (r Result) outcome(c Change) finding.Outcome {
	if c.Effect == Compatible {
		return finding.Pass
	}
	return r.Severity.Broken()
}

// Words says what the promise was and is.
func (c Change) Words() string {
	switch {
	case c.Before == "":
		return "came: " + c.After
	case c.After == "":
		return "went: " + c.Before
	}
	return "was " + c.Before + ", is " + c.After
}

// Blocks are one table with a row for each change.
func (r Result) Blocks() []finding.Block {
	if len(r.Changes) == 0 {
		return []finding.Block{finding.Line{Outcome: finding.Pass, Text: r.Findings()[0].Message}}
	}
	table := finding.Table{Title: fmt.Sprintf("Contract %s since %s", r.New, r.Old), Header: []string{"column", "promise", "before", "after", "effect", "verdict"}}
	for _, change := range r.Changes {
		cells := []finding.Cell{finding.Absent{}, finding.Rule(change.Key), finding.Absent{}, finding.Absent{}, finding.Text(string(change.Effect)), finding.Verdict(r.outcome(change))}
		if change.Column != "" {
			cells[0] = finding.Name(change.Column)
		}
		if change.Before != "" {
			cells[2] = finding.Rule(change.Before)
		}
		if change.After != "" {
			cells[3] = finding.Rule(change.After)
		}
		table.Rows = append(table.Rows, finding.Row{Outcome: r.outcome(change), Changed: true, Cells: cells, Pos: change.Pos})
	}
	return []finding.Block{table}
}
