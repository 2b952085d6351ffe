package compare

import (
	"fmt"

	"github.com/assay-ml/assay/internal/finding"
)

// Blocks are the metrics, the slices, fairness and what flipped.
func (r Result) Blocks() []finding.Block {
	if r.Primary == nil {
		var blocks []finding.Block
		for _, f := range r.Findings() {
			blocks = append(blocks, finding.Line{Outcome: f.Outcome, Text: f.Message})
		}
		return blocks
	}
	first := r.Findings()[0]
	blocks := []finding.Block{finding.Line{Outcome: first.Outcome, Text: first.Message}, r.metrics()}
	if len(r.Slices) > 0 {
		blocks = append(blocks, r.weakest())
	}
	if len(r.Fairness) > 0 {
		blocks = append(blocks, r.fair())
	}
	if r.Flips != nil {
		blocks = append(blocks, r.Flips.blocks()...)
	}
	return append(blocks, r.explanation())
}

// metrics is a row for each metric.
func (r Result) metrics() finding.Table {
	table := finding.Table{Title: fmt.Sprintf("Challenger against champion, %d rows", r.Rows),
		Header: []string{"metric", "role", "champion", "challenger", "gain", "95 % interval", "margin", "p", "verdict", ""}}
	add := func(m Measure, role string, outcome finding.Outcome) {
		cells := append([]finding.Cell{finding.Name(m.Metric), finding.Text(role)}, m.cells()...)
		cells = append(cells, m.limit()...)
		table.Rows = append(table.Rows, finding.Row{Outcome: outcome, Changed: true, Detail: m.detail(),
			Cells: append(cells, finding.Text(m.Verdict.String()), finding.Verdict(outcome))})
	}
	add(*r.Primary, "decides", r.Primary.Verdict.Meets(r.Need))
	for _, m := range r.Critical {
		add(m, "critical", m.Verdict.Meets(NeedNotWorse))
	}
	for _, m := range r.Advisory {
		add(m, "shown", warning(m, "", "").Outcome)
	}
	return table
}

// cells are both values and the gain.
func (m Measure) cells() []finding.Cell {
	if m.Verdict == Undefined {
		return []finding.Cell{finding.Absent{}, finding.Absent{}, finding.Absent{}, finding.Absent{}}
	}
	return []finding.Cell{finding.Number{Value: m.Champion}, finding.Number{Value: m.Challenger},
		finding.Delta{Value: m.Gain, Trend: m.trend()}, finding.Interval{Low: m.Low, High: m.High}}
}

func (m Measure) limit() []finding.Cell {
	if m.Verdict == Undefined {
		return []finding.Cell{finding.Absent{}, finding.Absent{}}
	}
	return []finding.Cell{finding.Number{Value: m.Margin}, finding.PValue(m.P)}
}

// trend is the direction that the interval bears out.
func (m Measure) trend() finding.Trend {
	switch {
	case m.Gain == 0:
		return finding.TrendSame
	case m.Low > 0:
		return finding.TrendBetter
	case m.High < 0:
		return finding.TrendWorse
	default:
		return finding.TrendUnknown
	}
}

// detail is how the interval was found, and what it would take where it does not decide.
func (m Measure) detail() []finding.Block {
	if m.Verdict == Undefined {
		return []finding.Block{finding.Note{Text: m.Why}}
	}
	blocks := []finding.Block{finding.Note{Text: fmt.Sprintf("%s; %d rows, %d independent of each other.", m.Method, m.Rows, m.Units)}}
	if m.Note != "" {
		blocks = append(blocks, finding.Note{Text: m.Note + "."})
	}
	if m.Verdict == Inconclusive {
		blocks = append(blocks, finding.Note{Text: m.takes() + "."})
	}
	return blocks
}

// weakest is a row for each slice.
func (r Result) weakest() finding.Table {
	table := finding.Table{Title: "Slices by " + r.Primary.Metric, Header: []string{"column", "value", "rows", "champion", "challenger", "gain", "95 % interval", "verdict", ""}}
	for _, s := range r.Slices {
		outcome := s.finding().Outcome
		cells := append([]finding.Cell{finding.Name(s.Column), finding.Name(s.Level), finding.Count(s.Rows)}, s.cells()...)
		table.Rows = append(table.Rows, finding.Row{Outcome: outcome, Changed: s.Verdict == Worse || s.Verdict == Better, Detail: s.detail(),
			Cells: append(cells, finding.Text(s.Verdict.String()), finding.Verdict(outcome))})
	}
	return table
}

// fair is a row for each disparity.
func (r Result) fair() finding.Table {
	table := finding.Table{Title: "Fairness (0 is equal)",
		Header: []string{"column", "groups", "difference", "champion", "challenger", "its 95 % interval", "gain", "95 % interval"}}
	for _, d := range r.Fairness {
		values := d.cells()
		own := finding.Cell(finding.Absent{})
		if d.Verdict != Undefined {
			own = finding.Interval{Low: d.ChallengerLow, High: d.ChallengerHigh}
		}
		table.Rows = append(table.Rows, finding.Row{Outcome: finding.Pass, Changed: true, Detail: d.detail(),
			Cells: []finding.Cell{finding.Name(d.Column), finding.Count(d.Groups), finding.Text(d.Metric), values[0], values[1], own, values[2], values[3]}})
	}
	return table
}

// blocks are how many rows flipped, by slice, and the first of them.
func (f Flips) blocks() []finding.Block {
	blocks := []finding.Block{finding.Note{Text: fmt.Sprintf("What flipped: %d rows that were right are now wrong, %d that were wrong are now right.", f.Broke, f.Fixed)}}
	if len(f.BySlice) > 0 {
		table := finding.Table{Title: "Flips by slice", Header: []string{"column", "value", "rows", "now wrong", "now right"}}
		for _, c := range f.worst() {
			table.Rows = append(table.Rows, finding.Row{Outcome: finding.Pass, Changed: c.Broke > c.Fixed,
				Cells: []finding.Cell{finding.Name(c.Column), finding.Name(c.Level), finding.Count(c.Rows), finding.Count(c.Broke), finding.Count(c.Fixed)}})
		}
		blocks = append(blocks, table)
	}
	if len(f.Examples) == 0 {
		return blocks
	}
	table := finding.Table{Title: "The first rows that flipped", Header: []string{"now", "key", "repeat", "label", "champion said", "challenger said"}}
	for _, e := range f.Examples {
		now := finding.Text("right")
		if e.Kind == "broke" {
			now = "wrong"
		}
		cells := []finding.Cell{now}
		for _, text := range []string{e.Key, e.Repeat, e.Label, e.Champion, e.Challenger} {
			cells = append(cells, nameOrAbsent(text))
		}
		table.Rows = append(table.Rows, finding.Row{Outcome: finding.Pass, Changed: e.Kind == "broke", Cells: cells})
	}
	return append(blocks, finding.Fold{Title: "Rows that flipped", Blocks: []finding.Block{table}})
}

func nameOrAbsent(text string) finding.Cell {
	if text == "" {
		return finding.Absent{}
	}
	return finding.Name(text)
}

// explanation says how to read the numbers.
func (r Result) explanation() finding.Note {
	return finding.Note{Text: "A gain is positive where the challenger is better, also for losses. Better: the whole 95 % interval of the gain lies above 0; " +
		"not worse: above −margin; worse: below −margin; else there are too few rows to tell. " + fmt.Sprintf("This comparison needs %s.", map[Need]string{NeedBetter: "better", NeedNotWorse: "not worse"}[r.Need])}
}
