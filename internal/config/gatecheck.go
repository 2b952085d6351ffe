package config

import (
	"fmt"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/source"
)

func (k checker) gate(spec gate.Spec, path ...any) {
	for _, problem := range gateProblems(spec) {
		k.Report(problem.message, problem.hint, append(path, problem.key)...)
	}
}

// gateProblem is something wrong with a gate, at one of its keys ("" for the whole).
type gateProblem struct{ key, message, hint string }

// gateProblems judges one gate, from the config or from a flag.
func gateProblems(spec gate.Spec) []gateProblem {
	var problems []gateProblem
	limits := 0
	for _, limit := range []struct {
		key         string
		number      *source.Number
		notNegative bool
	}{{"at-least", spec.AtLeast, false}, {"at-most", spec.AtMost, false}, {"max-drop", spec.MaxDrop, true}, {"max-rise", spec.MaxRise, true}, {"max-drop-percent", spec.MaxDropPercent, true}} {
		if limit.number == nil {
			continue
		}
		limits++
		if limit.notNegative && !(limit.number.Value >= 0) {
			problems = append(problems, gateProblem{limit.key, limit.key + " is negative", "it says how far the metric may move: 0 or more"})
		}
	}
	switch {
	case spec.Between == nil:
	case len(spec.Between) != 2:
		problems = append(problems, gateProblem{"between", fmt.Sprintf("between has %d numbers", len(spec.Between)), "write [low, high]"})
	case !(spec.Between[0].Value <= spec.Between[1].Value):
		problems = append(problems, gateProblem{"between", "between has its low end above its high end", "write [low, high]"})
	}
	if spec.AtLeast != nil && spec.AtMost != nil && !(spec.AtLeast.Value <= spec.AtMost.Value) {
		problems = append(problems, gateProblem{"at-most", "at-most is below at-least: no value can pass", "raise the one or lower the other"})
	}
	if limits == 0 && spec.Between == nil {
		problems = append(problems, gateProblem{"", fmt.Sprintf("the gate on %s has no limit", spec.Metric),
			"add at-least, at-most, between, max-drop, max-rise or max-drop-percent"})
	}
	return append(problems, termProblems(spec)...)
}

// termProblems judges what a gate says beside its limits.
func termProblems(spec gate.Spec) []gateProblem {
	problems := rowsProblems(spec.Metric, spec.Rows)
	add := func(key, message, hint string) { problems = append(problems, gateProblem{key, message, hint}) }
	if c := spec.Confidence; c != nil {
		if !(0.5 < c.Value && c.Value < 1) {
			add("confidence", "confidence cannot be "+c.Text, "allowed: above 0.5 and below 1, such as 0.95")
		}
		if spec.MaxDrop != nil || spec.MaxRise != nil || spec.MaxDropPercent != nil {
			add("confidence", "confidence is for at-least, at-most and between", "two models on the same rows are compared under compare, with margin and need: not-worse")
		}
	}
	if most := spec.MaxFalseAlarm; most != nil && !(0 < most.Value && most.Value < 1) {
		add("max-false-alarm", "max-false-alarm cannot be "+most.Text, "allowed: above 0 and below 1, such as 0.05")
	}
	if p := spec.MinPower; p != nil && p.Power != nil && !(0 < p.Power.Value && p.Power.Value < 1) {
		add("min-power", "power cannot be "+p.Power.Text, "allowed: above 0 and below 1, such as 0.8")
	}
	if p := spec.MinPower; p != nil && p.Drop != nil && !(p.Drop.Value > 0) {
		add("min-power", "drop cannot be "+p.Drop.Text, "it says how much worse the metric truly is: more than 0")
	}
	return problems
}

// rowsProblems judges the number of rows that a metric is a share of.
func rowsProblems(name string, rows int64) []gateProblem {
	switch {
	case rows < 0 || rows > gate.MostRows:
		return []gateProblem{{"rows", fmt.Sprintf("rows cannot be %d", rows), fmt.Sprintf("a share is of one row at least, and of %.0e at most", float64(gate.MostRows))}}
	case rows > 0 && !metric.MayBeShare(name):
		return []gateProblem{{"rows", name + " is no share of rows", "rows is for accuracies, pass rates and the like; the noise of others is told by per-item results (compare) or by history"}}
	}
	return nil
}

// SetRows says of how many rows the gates' metrics are shares, as a flag has it; 0 says nothing.
func SetRows(c *Config, rows int64) error {
	for i := range c.Gates {
		for _, problem := range rowsProblems(c.Gates[i].Metric, rows) {
			return source.Errorf(problem.hint, "%s", problem.message)
		}
		c.Gates[i].Rows = rows
	}
	return nil
}
