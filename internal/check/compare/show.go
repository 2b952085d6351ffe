package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// Blocks are the news in a few lines, then the metrics, the slices, fairness and what flipped.
func (r Result) Blocks() []finding.Block {
	if r.Primary == nil {
		var blocks []finding.Block
		for _, f := range r.Findings() {
			blocks = append(blocks, finding.Line{Outcome: f.Outcome, Text: f.Message})
		}
		return blocks
	}
	blocks := append(r.news(), r.metrics())
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

// news is what a reader in a hurry wants: the verdict, guards that do not hold, what flipped, which slices fell.
func (r Result) news() []finding.Block {
	var blocks []finding.Block
	for i, f := range r.Findings() {
		isPrimary := i == 0
		if isPrimary || (f.Outcome == finding.Warn || f.Blocks()) && f.Rule != "slice" {
			blocks = append(blocks, finding.Line{Meta: finding.Meta{Changed: isPrimary}, Outcome: f.Outcome, Text: f.Message})
		}
	}
	if r.Flips != nil {
		blocks = append(blocks, finding.Note{Meta: finding.Meta{Changed: true}, Text: r.Flips.sentence()})
	}
	if text := r.fallen(); text != "" {
		blocks = append(blocks, finding.Note{Meta: finding.Meta{Changed: true}, Text: text})
	}
	return blocks
}

// maxFallen bounds the slices that a line names.
const maxFallen = 5

// fallen names the slices on which the challenger is worse, "" where there is none.
func (r Result) fallen() string {
	var names []string
	for _, s := range r.byGain() {
		if s.Verdict == Worse {
			names = append(names, fmt.Sprintf("%s = %s by %s (%s) of %d rows", s.Column, s.Level, signed(s.Gain), between(s.Low, s.High), s.Rows))
		}
	}
	if len(names) == 0 {
		return ""
	}
	text := "Slices that fell: " + strings.Join(names[:min(len(names), maxFallen)], "; ")
	if more := len(names) - maxFallen; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text + "."
}

// interval is the head of a column of intervals.
func (r Result) interval() string { return fmt.Sprintf("%.6g %% interval", 100*(1-2*r.level())) }

// metrics is a row for each metric.
func (r Result) metrics() finding.Table {
	table := finding.Table{Title: fmt.Sprintf("Challenger against champion, %d rows", r.Rows), Told: true,
		Header: []string{"metric", "role", "champion", "challenger", "gain", r.interval(), "margin", "p", "verdict", ""}}
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

// byGain are the slices, those that lost most first, and those that could not be compared last.
func (r Result) byGain() []Slice {
	sorted := slices.Clone(r.Slices)
	slices.SortStableFunc(sorted, func(a, b Slice) int {
		if (a.Verdict == Undefined) != (b.Verdict == Undefined) {
			return cmp.Compare(len(a.Why), len(b.Why)) // only they say why
		}
		return cmp.Compare(a.Gain, b.Gain)
	})
	return sorted
}

// weakest is a row for each slice.
func (r Result) weakest() finding.Table {
	table := finding.Table{Title: "Slices by " + r.Primary.Metric, Told: true,
		Header: []string{"column", "value", "rows", "champion", "challenger", "gain", r.interval(), "verdict", ""}}
	for _, s := range r.byGain() {
		outcome := s.finding().Outcome
		cells := append([]finding.Cell{finding.Name(s.Column), finding.Name(s.Level), finding.Count(s.Rows)}, s.cells()...)
		table.Rows = append(table.Rows, finding.Row{Outcome: outcome, Changed: s.Verdict == Worse || s.Verdict == Better, Detail: s.detail(),
			Cells: append(cells, finding.Text(s.Verdict.String()), finding.Verdict(outcome))})
	}
	return table
}

// fair is a row for each disparity.
func (r Result) fair() finding.Table {
	table := finding.Table{Title: "Fairness (0 is equal)", Told: true,
		Header: []string{"column", "groups", "difference", "champion", "challenger", "its " + r.interval(), "limit", "gain", r.interval(), ""}}
	for _, d := range r.Fairness {
		values, own, limit, outcome := d.cells(), finding.Cell(finding.Absent{}), finding.Cell(finding.Absent{}), finding.Pass
		if d.Verdict != Undefined {
			own = finding.Interval{Low: d.ChallengerLow, High: d.ChallengerHigh}
		}
		if d.Limit != nil {
			limit, outcome = finding.Rule(fmt.Sprintf("≤ %g", *d.Limit)), d.finding().Outcome
		}
		table.Rows = append(table.Rows, finding.Row{Outcome: outcome, Changed: true, Detail: d.detail(), Pos: d.Pos,
			Cells: []finding.Cell{finding.Name(d.Column), finding.Count(d.Groups), finding.Text(d.Metric), values[0], values[1], own, limit, values[2], values[3], finding.Verdict(outcome)}})
	}
	return table
}

// explanation says how to read the numbers.
func (r Result) explanation() finding.Note {
	level := strings.TrimSuffix(r.interval(), " interval")
	text := "A gain is positive where the challenger is better, also for losses. Better: the whole " + level + " interval of the gain lies above 0; " +
		"not worse: above −margin; worse: below −margin; else there are too few rows to tell. " +
		fmt.Sprintf("This comparison needs %s.", map[Need]string{NeedBetter: "better", NeedNotWorse: "not worse"}[r.Need])
	if r.Looks != nil && r.Looks.count() > 1 && !r.Looks.areMany() { // else a line says it
		sentence := r.Looks.sentence()
		text += " " + strings.ToUpper(sentence[:1]) + sentence[1:] + "."
	}
	if r.Level != 0 {
		text += " The intervals are wider than 95 % ones, as so many looks demand."
	}
	return finding.Note{Text: text}
}
