package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// stepView is a step as the page shows it.
type stepView struct {
	finding.Step
	ID     string
	Class  string
	Tally  string
	Loud   bool // it stands open
	Blocks []blockView
}

// blockView is a block with what the template needs to draw it.
type blockView struct {
	Kind string // names the template's branch
	Of   any    // a finding.Line, Note or Output, or a view of the other kinds
}

type foldView struct {
	Title  string
	Blocks []blockView
}

type tableView struct {
	ID     string
	Title  string
	Header []string
	Legend []string // the series of the small pictures
	Rows   []rowView
	Parts  []rowView // the rows that have a part of their own
	Loud   int       // how many rows are worth a hurried reader's time
	Inner  bool      // it belongs to a row's part, and is neither sorted nor filtered
}

// Long reports whether a reader may want to filter the table.
func (t tableView) Long() bool { return len(t.Rows) > fewRows/2 && !t.Inner }

// Folded reports whether the script begins with the loud rows only.
func (t tableView) Folded() bool { return len(t.Rows) > 2*fewRows && t.Loud > 0 }

type rowView struct {
	ID      string // "" where the row has no part
	Outcome finding.Outcome
	Quiet   bool
	Name    string
	Cells   []cellView
	Detail  []blockView
}

type cellView struct {
	Class  string
	Text   string
	Key    string // what it sorts by: a number, or "" for what was not measured
	Keyed  bool   // whether Key counts; other cells sort by their text
	IsName bool   // it names the row
	Bars   *miniature
}

// viewer numbers what has an address on the page: addresses are made, never taken from data.
type viewer struct {
	tables, parts int
	depth         int // of parts in which it is
}

func viewSteps(steps []finding.Step) []stepView {
	var v viewer
	views := make([]stepView, len(steps))
	for i, step := range steps {
		views[i] = stepView{Step: step, ID: fmt.Sprintf("step-%d", i+1), Class: class(step.Verdict()), Loud: step.Verdict() != finding.Pass,
			Tally: finding.Result{Steps: []finding.Step{step}}.Headline().Tally()}
		if step.Red() {
			views[i].Class = class(finding.Fail)
		}
		for _, answer := range step.Answers {
			views[i].Blocks = append(views[i].Blocks, v.blocks(answer.Blocks())...)
		}
	}
	return views
}

func (v *viewer) blocks(blocks []finding.Block) []blockView {
	views := make([]blockView, 0, len(blocks))
	for _, block := range blocks {
		view := blockView{Kind: strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", block), "finding.")), Of: block}
		switch b := block.(type) {
		case finding.Fold:
			view.Of = foldView{b.Title, v.blocks(b.Blocks)}
		case finding.Table:
			view.Of = v.table(b)
		case finding.Histogram:
			view.Of = drawHistogram(b)
		case finding.Curve:
			view.Of = drawCurve(b)
		case finding.Timeline:
			view.Kind, view.Of = "curve", drawCurve(b.Curve())
		case finding.Document:
			view.Kind, view.Of = "output", b.Plain()
		}
		views = append(views, view)
	}
	return views
}

func (v *viewer) table(t finding.Table) tableView {
	v.tables++
	view := tableView{ID: fmt.Sprintf("table-%d", v.tables), Title: t.Title, Header: t.Header, Loud: len(t.Loud().Rows), Inner: v.depth > 0}
	for _, row := range t.Rows {
		shown := v.row(row)
		view.Rows = append(view.Rows, shown)
		if shown.ID != "" {
			view.Parts = append(view.Parts, shown)
		}
		for _, cell := range shown.Cells {
			if view.Legend == nil && cell.Bars != nil {
				view.Legend = cell.Bars.Series
			}
		}
	}
	return view
}

func (v *viewer) row(row finding.Row) rowView {
	view := rowView{Outcome: row.Outcome, Quiet: row.Quiet()}
	for _, cell := range row.Cells {
		shown := viewCell(cell)
		shown.Keyed = shown.Keyed && v.depth == 0
		view.Cells = append(view.Cells, shown)
	}
	if len(row.Cells) > 0 {
		name := nameOf(row)
		view.Cells[name].IsName = true
		view.Name = view.Cells[name].Text
	}
	if len(row.Detail) > 0 {
		v.parts++
		view.ID = strconv.Itoa(v.parts)
		v.depth++
		view.Detail = v.blocks(row.Detail)
		v.depth--
	}
	return view
}

// nameOf is the cell that names the row: the first, unless there is nothing in it.
func nameOf(row finding.Row) int {
	if _, ok := row.Cells[0].(finding.Absent); ok {
		return max(0, slices.IndexFunc(row.Cells, isForeign))
	}
	return 0
}

func viewCell(cell finding.Cell) cellView {
	view := cellView{Class: cellClass(cell)}
	if bars, ok := cell.(finding.Bars); ok {
		view.Bars = drawMiniature(bars)
		return view
	}
	view.Key, view.Keyed = sortKey(cell)
	view.Text = visible(text(cell))
	if isForeign(cell) {
		view.Text = named(text(cell))
	}
	return view
}

// class is the CSS class of an outcome.
func class(o finding.Outcome) string { return "is-" + o.String() }

// cellClass is the CSS class of a cell. Numbers need none: they are the rule.
func cellClass(c finding.Cell) string {
	switch c := c.(type) {
	case finding.Verdict:
		return "verdict " + class(finding.Outcome(c))
	case finding.Delta:
		if c.Trend == finding.TrendWorse {
			return "worse"
		}
	case finding.Absent:
		return "absent"
	case finding.Bars:
		return "bars"
	case finding.Trail:
		return "trail"
	case finding.Text:
		return "words"
	}
	if isForeign(c) {
		return "name"
	}
	return ""
}

// sortKey is the number by which a cell sorts, as JavaScript reads it, and "" for what was not measured; false where the
// cell sorts by its words.
func sortKey(cell finding.Cell) (string, bool) {
	switch c := cell.(type) {
	case finding.Number:
		return scriptNumber(c.Value), true
	case finding.Count:
		return scriptNumber(float64(c)), true
	case finding.Share:
		return scriptNumber(float64(c)), true
	case finding.PValue:
		return scriptNumber(float64(c)), true
	case finding.Delta:
		return scriptNumber(c.Value), true
	case finding.Verdict:
		return strconv.Itoa(finding.Outcome(c).Compare(finding.Pass)), true
	case finding.Absent:
		return "", true
	}
	return "", false
}

func scriptNumber(v float64) string {
	switch {
	case math.IsNaN(v):
		return ""
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// named is a name that a reader can see and click, the empty and the blank ones too.
func named(s string) string {
	if strings.TrimSpace(s) == "" {
		return fmt.Sprintf("%q", s)
	}
	return visible(s)
}
