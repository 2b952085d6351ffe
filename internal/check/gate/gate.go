// Package gate holds limits against metrics: absolute ones, and ones relative to the base. It reads no files and knows
// no git: head and base arrive as values.
package gate

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Input is what the gates are applied to.
type Input struct {
	Head        metric.Set
	Base        map[string]metric.Value   // nil: there is no base
	History     []map[string]metric.Value // of the base branch, the oldest first; the last is the base
	NoBase      string                    // why there is none
	Describe    func(name string) metric.Declaration
	Spread      map[string]Spread // of metrics of which there are per-item results
	RequireBase bool              // a missing base blocks
	// RequirePower lets a limit on an interval block where the rows are too few to tell.
	RequirePower bool
}

// Result is the answer of all gates.
type Result struct {
	Metrics     []Metric `json:"metrics"`
	NoBase      string   `json:"no-base,omitempty"`
	Uncompared  []string `json:"uncompared,omitempty"` // in the base, gone from the head, and under no gate
	Ignored     []string `json:"ignored,omitempty"`    // entries of the metrics file that are no numbers
	RequireBase bool     `json:"require-base,omitempty"`
	// RequirePower: see Input.
	RequirePower bool `json:"require-power,omitempty"`
}

// Metric is one metric with the limits on it.
type Metric struct {
	Name       string           `json:"name"`
	Head       *metric.Value    `json:"head,omitempty"` // nil: missing
	Base       *metric.Value    `json:"base,omitempty"`
	IsNoNumber bool             `json:"is-no-number,omitempty"` // it is there as a text, a list or nothing
	Unit       string           `json:"unit,omitempty"`
	Direction  metric.Direction `json:"direction,omitempty"`
	Limits     []Limit          `json:"limits,omitempty"`
	History    []*metric.Value  `json:"history,omitempty"` // of the base branch, the oldest first; nil where it was not measured
	Spread     *Spread          `json:"spread,omitempty"`  // nil: there are no per-item results
	Pos        source.Pos       `json:"position,omitzero"` // where the head's value stands in its file
}

// Limit is one limit and how it came out.
type Limit struct {
	Rule     string           `json:"rule"`            // at-least, at-most, between, max-drop, max-rise, max-drop-percent
	Number   source.Number    `json:"number"`          // of between: the lower end
	Upper    *source.Number   `json:"upper,omitempty"` // of between only
	Severity finding.Severity `json:"severity,omitempty"`
	Outcome  finding.Outcome  `json:"outcome"`
	Cause    finding.Cause    `json:"cause,omitempty"`
	Needed   string           `json:"needed,omitempty"`   // of a limit against the base: the value that it comes to
	OfBase   bool             `json:"of-base,omitempty"`  // the change has it weaker or not at all
	Creep    *Creep           `json:"creep,omitempty"`    // many small steps, none of which the limit stopped
	Interval *Interval        `json:"interval,omitempty"` // of a limit with a confidence; nil where it cannot be told
	Terms
}

// Check applies the gates. Metrics without a limit are listed too, so that a reader sees what else moved.
func Check(specs []Spec, in Input) Result {
	result := Result{NoBase: in.NoBase, RequireBase: in.RequireBase, RequirePower: in.RequirePower, Ignored: in.Head.Ignored}
	gated := map[string]int{}
	for _, spec := range specs {
		i, ok := gated[spec.Metric]
		if !ok {
			i = len(result.Metrics)
			gated[spec.Metric] = i
			result.Metrics = append(result.Metrics, in.metric(spec.Metric))
		}
		m := &result.Metrics[i]
		for _, limit := range spec.Limits() {
			limit.Outcome, limit.Cause, limit.Needed = limit.judge(m.Head, m.Base, in.Base != nil)
			limit.Creep = limit.creep(*m)
			limit.hedge(*m)
			m.Limits = append(m.Limits, limit)
		}
	}
	result.addUngated(in, gated)
	return result
}

// Values are the head's metrics by name.
func (r Result) Values() map[string]metric.Value {
	values := map[string]metric.Value{}
	for _, m := range r.Metrics {
		if m.Head != nil {
			values[m.Name] = *m.Head
		}
	}
	return values
}

func (r *Result) addUngated(in Input, gated map[string]int) {
	for _, name := range in.Head.Names() {
		if _, ok := gated[name]; !ok {
			r.Metrics = append(r.Metrics, in.metric(name))
		}
	}
	for _, name := range (metric.Set{Values: in.Base}).Names() {
		_, isGated := gated[name]
		if _, inHead := in.Head.Values[name]; !inHead && !isGated {
			r.Uncompared = append(r.Uncompared, name)
		}
	}
}

func (in Input) metric(name string) Metric {
	described := in.Describe(name)
	m := Metric{Name: name, Unit: described.Unit, Direction: described.Direction, IsNoNumber: slices.Contains(in.Head.Ignored, name),
		Pos: in.Head.Places[name]}
	if v, ok := in.Head.Values[name]; ok {
		m.Head = &v
	}
	if v, ok := in.Base[name]; ok {
		m.Base = &v
	}
	m.History = in.trail(name)
	if spread, ok := in.Spread[name]; ok && spread.isSound() {
		m.Spread = &spread
	}
	return m
}

// Limits are the limits of a gate in the order of the config's documentation.
func (s Spec) Limits() []Limit {
	var limits []Limit
	add := func(rule string, number *source.Number) {
		if number != nil {
			limits = append(limits, Limit{Rule: rule, Number: *number, Severity: s.Severity, OfBase: s.OfBase, Terms: s.Terms})
		}
	}
	add("at-least", s.AtLeast)
	add("at-most", s.AtMost)
	if len(s.Between) == 2 {
		limits = append(limits, Limit{Rule: "between", Number: s.Between[0], Upper: &s.Between[1], Severity: s.Severity, OfBase: s.OfBase, Terms: s.Terms})
	}
	add("max-drop", s.MaxDrop)
	add("max-rise", s.MaxRise)
	add("max-drop-percent", s.MaxDropPercent)
	return limits
}

// Spec is a gate of the limit alone.
func (l Limit) Spec(metric string) Spec {
	spec := Spec{Metric: metric, Severity: l.Severity, Pos: l.Number.Pos, OfBase: l.OfBase, Terms: l.Terms}
	switch l.Rule {
	case "at-least":
		spec.AtLeast = &l.Number
	case "at-most":
		spec.AtMost = &l.Number
	case "between":
		spec.Between = []source.Number{l.Number, *l.Upper}
	case "max-drop":
		spec.MaxDrop = &l.Number
	case "max-rise":
		spec.MaxRise = &l.Number
	case "max-drop-percent":
		spec.MaxDropPercent = &l.Number
	}
	return spec
}

// Covers reports whether what breaks other on a metric also breaks l, at no lower cost.
func (l Limit) Covers(other Limit) bool {
	if l.Rule != other.Rule || l.Severity.Broken().Compare(other.Severity.Broken()) < 0 || !l.covers(other.Terms) {
		return false
	}
	order := l.Number.Rat().Cmp(other.Number.Rat())
	switch l.Rule {
	case "at-least":
		return order >= 0
	case "between":
		return order >= 0 && l.Upper.Rat().Cmp(other.Upper.Rat()) <= 0
	default:
		return order <= 0
	}
}

// IsRelative reports whether the limit needs a base.
func (l Limit) IsRelative() bool {
	return l.Rule == "max-drop" || l.Rule == "max-rise" || l.Rule == "max-drop-percent"
}

// judge holds a limit against head and base. Values compare as the decimals that they were written as, so that a drop
// from 0.87 to 0.85 is 0.02 and not 0.020000000000000018.
func (l Limit) judge(head, base *metric.Value, haveBase bool) (finding.Outcome, finding.Cause, string) {
	switch {
	case head == nil:
		return finding.NotRun, finding.Missing, ""
	case !head.IsFinite():
		return finding.NotRun, finding.NotFinite, ""
	case !l.IsRelative():
		return l.outcome(l.holds(source.Decimal(float64(*head)))), "", ""
	case !haveBase, base == nil:
		return finding.NotRun, finding.NoBase, ""
	case !base.IsFinite():
		return finding.NotRun, finding.NotFinite, ""
	case l.Rule == "max-drop-percent" && *base == 0:
		return finding.NotRun, finding.Undefined, ""
	}
	bound := l.bound(source.Decimal(float64(*base)))
	order := source.Decimal(float64(*head)).Cmp(bound)
	needed, _ := bound.Float64()
	if l.Rule == "max-rise" {
		return l.outcome(order <= 0), "", fmt.Sprintf("≤ %.6g", needed)
	}
	return l.outcome(order >= 0), "", fmt.Sprintf("≥ %.6g", needed)
}

// hedge takes the outcome of a limit with a confidence from the metric's interval, and not from its value.
func (l *Limit) hedge(m Metric) {
	if l.Confidence == nil || l.IsRelative() || l.Outcome == finding.NotRun {
		return
	}
	if l.Interval = l.interval(m); l.Interval == nil {
		l.Outcome, l.Cause = finding.NotRun, finding.Missing
		return
	}
	l.Outcome, l.Cause = l.holdsInterval(*l.Interval)
}

// holds reports whether an absolute limit holds.
func (l Limit) holds(head *big.Rat) bool {
	switch l.Rule {
	case "at-least":
		return head.Cmp(l.Number.Rat()) >= 0
	case "at-most":
		return head.Cmp(l.Number.Rat()) <= 0
	default:
		return head.Cmp(l.Number.Rat()) >= 0 && head.Cmp(l.Upper.Rat()) <= 0
	}
}

// bound is the value that a limit against the base comes to.
func (l Limit) bound(base *big.Rat) *big.Rat {
	allowed := l.Number.Rat()
	switch l.Rule {
	case "max-rise":
		return new(big.Rat).Add(base, allowed)
	case "max-drop-percent":
		allowed = allowed.Mul(allowed, new(big.Rat).Abs(base))
		allowed = allowed.Quo(allowed, big.NewRat(100, 1))
	}
	return new(big.Rat).Sub(base, allowed)
}

func (l Limit) outcome(holds bool) finding.Outcome {
	if holds {
		return finding.Pass
	}
	return l.Severity.Broken()
}
