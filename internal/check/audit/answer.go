package audit

import (
	"cmp"
	"fmt"
	"slices"

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

// maxOutside is how many gates a reader in a hurry is told of.
const maxOutside = 3

// Blocks are a table with a row for each gate, of which the worst are worth a hurried reader's time, and all that is known on request.
func (r Result) Blocks() []finding.Block {
	if len(r.Gates) == 0 {
		return nil
	}
	summary := finding.Table{Title: "What these gates would notice", Header: []string{"gate", "a true drop of", "is caught in", "red by chance in", "verdict"}}
	loud := r.loud()
	for i, g := range r.Gates {
		summary.Rows = append(summary.Rows, g.row(slices.Contains(loud, i)))
	}
	var inside []finding.Block
	if table := r.table(); len(table.Rows) > 0 {
		inside = append(inside, table)
	}
	for _, g := range r.Gates {
		inside = append(inside, g.notes()...)
	}
	inside = append(inside, finding.Note{Text: deterministic})
	if r.All {
		return append([]finding.Block{summary}, inside...)
	}
	return []finding.Block{summary, finding.Fold{Meta: finding.Meta{Priority: 1}, Title: "How these chances come about", Blocks: inside}}
}

// row is a gate in short; one that is loud is shown like one that changed.
func (g Gate) row(isLoud bool) finding.Row {
	cells := []finding.Cell{finding.Rule(g.Metric + " " + g.Limit), finding.Absent{}, finding.Absent{}, finding.Text("cannot be told"), finding.Absent{}}
	if g.IsAsked() {
		cells[4] = finding.Verdict(g.outcome())
	}
	if len(g.Sources) > 0 {
		blind, alarm := g.blindest(), g.alarming()
		cells[1], cells[2] = finding.Text(g.said(g.meant())), finding.Text(fmt.Sprintf("%s (%s)", percent(blind.caught(g)), blind.Noise))
		cells[3] = finding.Text(fmt.Sprintf("%s (%s)", alarm.FalseAlarm.words(), alarm.Noise))
	}
	return finding.Row{Outcome: g.outcome(), Changed: isLoud, Pos: g.Pos, Cells: cells}
}

// deterministic says what none of the chances is about.
const deterministic = "A model that answers alike on the same rows never fails by chance. These chances are those of other rows, of training again and of decoding again, each on its own."

// loud are the places of the gates that are worth a row outside: those that fail an unchanged model in more than a tenth of runs or
// miss their drop more often than not; the worst of them.
func (r Result) loud() []int {
	var all []int
	for i, g := range r.Gates {
		if len(g.Sources) > 0 && (g.alarming().FalseAlarm.Value > 0.1 || g.blindest().caught(g) < 0.5) {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(r.Gates[b].badness(), r.Gates[a].badness()) })
	return all[:min(len(all), maxOutside)]
}

func (g Gate) badness() float64 { return g.alarming().FalseAlarm.Value + 1 - g.blindest().caught(g) }

// outcome is the worst of the gate's own rules; a gate without rules passes.
func (g Gate) outcome() finding.Outcome {
	switch {
	case !g.IsAsked():
		return finding.Pass
	case len(g.Sources) == 0:
		return finding.NotRun
	}
	var outcomes []finding.Outcome
	for _, f := range g.judged() {
		outcomes = append(outcomes, f.Outcome)
	}
	return finding.Worst(outcomes...)
}

// table is a row for each gate and source of noise.
func (r Result) table() finding.Table {
	table := finding.Table{Title: "Gates, by what makes their metrics move by chance",
		Header: []string{"gate", "noise", "red by chance in", "1 point (or %) in", "2 in", "5 in", "smallest caught in 80 %"}}
	for _, g := range r.Gates {
		for _, s := range g.Sources {
			cells := []finding.Cell{finding.Rule(g.Metric + " " + g.Limit), finding.Text(s.Noise), finding.Text(s.FalseAlarm.words())}
			for _, c := range s.Catches[:len(points)] {
				cells = append(cells, finding.Text(c.words()))
			}
			table.Rows = append(table.Rows, finding.Row{Outcome: finding.Pass, Pos: g.Pos, Cells: append(cells, g.smallest(s))})
		}
	}
	return table
}

func (c Catch) words() string {
	if c.Open > 0 {
		return fmt.Sprintf("%s, cannot tell in %s", percent(c.Chance), percent(c.Open))
	}
	return percent(c.Chance)
}

func (g Gate) smallest(s Source) finding.Cell {
	if s.Smallest == 0 {
		return finding.Absent{}
	}
	return finding.Text(g.said(s.Smallest))
}

// notes are what stands behind a gate's numbers, and what would mend it.
func (g Gate) notes() []finding.Block {
	if len(g.Sources) == 0 {
		return []finding.Block{finding.Note{Text: g.Sentence() + "."}}
	}
	blocks := []finding.Block{finding.Note{Text: fmt.Sprintf("%s %s: an unchanged model is taken to have %.6g (%s).", g.Metric, g.Limit, g.Truth, g.TruthFrom)}}
	for _, s := range g.Sources {
		text := fmt.Sprintf("%s %s, %s: %s.", g.Metric, g.Limit, s.Noise, s.Assumes)
		if s.Fix != nil {
			text += " What would mend it " + s.Fix.words(g) + "."
		}
		blocks = append(blocks, finding.Note{Text: text})
	}
	return blocks
}
