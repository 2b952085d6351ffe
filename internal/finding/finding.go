// Package finding is the one vocabulary that every step answers in: outcomes and findings, the neutral blocks in which
// a step shows itself, and the run's Result. It knows no step, no renderer and no outside system.
package finding

import (
	"github.com/assay-ml/assay/internal/source"
)

// Finding is one answer about one subject.
type Finding struct {
	// Rule names what was asked, such as "at-least" or "unique"; Subject names of what: a metric, a column, a table.
	// Both may hold text from a pull request: they are hostile until a renderer escapes them.
	Rule    string     `json:"rule"`
	Subject string     `json:"subject"`
	Outcome Outcome    `json:"outcome"`
	Cause   Cause      `json:"cause,omitempty"`   // of a NotRun
	Excused bool       `json:"excused,omitempty"` // a NotRun that leaves the run green
	Message string     `json:"message"`           // one sentence: what was found
	Hint    string     `json:"hint,omitempty"`    // what to do
	Pos     source.Pos `json:"position,omitzero"` // where the rule stands
	// Measured is where the value stands that was held against the rule, in a file that the run read.
	Measured source.Pos `json:"measured-at,omitzero"`
}

// Blocks reports whether the finding alone makes an enforced run red.
func (f Finding) Blocks() bool {
	switch f.Outcome {
	case Pass, Warn:
		return false
	case NotRun:
		return !f.Excused
	default:
		return true
	}
}

// Severity is what a broken rule costs: the user's choice between fail (the default) and warn.
type Severity string

// The severities; "" is SeverityFail.
const (
	SeverityFail Severity = "fail"
	SeverityWarn Severity = "warn"
)

// Broken is the outcome of a broken rule of this severity.
func (s Severity) Broken() Outcome {
	if s == SeverityWarn {
		return Warn
	}
	return Fail
}

// NotRunIf makes a finding that could not be decided; required turns an excused cause into a blocking one.
func (f Finding) NotRunIf(cause Cause, required bool) Finding {
	f.Outcome, f.Cause = NotRun, cause
	f.Excused = cause.Excused() && !required
	return f
}

// Answer is a step's typed result. It is what the result file stores; findings and blocks derive from it, so it holds
// everything that they need and both are pure.
type Answer interface {
	// Kind names the type in result files; a decoder for each stands beside run's list of steps.
	Kind() string
	Findings() []Finding
	Blocks() []Block
}
