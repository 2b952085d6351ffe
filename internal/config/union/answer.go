package union

import (
	"fmt"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is the answer of reading the base's rules.
type Result struct {
	Commit   string      `json:"commit,omitempty"` // the base, full sha
	Config   string      `json:"config"`           // the file
	State    State       `json:"state"`
	Why      string      `json:"why,omitempty"` // of Unread
	Changes  []Change    `json:"changes,omitempty"`
	Accepted *Acceptance `json:"accepted,omitempty"`
	Word     string      `json:"word,omitempty"`  // the ID by which a person accepts the changes, "" where nobody can
	Doubt    string      `json:"doubt,omitempty"` // why it could not be told whether somebody accepts
}

// State is how the base's rules were had.
type State string

// The states.
const (
	Joined State = "joined" // base and change together
	New    State = "new"    // the base has no such config: the change's rules are the first
	Unread State = "unread" // the base is there and its rules could not be read
)

// Acceptance is a person's word that the change's own rules count.
type Acceptance struct {
	By     string `json:"by"`
	How    string `json:"how"` // "comment" or "review"
	Reason string `json:"reason,omitempty"`
	URL    string `json:"url,omitempty"`
}

// Kind names rule changes in result files.
func (Result) Kind() string { return "rules" }

// IsQuiet reports whether there is nothing to tell.
func (r Result) IsQuiet() bool { return r.State == Joined && len(r.Changes) == 0 }

// Findings are one for each change of a rule, or one that says why there is none.
func (r Result) Findings() []finding.Finding {
	switch r.State {
	case New:
		return []finding.Finding{{Rule: "rules", Subject: r.Config, Outcome: finding.Pass, Pos: source.Pos{File: r.Config, Line: 1},
			Message: fmt.Sprintf("%s is not at the base (%.12s): the rules are this change's own", r.Config, r.Commit)}}
	case Unread:
		return []finding.Finding{finding.Finding{Rule: "rules", Subject: r.Config, Message: "the base's rules could not be read: " + r.Why,
			Hint: "check out with fetch-depth: 2, and give the job contents: read"}.NotRunIf(finding.Missing, true)}
	}
	if len(r.Changes) == 0 {
		return []finding.Finding{{Rule: "rules", Subject: r.Config, Outcome: finding.Pass, Message: "the rules are those of the base"}}
	}
	all := make([]finding.Finding, len(r.Changes))
	for i, c := range r.Changes {
		all[i] = finding.Finding{Rule: "rules", Subject: c.Rule, Outcome: r.outcome(c), Pos: c.Pos, Message: c.sentence()}
		if c.Effect.KeepsBase() {
			all[i].Message += r.force()
		}
	}
	return all
}

// outcome: a rule that the base's stays in force for is a warning until somebody accepts it.
func (r Result) outcome(c Change) finding.Outcome {
	if c.Effect.KeepsBase() && r.Accepted == nil || c.Effect == Shown {
		return finding.Warn
	}
	return finding.Pass
}

func (r Result) force() string {
	if r.Accepted == nil {
		return "; the base's still applies"
	}
	return fmt.Sprintf("; accepted by %s", r.Accepted.By)
}

func (c Change) sentence() string {
	switch {
	case c.Before == "" && c.After == "":
		return fmt.Sprintf("%s was %s", c.Rule, c.Effect)
	case c.Before == "":
		return fmt.Sprintf("%s was %s: %s", c.Rule, c.Effect, c.After)
	case c.After == "":
		return fmt.Sprintf("%s was %s: %s", c.Rule, c.Effect, c.Before)
	}
	return fmt.Sprintf("%s was %s: from %s to %s", c.Rule, c.Effect, c.Before, c.After)
}

// Blocks are one table with a row for each change, or one line.
func (r Result) Blocks() []finding.Block {
	if r.State != Joined || len(r.Changes) == 0 {
		f := r.Findings()[0]
		return []finding.Block{finding.Line{Outcome: f.Outcome, Text: f.Message}}
	}
	table := finding.Table{Title: fmt.Sprintf("Rules since the base (%.12s)", r.Commit), Header: []string{"rule", "change", "base", "this change", "in force", "verdict"}}
	for _, c := range r.Changes {
		table.Rows = append(table.Rows, finding.Row{Outcome: r.outcome(c), Changed: true, Cells: r.cells(c), Pos: c.Pos})
	}
	blocks := []finding.Block{table}
	if r.Word != "" && r.NeedsWord() {
		blocks = append(blocks, finding.Note{Command: command + r.Word + " REASON",
			Text: "If the change's own rules shall count, somebody with write permission who is not the author approves this head, or writes a comment:"})
	}
	if r.Doubt != "" {
		blocks = append(blocks, finding.Note{Text: "Whether somebody accepts these changes could not be told: " + r.Doubt})
	}
	if a := r.Accepted; a != nil {
		text := fmt.Sprintf("Accepted by %s in a %s", a.By, a.How)
		if a.Reason != "" {
			text += ": " + a.Reason
		}
		blocks = append(blocks, finding.Note{Text: text})
	}
	return blocks
}

func (r Result) cells(c Change) []finding.Cell {
	cells := []finding.Cell{finding.Name(c.Rule), finding.Text(c.Effect), finding.Absent{}, finding.Absent{}, finding.Text("this change's"), finding.Verdict(r.outcome(c))}
	if c.Before != "" {
		cells[2] = finding.Rule(cut(c.Before))
	}
	if c.After != "" {
		cells[3] = finding.Rule(cut(c.After))
	}
	if c.Effect.KeepsBase() && r.Accepted == nil {
		cells[4] = finding.Text("both")
		if c.Effect == Removed {
			cells[4] = finding.Text("the base's")
		}
	}
	return cells
}

// maxShown bounds the characters of a rule in a table.
const maxShown = 200

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}
