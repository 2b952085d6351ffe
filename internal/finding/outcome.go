package finding

import (
	"fmt"
	"slices"
)

// Outcome is what is known about one subject. The zero value is Unknown: nobody decided, which is never a pass.
type Outcome uint8

// The five outcomes. Their integers are no order: see Worst.
const (
	Unknown Outcome = iota // nobody decided: an internal error
	Pass
	Warn
	Fail
	NotRun // the data cannot answer; the finding's Cause says why
)

var outcomeNames = [...]string{Unknown: "unknown", Pass: "pass", Warn: "warn", Fail: "fail", NotRun: "not-run"}

// severity orders outcomes: pass < warn < not-run < fail < unknown.
var severity = [...]int{Pass: 0, Warn: 1, NotRun: 2, Fail: 3, Unknown: 4}

// String is the outcome's name as it stands in result files and outputs.
func (o Outcome) String() string {
	if int(o) >= len(outcomeNames) {
		return outcomeNames[Unknown]
	}
	return outcomeNames[o]
}

// MarshalText writes the name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads a name; an unknown one is an error, never a pass.
func (o *Outcome) UnmarshalText(text []byte) error {
	i := slices.Index(outcomeNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("outcome %q is none of %v", text, outcomeNames)
	}
	*o = Outcome(i)
	return nil
}

// Compare is negative where o is less severe than other, positive where it is more.
func (o Outcome) Compare(other Outcome) int { return o.severity() - other.severity() }

func (o Outcome) severity() int {
	if int(o) >= len(severity) {
		return severity[Unknown]
	}
	return severity[o]
}

// Worst is the most severe of outcomes; of none it is Unknown, since nobody decided.
func Worst(outcomes ...Outcome) Outcome {
	if len(outcomes) == 0 {
		return Unknown
	}
	return slices.MaxFunc(outcomes, Outcome.Compare)
}

// Cause says why a finding could not be decided.
type Cause string

// The causes of NotRun.
const (
	NoBase     Cause = "no-base"      // nothing to compare with yet
	TooFewRows Cause = "too-few-rows" // a difference that matters could hide
	Missing    Cause = "missing"      // the metric, column or file is not there
	NotFinite  Cause = "not-finite"   // NaN or an infinity
	Undefined  Cause = "undefined"    // the rule has no meaning here, such as a percentage of zero
	Skipped    Cause = "skipped"      // an earlier step failed
)

// Excused reports whether a finding of this cause leaves the run green unless the user asks otherwise.
func (c Cause) Excused() bool { return c == NoBase || c == TooFewRows }
