package trigger

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/retrain/decay"
)

// Verdict is the decision in a word.
func (d Decision) Verdict() string {
	if d.Retrain {
		return "retrain"
	}
	return "do not retrain"
}

// Blocks are the decision, what spoke for it, what held it back, and what it was made of.
func (d Decision) Blocks() []finding.Block {
	blocks := []finding.Block{finding.Note{Text: d.Verdict() + ": " + d.Reason}}
	if len(d.Triggers) > 0 {
		blocks = append(blocks, d.triggerTable())
	}
	if decayed := d.Evidence.Decay; decayed != nil && decayed.Estimated != nil {
		blocks = append(blocks, finding.Note{Text: decay.Assumptions})
	}
	blocks = append(blocks, d.brakeTable(), d.ingredients())
	return blocks
}

func (d Decision) triggerTable() finding.Block {
	table := finding.Table{Title: "Triggers", Header: []string{"trigger", "says", "why"}}
	for _, answer := range d.Triggers {
		outcome := finding.Pass
		if answer.Says == CannotTell {
			outcome = finding.NotRun
		}
		table.Rows = append(table.Rows, finding.Row{Outcome: outcome, Changed: true,
			Cells: []finding.Cell{finding.Name(answer.Trigger), finding.Text(answer.Says), finding.Text(answer.Why)}})
	}
	return table
}

func (d Decision) brakeTable() finding.Block {
	table := finding.Table{Title: "Brakes", Header: []string{"brake", "says", "until", "why"}}
	for _, b := range d.Brakes {
		table.Rows = append(table.Rows, b.row())
	}
	return table
}

// row is what a brake says; it is worth a reader's time where it holds.
func (b Brake) row() finding.Row {
	row := finding.Row{Outcome: finding.Pass, Changed: b.Holds, Cells: []finding.Cell{finding.Name(b.Name), finding.Text("off"), finding.Absent{}, finding.Text(b.Why)}}
	switch {
	case b.Released:
		row.Cells[1] = finding.Text("released by hand")
	case b.Holds:
		row.Outcome, row.Cells[1] = finding.Warn, finding.Text("holds")
	}
	if !b.Until.IsZero() {
		row.Cells[2] = finding.Text(stamp(b.Until))
	}
	return row
}

// maxDigest is how many characters of a digest tell it from others at a glance.
const maxDigest = 12

// ingredients are what the decision was made of.
func (d Decision) ingredients() finding.Block {
	table := finding.Table{Title: "What is trained, and what was looked at", Header: []string{"what", "value"}}
	add := func(what, value string) {
		if value != "" {
			table.Rows = append(table.Rows, finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Text(what), finding.Name(value)}})
		}
	}
	add("decision", d.ID)
	add("at", stamp(d.At))
	add("commit", short(d.Recipe.Commit))
	add("code", short(d.Recipe.Code))
	for _, name := range slices.Sorted(maps.Keys(d.Recipe.Data)) {
		add("data "+name, short(d.Recipe.Data[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(d.Recipe.Params)) {
		add("parameter "+name, d.Recipe.Params[name])
	}
	if v := d.Production; v != nil {
		add("in production", v.Name)
		if !v.Trained.IsZero() {
			add("trained", stamp(v.Trained))
		}
	}
	if m := d.Manual; m != nil {
		add("asked for by", m.By)
		add("asked for in", m.URL)
	}
	add("inputs", short(d.Inputs))
	return table
}

func short(digest string) string {
	digest = strings.TrimPrefix(digest, "sha256:")
	return digest[:min(len(digest), maxDigest)]
}

// Overview is where a model's retraining stands.
func (s State) Overview(now time.Time) []finding.Block {
	blocks := s.Notes(now)
	if len(s.Decisions) == 0 {
		return append(blocks, finding.Note{Text: "nothing was decided yet"})
	}
	last := s.Decisions[len(s.Decisions)-1]
	blocks = append(blocks, finding.Note{Text: fmt.Sprintf("last decision, %s at %s: %s: %s", last.ID, stamp(last.At), last.Verdict(), last.Reason)})
	if len(s.Trainings) == 0 {
		return append(blocks, finding.Note{Text: "no training was decided on yet"})
	}
	table := finding.Table{Title: "Trainings, the newest first", Header: []string{"id", "decided", "ended", "outcome", "GPU hours"}}
	for _, t := range slices.Backward(newest(s.Trainings, shownTrainings)) {
		table.Rows = append(table.Rows, t.row())
	}
	return append(blocks, table)
}

// shownTrainings bounds an overview.
const shownTrainings = 10

func (t Training) row() finding.Row {
	cells := []finding.Cell{finding.Name(t.ID), finding.Text(stamp(t.At)), finding.Absent{}, finding.Text("no end was heard of"), finding.Absent{}}
	if !t.Ended.IsZero() {
		cells[2], cells[3], cells[4] = finding.Text(stamp(t.Ended)), finding.Text(t.Outcome), finding.Number{Value: t.GPUHours}
	}
	return finding.Row{Outcome: finding.Pass, Changed: true, Cells: cells}
}

// Notice is what every report has to say: that retraining is paused. It is empty where it is not.
func (s State) Notice(now time.Time) string {
	if !s.Pause.holds(now) {
		return ""
	}
	return s.Pause.Sentence()
}

// Notes are Notice as a block, where there is one.
func (s State) Notes(now time.Time) []finding.Block {
	if notice := s.Notice(now); notice != "" {
		return []finding.Block{finding.Line{Outcome: finding.Warn, Text: notice}}
	}
	return nil
}

// History are the last decisions, the newest first.
func (s State) History(n int, now time.Time) []finding.Block {
	table := finding.Table{Title: "Decisions, the newest first", Header: []string{"id", "at", "decision", "reason"}}
	for _, d := range slices.Backward(newest(s.Decisions, n)) {
		table.Rows = append(table.Rows, finding.Row{Outcome: finding.Pass, Changed: true,
			Cells: []finding.Cell{finding.Name(d.ID), finding.Text(stamp(d.At)), finding.Text(d.Verdict()), finding.Text(d.Reason)}})
	}
	if len(table.Rows) == 0 {
		return append(s.Notes(now), finding.Note{Text: "nothing was decided yet"})
	}
	return append(s.Notes(now), table)
}
