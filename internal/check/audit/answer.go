package audit

import (
	"fmt"

	"github.com/assay-ml/assay/internal/finding"
)

// Kind names audits in result files.
func (Result) Kind() string { return "gate-power" }

// Findings are those of the gates whose chances are under a rule, and where All is asked for of the others too.
func (r Result) Findings() []finding.Finding {
	var all []finding.Finding
	for _, g := range r.Gates {
		switch {
		case g.IsAsked() && len(g.Sources) == 0:
			all = append(all, g.untold(r.RequirePower))
		case g.IsAsked():
			all = append(all, g.judged()...)
		case r.All && len(g.Sources) == 0:
			all = append(all, g.untold(false))
		case r.All:
			all = append(all, g.finding("gate-power", finding.Pass, g.Sentence()))
		}
	}
	return all
}

func (g Gate) finding(rule string, outcome finding.Outcome, message string) finding.Finding {
	f := finding.Finding{Rule: rule, Subject: g.Metric, Outcome: outcome, Message: message, Pos: g.Pos}
	if g.OfBase {
		f.Message += " (the rule is the base's)"
	}
	return f
}

func (g Gate) untold(required bool) finding.Finding {
	f := g.finding("gate-power", finding.NotRun, g.Sentence()).NotRunIf(finding.TooFewRows, required)
	f.Hint = "give the gate rows:, where its metric is a share; or compare predictions; or let the base branch store results"
	return f
}

// judged holds what the gate can do against its own rules.
func (g Gate) judged() []finding.Finding {
	var all []finding.Finding
	if most := g.MaxFalseAlarm; most != nil {
		s := g.alarming()
		f := g.finding("max-false-alarm", finding.Pass, fmt.Sprintf("%s %s is red by chance in %s of runs (%s); at most %s is allowed",
			g.Metric, g.Limit, s.FalseAlarm.words(), s.Noise, percent(most.Value)))
		if !(s.FalseAlarm.Value <= most.Value) {
			f.Outcome, f.Hint = g.Severity.Broken(), s.remedy(g)
		}
		all = append(all, f)
	}
	if least := g.MinPower; least != nil {
		s := g.blindest()
		f := g.finding("min-power", finding.Pass, fmt.Sprintf("%s %s notices a drop of %s in %s of runs (%s); at least %s is needed",
			g.Metric, g.Limit, g.said(least.Drop.Value), percent(s.caught(g)), s.Noise, percent(least.Power.Value)))
		if !(s.caught(g) >= least.Power.Value) {
			f.Outcome, f.Hint = g.Severity.Broken(), s.remedy(g)
		}
		all = append(all, f)
	}
	return all
}

func (s Source) remedy(g Gate) string {
	if s.Fix == nil {
		return "take more rows"
	}
	return s.Fix.words(g)
}

// Sentence is what the gate can do, in one line.
func (g Gate) Sentence() string {
	if len(g.Sources) == 0 {
		return fmt.Sprintf("%s %s: what it would notice cannot be told: %s", g.Metric, g.Limit, g.Why)
	}
	blind, alarm := g.blindest(), g.alarming()
	text := fmt.Sprintf("%s %s would notice a drop of %s in %s of runs", g.Metric, g.Limit, g.said(g.meant()), percent(blind.caught(g)))
	if blind.Noise != alarm.Noise {
		text += fmt.Sprintf(" (%s)", blind.Noise)
	}
	return text + fmt.Sprintf("; red by chance in %s (%s)", alarm.FalseAlarm.words(), alarm.Noise)
}

// said is a drop as people say it: in points, where the metric has any.
func (g Gate) said(drop float64) string {
	switch {
	case g.Point == 0:
		return fmt.Sprintf("%.3g", drop)
	case g.IsPercent:
		return fmt.Sprintf("%.3g (%.3g %%)", drop, drop/g.Point)
	case isClose(drop, g.Point):
		return "1 point"
	default:
		return fmt.Sprintf("%.3g points", drop/g.Point)
	}
}

// words are a chance, with its ends where they are others.
func (c Chance) words() string {
	text := percent(c.Value)
	if low, high := percent(c.Low), percent(c.High); low != high {
		text += fmt.Sprintf(" [%s to %s]", low, high)
	}
	return text
}

// percent is a probability as people read it. Neither end is claimed by rounding.
func percent(p float64) string {
	switch {
	case 0 < p && p < 0.0001:
		return "under 0.01 %"
	case 0.9999 < p && p < 1:
		return "over 99.99 %"
	case p < 0.1:
		return fmt.Sprintf("%.2g %%", 100*p)
	case p < 0.99:
		return fmt.Sprintf("%.0f %%", 100*p)
	default:
		return fmt.Sprintf("%.4g %%", 100*p)
	}
}
