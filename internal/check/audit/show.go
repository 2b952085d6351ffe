package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// maxOutside is how many gates a reader in a hurry is told of.
const maxOutside = 3

// Blocks are a table with a row for each gate, of which the worst are worth a hurried reader's time, and all that is known on request.
func (r Result) Blocks() []finding.Block {
	if len(r.Gates) == 0 {
		return nil
	}
	var blocks, inside []finding.Block
	if summary := r.summary(); len(summary.Rows) > 0 {
		blocks = append(blocks, summary)
	}
	if table := r.table(); len(table.Rows) > 0 {
		inside = append(inside, table)
	}
	for _, g := range r.Gates {
		inside = append(inside, g.notes()...)
	}
	inside = append(inside, r.untold()...)
	inside = append(inside, finding.Note{Text: deterministic})
	if r.All {
		return append(blocks, inside...)
	}
	return append(blocks, finding.Fold{Meta: finding.Meta{Priority: 1}, Title: "How these chances come about", Blocks: inside})
}

// summary is a row for each gate of which something is told or asked.
func (r Result) summary() finding.Table {
	table := finding.Table{Title: "What these gates would notice", Header: []string{"gate", "a true drop of", "is caught in", "red by chance in", "verdict"}}
	loud := r.loud()
	for i, g := range r.Gates {
		if len(g.Sources) > 0 || g.IsAsked() {
			table.Rows = append(table.Rows, g.row(slices.Contains(loud, i)))
		}
	}
	return table
}

// untold is a note for each reason why something cannot be told.
func (r Result) untold() []finding.Block {
	var whys []string
	gates := map[string][]string{}
	for _, g := range r.Gates {
		if len(g.Sources) > 0 {
			continue
		}
		if !slices.Contains(whys, g.Why) {
			whys = append(whys, g.Why)
		}
		gates[g.Why] = append(gates[g.Why], g.Metric+" "+g.Limit)
	}
	var notes []finding.Block
	for _, why := range whys {
		notes = append(notes, finding.Note{Text: fmt.Sprintf("What these gates would notice cannot be told, since %s: %s.", why, strings.Join(gates[why], "; "))})
	}
	return notes
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

// loud are the places of the gates that are worth a row outside: those that fail an unchanged model in more than a tenth of runs, or
// miss the drop that they are meant for, or 5 points where nobody said, more often than not; the worst of them.
func (r Result) loud() []int {
	var all []int
	for i, g := range r.Gates {
		if len(g.Sources) > 0 && (g.alarming().FalseAlarm.Value > 0.1 || g.misses() > 0.5) {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(r.Gates[b].badness(), r.Gates[a].badness()) })
	return all[:min(len(all), maxOutside)]
}

// misses is how often the largest drop that the gate ought to see goes unnoticed.
func (g Gate) misses() float64 {
	blind := g.blindest()
	if g.MinPower != nil {
		return 1 - blind.caught(g)
	}
	return 1 - blind.Catches[len(points)-1].Chance
}

func (g Gate) badness() float64 { return g.alarming().FalseAlarm.Value + g.misses() }

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
		return nil
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
