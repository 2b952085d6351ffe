package drift

import (
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is the answer of one comparison.
type Result struct {
	Reference     string           `json:"reference"`
	IsProfile     bool             `json:"reference-is-profile,omitempty"`
	Current       string           `json:"current"`
	ReferenceRows int64            `json:"reference-rows"`
	CurrentRows   int64            `json:"current-rows"`
	Significance  float64          `json:"significance"`
	Correction    Correction       `json:"correction"`
	Minimum       float64          `json:"minimum"`
	Detect        float64          `json:"detect"`
	NullShare     float64          `json:"null-share"`
	RangeShare    float64          `json:"range-share"`
	RequirePower  bool             `json:"require-power,omitempty"`
	Tests         int              `json:"tests"` // p-values that were corrected together
	Allowed       *Allowed         `json:"allowed,omitempty"`
	History       *Usual           `json:"history,omitempty"`
	Checks        []Check          `json:"checks"`
	Columns       []Column         `json:"columns,omitempty"`
	LeftOut       []string         `json:"left-out,omitempty"` // columns of times: they move on by themselves
	Severity      finding.Severity `json:"severity,omitempty"`
	Pos           source.Pos       `json:"position,omitzero"`
}

// Check is one question about one column, or about all together.
type Check struct {
	Column         string          `json:"column"`
	Role           Role            `json:"role,omitempty"`
	Rule           string          `json:"rule"` // distribution, null-share, range, unseen, type, column, text-…, multivariate, data-set
	Test           string          `json:"test,omitempty"`
	Statistic      *float64        `json:"statistic,omitempty"`
	P              *float64        `json:"p,omitempty"`
	Adjusted       *float64        `json:"adjusted-p,omitempty"`
	Effect         *float64        `json:"effect,omitempty"`
	Unit           string          `json:"unit,omitempty"`  // of the effect
	Noise          *float64        `json:"noise,omitempty"` // what the effect comes to without drift; of D, what it exceeds with probability significance
	Minimum        float64         `json:"minimum,omitempty"`
	Detect         float64         `json:"detect,omitempty"`
	ReferenceError *float64        `json:"reference-error,omitempty"` // by how much the profile of the reference may be off
	Usual          *float64        `json:"usual,omitempty"`           // the distance up to which parts of the reference lie apart
	PSI            *float64        `json:"psi,omitempty"`
	PSINoise       *float64        `json:"psi-noise,omitempty"`
	W1             *float64        `json:"w1,omitempty"` // first Wasserstein distance in standard deviations
	W1Noise        *float64        `json:"w1-noise,omitempty"`
	Carriers       []string        `json:"carriers,omitempty"` // columns, or words, by which a classifier tells the tables apart
	Needed         string          `json:"needed"`             // what it would have taken, or how many rows
	Outcome        finding.Outcome `json:"outcome"`
	Cause          finding.Cause   `json:"cause,omitempty"`
	Message        string          `json:"message"`
}

// Role is what a column is to the model.
type Role string

// The roles that are called out; "" is any other column.
const (
	Target     Role = "target"
	Prediction Role = "prediction"
)

// Kind names drift results in result files.
func (Result) Kind() string { return "drift" }

// Drifted reports whether the check found drift, whatever it costs. New columns and identifiers are warnings without drift.
func (c Check) Drifted() bool {
	if c.Outcome != finding.Fail && c.Outcome != finding.Warn {
		return false
	}
	return c.Adjusted != nil || c.Rule == typeChange
}

// Findings are one for each check.
func (r Result) Findings() []finding.Finding {
	all := make([]finding.Finding, len(r.Checks))
	for i, check := range r.Checks {
		all[i] = finding.Finding{Rule: check.Rule, Subject: check.Column, Outcome: check.Outcome, Pos: r.Pos, Message: check.message()}
		if check.Outcome == finding.NotRun {
			all[i] = all[i].NotRunIf(check.Cause, r.RequirePower)
		}
	}
	return all
}

// message says of the columns that matter most what they are.
func (c Check) message() string {
	switch c.Role {
	case Target:
		return "target " + c.Message
	case Prediction:
		return "prediction " + c.Message
	}
	return c.Message
}
