package run

import (
	"errors"
	"fmt"

	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
)

// Skipped is the answer of a step that an earlier one made pointless.
type Skipped struct {
	Step string `json:"step"`
	Why  string `json:"why"`
}

// Kind names skipped steps in result files.
func (Skipped) Kind() string { return "skipped" }

// Findings are one that was not run, and blocks.
func (s Skipped) Findings() []finding.Finding {
	return []finding.Finding{finding.Finding{Rule: "skipped", Subject: s.Step,
		Message: s.Step + " did not run: " + s.Why}.NotRunIf(finding.Skipped, true)}
}

// Blocks are one line.
func (s Skipped) Blocks() []finding.Block {
	return []finding.Block{finding.Line{Outcome: finding.NotRun, Text: s.Findings()[0].Message}}
}

// Unreadable is the answer of a step that met a table which cannot be read: bad data is a finding and not an error.
type Unreadable struct {
	Table  string `json:"table"`
	File   string `json:"file,omitempty"`
	Row    int64  `json:"row,omitempty"`
	Reason string `json:"reason"` // one sentence with file, row and column
	Hint   string `json:"hint,omitempty"`
}

// unreadable is the answer for an error that lies in the data, if it does.
func unreadable(name string, sensitive []string, err error) (finding.Answer, bool) {
	var malformed *table.MalformedError
	if !errors.As(err, &malformed) {
		return nil, false
	}
	malformed = malformed.Without(sensitive)
	return Unreadable{Table: name, File: malformed.File, Row: malformed.Row, Reason: malformed.Error(), Hint: malformed.Hint}, true
}

// Kind names unreadable tables in result files.
func (Unreadable) Kind() string { return "unreadable" }

// Findings are one failure.
func (u Unreadable) Findings() []finding.Finding {
	return []finding.Finding{{Rule: "readable", Subject: u.Table, Outcome: finding.Fail, Hint: u.Hint,
		Message: fmt.Sprintf("table %s cannot be read: %s", u.Table, u.Reason)}}
}

// Blocks are one line.
func (u Unreadable) Blocks() []finding.Block {
	return []finding.Block{finding.Line{Outcome: finding.Fail, Text: u.Findings()[0].Message}}
}

// Unmeasured is the answer of gates without a metrics file.
type Unmeasured struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Kind names missing metrics in result files.
func (Unmeasured) Kind() string { return "unmeasured" }

// Findings are one that could not be decided, and blocks.
func (u Unmeasured) Findings() []finding.Finding {
	return []finding.Finding{finding.Finding{Rule: "metrics", Subject: u.Path, Message: "no metrics to judge: " + u.Reason,
		Hint: "run train first, or name the metrics file under metrics: or with --metrics"}.NotRunIf(finding.Missing, false)}
}

// Blocks are one line.
func (u Unmeasured) Blocks() []finding.Block {
	return []finding.Block{finding.Line{Outcome: finding.NotRun, Text: u.Findings()[0].Message}}
}
