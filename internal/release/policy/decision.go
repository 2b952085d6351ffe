package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Decision is whether a version may be promoted, with every rule that was asked. It is what the transition leaves behind.
type Decision struct {
	Model      string     `json:"model"`
	Version    string     `json:"version"`
	Stage      string     `json:"stage"`
	Digest     string     `json:"digest,omitempty"` // of the model's bytes
	Commit     string     `json:"commit,omitempty"` // that it was trained from
	Policy     string     `json:"policy"`           // digest of the policy
	Source     string     `json:"source,omitempty"` // where the policy was read, such as a commit of the default branch
	By         string     `json:"by,omitempty"`
	Checks     []Check    `json:"checks"`
	Approvals  []Approval `json:"approvals,omitempty"` // those that count
	Overridden *Override  `json:"overridden,omitempty"`
}

// Check is one rule's answer.
type Check struct {
	Rule    string          `json:"rule"`
	Outcome finding.Outcome `json:"outcome"`
	Message string          `json:"message"`
	Hint    string          `json:"hint,omitempty"`
	Command string          `json:"command,omitempty"` // what somebody may write to meet it
	Pos     source.Pos      `json:"position,omitzero"`
}

// Override is a promotion against the rules, by somebody whom the policy lets.
type Override struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// Allowed reports whether the version may be promoted: every rule is met, or somebody who may has set them aside. Of no rule
// nothing follows.
func (d Decision) Allowed() bool {
	if d.Overridden != nil {
		return true
	}
	return len(d.Checks) > 0 && len(d.Missing()) == 0
}

// Missing are the rules that are not met, all of them.
func (d Decision) Missing() []Check {
	return slices.DeleteFunc(slices.Clone(d.Checks), func(c Check) bool { return c.Outcome == finding.Pass })
}

// Kind names decisions in result files.
func (Decision) Kind() string { return "promotion" }

// Findings are one for each rule. A rule that was set aside is a warning.
func (d Decision) Findings() []finding.Finding {
	all := make([]finding.Finding, len(d.Checks))
	for i, c := range d.Checks {
		f := finding.Finding{Rule: c.Rule, Subject: d.name(), Outcome: c.Outcome, Message: c.Message, Hint: c.Hint, Pos: c.Pos}
		switch {
		case c.Outcome == finding.Pass:
		case d.Overridden != nil:
			f.Outcome, f.Message = finding.Warn, fmt.Sprintf("%s; set aside by %s", c.Message, d.Overridden.By)
		case c.Outcome == finding.NotRun:
			f = f.NotRunIf(finding.Missing, true)
		}
		all[i] = f
	}
	return all
}

func (d Decision) name() string { return d.Model + "@" + d.Version }

// Blocks are the answer in a line, a row for each rule, and what somebody may write to meet one.
func (d Decision) Blocks() []finding.Block {
	table := finding.Table{Title: "What " + d.Stage + " asks", Header: []string{"rule", "what was found", "what to do", "verdict"}}
	var notes []finding.Block
	for i, f := range d.Findings() {
		row := finding.Row{Outcome: f.Outcome, Pos: f.Pos, Cells: []finding.Cell{finding.Name(f.Rule), finding.Text(f.Message), finding.Absent{}, finding.Verdict(f.Outcome)}}
		if f.Hint != "" {
			row.Cells[2] = finding.Text(f.Hint)
		}
		table.Rows = append(table.Rows, row)
		if command := d.Checks[i].Command; command != "" && f.Outcome != finding.Pass {
			notes = append(notes, finding.Note{Text: "Whoever agrees writes on the pull request:", Command: command})
		}
	}
	return append([]finding.Block{d.line(), table}, notes...)
}

// line is the answer in one sentence.
func (d Decision) line() finding.Line {
	what := fmt.Sprintf("%s to %s", d.name(), d.Stage)
	switch missing := d.Missing(); {
	case d.Overridden != nil:
		return finding.Line{Outcome: finding.Warn, Text: fmt.Sprintf("%s may go, against %d rules: %s says: %s", what, len(missing), d.Overridden.By, d.Overridden.Reason)}
	case !d.Allowed():
		return finding.Line{Outcome: finding.Fail, Text: fmt.Sprintf("%s may not go: %d of %d rules are not met", what, len(missing), len(d.Checks))}
	}
	return finding.Line{Outcome: finding.Pass, Text: fmt.Sprintf("%s may go: %d of %d rules are met", what, len(d.Checks), len(d.Checks))}
}

// Approvers are the logins of those whose word counts, in one line.
func (d Decision) Approvers() string {
	var names []string
	for _, a := range d.Approvals {
		names = append(names, fmt.Sprintf("%s (%s)", a.By, a.Way))
	}
	return strings.Join(names, ", ")
}
