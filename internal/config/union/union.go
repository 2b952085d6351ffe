// Package union joins the rules of a change with those of its base, so that a change cannot loosen the gate that judges it:
// what it loosens or removes still applies as the base has it, what it adds or tightens counts too, and every difference is
// a row for people to see. It reads no files and knows no GitHub: both configs arrive as they were read.
package union

import (
	"fmt"
	"maps"
	"slices"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/source"
	"github.com/assay-ml/assay/internal/train/custom"
)

// Effect is what a change does to a rule.
type Effect string

// The effects. Loosened, Removed and Changed leave the base's rule in force; Shown changes no rule, and people want to know.
const (
	Added     Effect = "added"
	Tightened Effect = "tightened"
	Loosened  Effect = "loosened"
	Removed   Effect = "removed"
	Changed   Effect = "changed" // neither stronger nor weaker as far as can be told
	Shown     Effect = "shown"
)

// KeepsBase reports whether the base's rule stays in force beside the change's.
func (e Effect) KeepsBase() bool { return e == Loosened || e == Removed || e == Changed }

// Change is one rule that is not what it was.
type Change struct {
	Rule   string     `json:"rule"` // what it is about, such as "gate auc"
	Effect Effect     `json:"effect"`
	Before string     `json:"before,omitempty"` // "" for none
	After  string     `json:"after,omitempty"`
	Pos    source.Pos `json:"position,omitzero"` // in the change's own files
}

// Join is the config to judge by, and what the change does to the rules. Neither config is changed.
func Join(base, head *config.Config) (*config.Config, []Change) {
	joined := *head
	j := &join{base: base, head: head, joined: &joined}
	j.tables()
	j.checks()
	j.gates()
	j.metrics()
	j.training()
	j.steps()
	j.compare()
	j.drift()
	j.retrain()
	j.switches()
	j.release()
	j.registry()
	return j.joined, j.changes
}

// join is a Join under way.
type join struct {
	base, head, joined *config.Config
	changes            []Change
}

func (j *join) add(rule string, effect Effect, before, after string, pos source.Pos) {
	j.changes = append(j.changes, Change{Rule: rule, Effect: effect, Before: before, After: after, Pos: pos})
}

// said is a part of a config on one line, without places: two parts that are said alike are the same rule.
func said(part any) string {
	line, err := schema.Line(part)
	if err != nil {
		panic(fmt.Sprintf("union: write %T: %v", part, err)) // a config holds nothing that YAML cannot say
	}
	return line
}

// tables shows where tables are read from. One that the change drops stays for the base's rules.
func (j *join) tables() {
	j.joined.Data = maps.Clone(j.head.Data)
	for _, name := range slices.Sorted(maps.Keys(j.base.Data)) {
		before := j.base.Data[name]
		after, ok := j.head.Data[name]
		switch {
		case !ok:
			if j.joined.Data == nil {
				j.joined.Data = map[string]table.Spec{}
			}
			j.joined.Data[name] = before
			j.add("table "+name, Removed, shown(before), "", source.Pos{})
		case said(before) != said(after):
			j.add("table "+name, Shown, shown(before), shown(after), after.Pos)
		}
	}
	if before, after := shown(j.base.S3), shown(j.head.S3); before != after {
		j.add("s3", Shown, before, after, source.Pos{})
	}
}

// shown is said for the eyes of a report: an address may be signed.
func shown(part any) string { return source.WithoutSecrets(said(part)) }

// gates keeps each limit of the base that no limit of the change covers.
func (j *join) gates() {
	j.joined.Gates = slices.Clone(j.head.Gates)
	before, after := limitsOf(j.base.Gates), limitsOf(j.head.Gates)
	for _, old := range before {
		if slices.ContainsFunc(after, old.isCovered) {
			continue
		}
		effect, now := Removed, limit{}
		if i := slices.IndexFunc(after, old.isAlike); i >= 0 {
			effect, now = Loosened, after[i]
			if !old.limit.Covers(now.limit) {
				effect = Changed
			}
		}
		old.limit.OfBase = true
		j.joined.Gates = append(j.joined.Gates, old.limit.Spec(old.metric))
		j.add("gate "+old.metric, effect, old.text(), now.text(), now.limit.Number.Pos)
	}
	for _, now := range after {
		i := slices.IndexFunc(before, now.isAlike)
		switch {
		case i < 0:
			j.add("gate "+now.metric, Added, "", now.text(), now.limit.Number.Pos)
		case now.text() != before[i].text() && before[i].isCovered(now):
			j.add("gate "+now.metric, Tightened, before[i].text(), now.text(), now.limit.Number.Pos)
		}
	}
}

// limit is one limit on one metric.
type limit struct {
	metric string
	limit  gate.Limit
}

func limitsOf(specs []gate.Spec) []limit {
	var all []limit
	for _, spec := range specs {
		for _, l := range spec.Limits() {
			all = append(all, limit{spec.Metric, l})
		}
	}
	return all
}

func (l limit) isAlike(other limit) bool {
	return l.metric == other.metric && l.limit.Rule == other.limit.Rule
}

func (l limit) isCovered(by limit) bool { return l.metric == by.metric && by.limit.Covers(l.limit) }

func (l limit) text() string {
	if l.metric == "" {
		return ""
	}
	text := l.limit.Text()
	for _, word := range []string{string(l.limit.Severity), l.limit.Words()} {
		if word != "" {
			text += ", " + word
		}
	}
	return text
}

// metrics keeps the file that the base's gates read, and what its metrics mean.
func (j *join) metrics() {
	before, after := j.base.MetricsPath(), j.head.MetricsPath()
	if len(j.base.Gates) == 0 {
		return
	}
	if before != after {
		j.add("metrics file", Changed, before, after, source.Pos{})
		j.joined.Metrics.Path = j.base.Metrics.Path
	}
	if old, now := said(j.base.Metrics.Declare), said(j.head.Metrics.Declare); old != now {
		j.add("metrics declared", Shown, old, now, source.Pos{})
	}
}

// training keeps a training that the change drops. Another command is shown: it is what is judged, and no rule.
func (j *join) training() {
	before, after := j.base.Train, j.head.Train
	switch {
	case before == nil && after != nil:
		j.add("train", Added, "", said(*after), source.Pos{})
	case before != nil && after == nil:
		j.joined.Train = before
		j.add("train", Removed, said(*before), "", source.Pos{})
	case before != nil && said(*before) != said(*after):
		j.add("train", Shown, said(*before), said(*after), source.Pos{})
	}
}

// steps keeps each of the base's own checks that the change has otherwise or not at all.
func (j *join) steps() {
	j.joined.Steps = slices.Clone(j.head.Steps)
	named := func(specs []custom.Spec, name string) (custom.Spec, bool) {
		i := slices.IndexFunc(specs, func(s custom.Spec) bool { return s.Name == name })
		if i < 0 {
			return custom.Spec{}, false
		}
		return specs[i], true
	}
	for _, old := range j.base.Steps {
		now, ok := named(j.head.Steps, old.Name)
		kept := old
		kept.OfBase = true
		switch {
		case !ok:
			j.joined.Steps = append(j.joined.Steps, kept)
			j.add("step "+old.Name, Removed, said(old), "", source.Pos{})
		case said(old) != said(now):
			j.joined.Steps = append(j.joined.Steps, kept)
			j.add("step "+old.Name, Changed, said(old), said(now), now.Pos)
		}
	}
	for _, now := range j.head.Steps {
		if _, ok := named(j.base.Steps, now.Name); !ok {
			j.add("step "+now.Name, Added, "", said(now), now.Pos)
		}
	}
}

// drift keeps the base's comparison beside another one.
func (j *join) drift() {
	before, after := j.base.Drift, j.head.Drift
	switch {
	case before == nil && after != nil:
		j.add("drift", Added, "", said(*after), after.Pos)
	case before != nil && after == nil:
		j.joined.DriftOfBase = before
		j.add("drift", Removed, said(*before), "", source.Pos{})
	case before != nil && said(*before) != said(*after):
		j.joined.DriftOfBase = before
		j.add("drift", Changed, said(*before), said(*after), after.Pos)
	}
}

// retrain shows what changes in when the model is trained again. It judges no change: decisions are made with the config of the default
// branch alone, so that nothing of it counts before it is merged.
func (j *join) retrain() {
	before, after := j.base.Retrain, j.head.Retrain
	switch {
	case before == nil && after != nil:
		j.add("retrain", Shown, "", said(*after), after.Pos)
	case before != nil && after == nil:
		j.add("retrain", Shown, said(*before), "", source.Pos{})
	case before != nil && said(*before) != said(*after):
		j.add("retrain", Shown, said(*before), said(*after), after.Pos)
	}
}

// compare keeps the base's comparison of two models beside another one.
func (j *join) compare() {
	before, after := j.base.Compare, j.head.Compare
	switch {
	case before == nil && after != nil:
		j.add("compare", Added, "", said(*after), after.Pos)
	case before != nil && after == nil:
		j.joined.CompareOfBase = before
		j.add("compare", Removed, said(*before), "", source.Pos{})
	case before != nil && said(*before) != said(*after):
		j.joined.CompareOfBase = before
		j.add("compare", Changed, said(*before), said(*after), after.Pos)
	}
}

// switches keeps what the base blocks on.
func (j *join) switches() {
	for _, s := range []struct {
		name          string
		before, after bool
		joined        *bool
	}{{"require-base", j.base.RequireBase, j.head.RequireBase, &j.joined.RequireBase}, {"require-power", j.base.RequirePower, j.head.RequirePower, &j.joined.RequirePower}} {
		*s.joined = s.before || s.after
		j.flipped(s.name, s.before, s.after)
	}
	for _, step := range []struct {
		name string
		runs bool
	}{{"validate", len(j.base.Validate) > 0}, {"train", j.base.Train != nil}, {"gate", len(j.base.Gates) > 0}, {"custom", len(j.base.Steps) > 0}, {"compare", j.base.Compare != nil}, {"drift", j.base.Drift != nil}} {
		if !step.runs {
			continue
		}
		before, after := j.base.Enforce.Step(step.name), j.head.Enforce.Step(step.name)
		j.joined.Enforce = j.joined.Enforce.With(step.name, before || after)
		j.flipped("enforce "+step.name, before, after)
	}
}

// registry keeps the base's: a change that names another one chooses the champion that it is compared with.
func (j *join) registry() {
	j.joined.Registry = j.base.Registry
	if before, after := said(j.base.Registry), said(j.head.Registry); before != after {
		j.add("registry", Changed, before, after, source.Pos{})
	}
}

func (j *join) flipped(rule string, before, after bool) {
	switch {
	case before && !after:
		j.add(rule, Loosened, "true", "false", source.Pos{})
	case !before && after:
		j.add(rule, Tightened, "false", "true", source.Pos{})
	}
}
