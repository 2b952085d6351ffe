package finding

import (
	"math"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

// Block is one neutral piece of a step's answer. Every renderer draws blocks and knows no step. Strings in blocks are
// plain text, hostile until the renderer escapes them.
type Block interface{ block() }

// Meta lets a renderer keep to its budget without judging.
type Meta struct {
	Priority int  // lower is shown first and dropped last
	Changed  bool // differs from the base, or says the news: a small surface shows such a line or note openly
}

// Line is a verdict line: one sentence with its outcome.
type Line struct {
	Meta
	Outcome Outcome
	Text    string
}

// Table is a grid of typed cells.
type Table struct {
	Meta
	Title  string
	Header []string
	Rows   []Row
	Brief  bool // a small surface tells the answer's worst findings in a few lines, and folds the rows
	Told   bool // lines beside it tell the news of the table: a small surface folds the rows
}

// Row is one subject of a table. Rows that neither pass nor changed may be folded away by a renderer.
type Row struct {
	Outcome Outcome
	Changed bool
	Cells   []Cell
	Pos     source.Pos // where the row's rule stands, for surfaces that can link to it
	Detail  []Block    // what a reader who asks for more of this subject is shown; small surfaces leave it out
}

// Quiet reports whether a reader in a hurry can do without the row.
func (r Row) Quiet() bool { return r.Outcome == Pass && !r.Changed }

// Loud is the table with only the rows that a reader in a hurry needs.
func (t Table) Loud() Table {
	t.Rows = slices.DeleteFunc(slices.Clone(t.Rows), Row.Quiet)
	return t
}

// Histogram is a paired histogram of shares: one label and one value a bin for each series.
type Histogram struct {
	Meta
	Title  string
	Labels []string
	Series []Series
}

// Series is one named sequence of shares in [0, 1].
type Series struct {
	Name   string
	Values []float64
}

// Curve is a chart of lines over one axis, such as two cumulative distributions.
type Curve struct {
	Meta
	Title string
	Axis  string // what the values of X are, with their unit
	Lines []Trace
}

// Trace is one line of a Curve: a value of Y for each of X, which ascends. Neither holds NaN or an infinity.
type Trace struct {
	Name string
	X, Y []float64
}

// Timeline is a chart of one number, commit by commit: the oldest first, the last is what is judged.
type Timeline struct {
	Meta
	Title  string // what the number is
	Unit   string
	Values []float64 // NaN where it was not measured
}

// Measured are the places and values that were measured; the last place is 0, the one before it −1.
func (t Timeline) Measured() (places, values []float64) {
	for i, v := range t.Values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			places, values = append(places, float64(i-len(t.Values)+1)), append(values, v)
		}
	}
	return places, values
}

// Curve is the chart for surfaces that draw lines.
func (t Timeline) Curve() Curve {
	places, values := t.Measured()
	return Curve{Meta: t.Meta, Title: t.Title, Axis: "commits back from this one", Lines: []Trace{{Name: t.Title, X: places, Y: values}}}
}

// Note is a sentence of explanation.
type Note struct {
	Meta
	Text    string
	Command string // what the reader may copy and write, after the sentence; "" for nothing
}

// Output is preformatted text, such as the last lines of a program.
type Output struct {
	Meta
	Title string
	Lines []string
}

// Document is Markdown that somebody else wrote: each surface shows of it what is harmless there.
type Document struct {
	Meta
	Title string
	Text  string
}

// Plain is the document as it was written, for surfaces without Markdown.
func (d Document) Plain() Output {
	return Output{Meta: d.Meta, Title: d.Title, Lines: strings.Split(strings.TrimRight(d.Text, "\n"), "\n")}
}

// Attachment is a file that is kept with the run, such as a picture: a surface links to where the run's files are.
type Attachment struct {
	Meta
	Name string
}

// Fold groups blocks that are shown on request.
type Fold struct {
	Meta
	Title  string
	Blocks []Block
}

func (Line) block()       {}
func (Table) block()      {}
func (Histogram) block()  {}
func (Curve) block()      {}
func (Timeline) block()   {}
func (Note) block()       {}
func (Output) block()     {}
func (Document) block()   {}
func (Attachment) block() {}
func (Fold) block()       {}

// Cell is one typed value of a table. Formatting, rounding and escaping belong to the renderer.
type Cell interface{ cell() }

// The kinds of cells.
type (
	// Text is a sentence or a few words.
	Text string
	// Name is an identifier from the user's world: a column, a metric, a file.
	Name string
	// Rule is a limit as it was written, such as "≥ 0.75".
	Rule string
	// Number is a measured value; a unit of "%" means that Value is already a percentage.
	Number struct {
		Value float64
		Unit  string
	}
	// Count is a number of things.
	Count int64
	// Share is a fraction of one, shown as a percentage.
	Share float64
	// PValue is a probability, shown with its small values readable.
	PValue float64
	// Delta is a difference from the base and whether it is for the better.
	Delta struct {
		Value float64
		Unit  string
		Trend Trend
	}
	// Interval is between which values a difference lies.
	Interval struct{ Low, High float64 }
	// Verdict is an outcome.
	Verdict Outcome
	// Place is where a rule stands.
	Place source.Pos
	// Bars is a picture as small as a word: one value in [0, 1] a bin for each series.
	Bars []Series
	// Trail is how a number went, the oldest first; NaN where it was not measured.
	Trail []float64
	// Absent is what was not measured; it prints as a dash, never as 0.
	Absent struct{}
)

func (Text) cell()     {}
func (Name) cell()     {}
func (Rule) cell()     {}
func (Number) cell()   {}
func (Count) cell()    {}
func (Share) cell()    {}
func (PValue) cell()   {}
func (Delta) cell()    {}
func (Interval) cell() {}
func (Verdict) cell()  {}
func (Place) cell()    {}
func (Bars) cell()     {}
func (Trail) cell()    {}
func (Absent) cell()   {}

// Trend is the direction of a difference for its reader.
type Trend int8

// The trends; the zero value is for metrics whose direction nobody declared.
const (
	TrendUnknown Trend = iota
	TrendBetter
	TrendWorse
	TrendSame
)
