package evidently

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Result is the answer of one comparison.
type Result struct {
	Version       string           `json:"evidently"` // the version that is reproduced
	Reference     string           `json:"reference"`
	Current       string           `json:"current"`
	ReferenceRows int64            `json:"reference-rows"`
	CurrentRows   int64            `json:"current-rows"`
	Nulls         Nulls            `json:"nulls,omitempty"` // which fields of CSV were null
	DriftShare    float64          `json:"drift-share"`
	Columns       []Column         `json:"columns"`
	Severity      finding.Severity `json:"severity,omitempty"`
	Pos           source.Pos       `json:"position,omitzero"`
}

// Column is the answer for one column. Score is nil where it was not judged; Cause, There and Reason say why.
type Column struct {
	Name      string        `json:"name"`
	Type      Type          `json:"type"`
	Method    Stattest      `json:"method,omitempty"`
	Title     string        `json:"title,omitempty"` // what Evidently calls the method in its reports
	Score     *float64      `json:"score,omitempty"`
	Threshold *float64      `json:"threshold,omitempty"`
	Drifted   bool          `json:"drifted"`
	Cause     finding.Cause `json:"cause,omitempty"`
	There     There         `json:"evidently,omitempty"`
	Reason    string        `json:"reason,omitempty"`
}

// There is what Evidently does with a column that is not judged here.
type There string

// What Evidently does.
const (
	Ignores There = "leaves the column out and says nothing"
	Stops   There = "stops the whole report with an error"
	Passes  There = "says no drift"
	Alarms  There = "says drift"
	Trains  There = "gives a verdict that is not reproduced"
	Differs There = "gives a verdict that depends on how the table was loaded"
)

// counts reports whether the column stands in Evidently's number of columns.
func (t There) counts() bool { return t != Ignores }

func (c Column) notJudged(cause finding.Cause, there There, reason string) Column {
	c.Cause, c.There, c.Reason = cause, there, reason
	return c
}

// IsJudged reports whether the column has a verdict.
func (c Column) IsJudged() bool { return c.Score != nil && c.Threshold != nil }

// Kind names these results in result files.
func (Result) Kind() string { return "evidently" }

// tally counts the columns in Evidently's share: all, those that drifted, those that were not judged.
func (r Result) tally() (all, drifted, open int) {
	for _, c := range r.Columns {
		switch {
		case !c.IsJudged() && !c.There.counts():
			continue
		case !c.IsJudged():
			open++
		case c.Drifted:
			drifted++
		}
		all++
	}
	return all, drifted, open
}

// Findings are one for each column and one for the data set. A drifted column is a warning: as in Evidently, the share of them
// decides. A column that was not judged blocks, unless it is text, which nothing reproduces.
func (r Result) Findings() []finding.Finding {
	all := make([]finding.Finding, 0, len(r.Columns)+1)
	for _, c := range r.Columns {
		all = append(all, c.finding(r))
	}
	return append(all, r.dataset())
}

func (c Column) finding(r Result) finding.Finding {
	f := finding.Finding{Rule: "distribution", Subject: c.Name, Outcome: c.outcome(), Pos: r.Pos, Message: c.message()}
	if !c.IsJudged() {
		f = f.NotRunIf(c.Cause, true)
		f.Excused = c.There == Trains
		f.Hint = "leave it out under columns: exclude"
	}
	return f
}

func (c Column) outcome() finding.Outcome {
	switch {
	case !c.IsJudged():
		return finding.NotRun
	case c.Drifted:
		return finding.Warn
	}
	return finding.Pass
}

func (c Column) message() string {
	if !c.IsJudged() {
		return fmt.Sprintf("column %s was not compared: %s; Evidently %s", c.Name, c.Reason, c.There)
	}
	verdict := "no drift"
	if c.Drifted {
		verdict = "drift"
	}
	return fmt.Sprintf("column %s: %s by %s, score %.6g, threshold %g", c.Name, verdict, c.Method, *c.Score, *c.Threshold)
}

// dataset holds the share of drifted columns against the limit. Columns that were not judged may fall on either side: where they decide,
// nothing is decided.
func (r Result) dataset() finding.Finding {
	f := finding.Finding{Rule: "dataset", Subject: r.Current, Pos: r.Pos}
	all, drifted, open := r.tally()
	if all == 0 {
		f.Message = "there is no column to compare"
		return f.NotRunIf(finding.Missing, true)
	}
	least, most := float64(drifted)/float64(all), float64(drifted+open)/float64(all)
	f.Message = fmt.Sprintf("%d of %d columns drifted (%.4g %%)", drifted, all, 100*least)
	if open > 0 {
		f.Message += fmt.Sprintf(", %d not judged", open)
	}
	switch {
	case least >= r.DriftShare:
		f.Outcome = r.Severity.Broken()
		f.Message += fmt.Sprintf("; the data set has drifted from %g %%", 100*r.DriftShare)
	case most >= r.DriftShare:
		f.Message += fmt.Sprintf("; those decide whether it is the %g %% of a drifted data set", 100*r.DriftShare)
		return f.NotRunIf(finding.Undefined, true)
	default:
		f.Outcome = finding.Pass
	}
	return f
}

// Blocks are the verdict on the data set, a table with a row for each column, and how the tables were read.
func (r Result) Blocks() []finding.Block {
	dataset := r.dataset()
	table := finding.Table{
		Brief:  true,
		Title:  fmt.Sprintf("Drift from %s (%d rows) to %s (%d rows), as Evidently %s has it", r.Reference, r.ReferenceRows, r.Current, r.CurrentRows, r.Version),
		Header: []string{"column", "type", "method", "score", "threshold", "verdict", ""}}
	for _, c := range r.Columns {
		table.Rows = append(table.Rows, finding.Row{Outcome: c.outcome(), Cells: c.cells()})
	}
	return []finding.Block{finding.Line{Outcome: dataset.Outcome, Text: dataset.Message}, table, finding.Note{Text: r.note()}}
}

func (c Column) cells() []finding.Cell {
	cells := []finding.Cell{finding.Name(c.Name), finding.Text(c.Type), finding.Text(c.Method), number(c.Score), number(c.Threshold), finding.Verdict(c.outcome())}
	if c.IsJudged() {
		return append(cells, finding.Absent{})
	}
	return append(cells, finding.Text(fmt.Sprintf("%s; Evidently %s", c.Reason, c.There)))
}

func number(v *float64) finding.Cell {
	if v == nil {
		return finding.Absent{}
	}
	return finding.Number{Value: *v}
}

// note says how the tables were read and what was not reproduced.
func (r Result) note() string {
	var parts []string
	switch r.Nulls {
	case NullsPandas:
		parts = append(parts, "Fields of CSV that pandas' read_csv takes for null, such as NA and None, were read as null.")
	case NullsEmpty:
		parts = append(parts, "Only empty fields of CSV were read as null: read_csv(keep_default_na=False, na_values=['']).")
	}
	var notReproduced []string
	for _, c := range r.Columns {
		if c.There == Trains {
			notReproduced = append(notReproduced, c.Name)
		}
	}
	if len(notReproduced) > 0 {
		parts = append(parts, fmt.Sprintf("Not reproduced: %d columns of text (%s).", len(notReproduced), strings.Join(notReproduced, ", ")))
	}
	return strings.Join(append(parts, "Evidently corrects for no number of columns and for no small sample: the default mode does."), " ")
}
