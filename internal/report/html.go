package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var style template.CSS

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"kind": kindOf, "text": func(c finding.Cell) string { return visible(text(c)) }, "visible": visible, "outcome": outcome, "class": class,
	"cell": cellClass, "isQuiet": finding.Row.Quiet, "histogram": drawHistogram, "stepWord": stepWord, "duration": duration, "short": short,
	"tally": func(s finding.Step) string { return finding.Result{Steps: []finding.Step{s}}.Headline().Tally() },
	"loud":  loud, "worst": finding.Step.Verdict, "isRed": finding.Step.Red,
}).Parse(pageSource))

// HTML writes a result as one page that needs nothing else: no script, no font, no request. What failed or changed stands open,
// everything else can be unfolded.
func HTML(w io.Writer, r finding.Result) error {
	h := r.Headline()
	runURL := ""
	if strings.HasPrefix(r.Subject.RunURL, "https://") {
		runURL = r.Subject.RunURL
	}
	return page.Execute(w, map[string]any{"Result": r, "Headline": h, "Style": style, "Base": strings.ReplaceAll(base(r.Base), "`", ""),
		"Rules": strings.ReplaceAll(rules(r.Rules), "`", ""), "Reason": visible(h.Reason), "RunURL": runURL, "Started": r.Started.UTC().Format("2006-01-02 15:04 UTC")})
}

// kindOf names a block for the template.
func kindOf(b finding.Block) string {
	return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", b), "finding."))
}

// class is the CSS class of an outcome.
func class(o finding.Outcome) string { return "is-" + o.String() }

// cellClass is the CSS class of a cell: numbers are right-aligned, names are set as code.
func cellClass(c finding.Cell) string {
	switch c := c.(type) {
	case finding.Verdict:
		return "verdict " + class(finding.Outcome(c))
	case finding.Number, finding.Count, finding.Share, finding.PValue:
		return "number"
	case finding.Delta:
		if c.Trend == finding.TrendWorse {
			return "number worse"
		}
		return "number"
	case finding.Absent:
		return "number absent"
	}
	if isForeign(c) {
		return "name"
	}
	return ""
}

// loud are a step's blocks that a reader in a hurry needs, with only the rows that are not quiet.
func loud(step finding.Step) []finding.Block {
	var shown []finding.Block
	for _, answer := range step.Answers {
		for _, block := range answer.Blocks() {
			switch b := block.(type) {
			case finding.Line:
				if b.Outcome != finding.Pass {
					shown = append(shown, b)
				}
			case finding.Output, finding.Histogram:
				shown = append(shown, b)
			case finding.Table:
				if b = b.Loud(); len(b.Rows) > 0 {
					shown = append(shown, b)
				}
			}
		}
	}
	return shown
}

// The drawing of a histogram, in units of the picture.
const (
	plotWidth  = 560.0
	plotHeight = 120.0
	labelSpace = 34.0
)

// bar is one bar of a drawn histogram.
type bar struct {
	X, Y, Width, Height float64
	Series              int
	Title               string
}

// plot is a drawn histogram.
type plot struct {
	Title         string
	Width, Height float64
	Floor         float64
	Bars          []bar
	Labels        []plotLabel
	Series        []string
	Summary       string
}

type plotLabel struct {
	X    float64
	Text string
}

// drawHistogram lays out paired bars: one group a bin, one bar a series, as high as its share.
func drawHistogram(h finding.Histogram) plot {
	p := plot{Title: visible(h.Title), Width: plotWidth, Height: plotHeight + labelSpace, Floor: plotHeight}
	top := 0.0
	for _, series := range h.Series {
		p.Series = append(p.Series, visible(series.Name))
		for _, v := range series.Values {
			top = math.Max(top, v)
		}
	}
	p.Summary = p.Title + ": " + strings.Join(p.Series, " and ")
	if top == 0 || len(h.Labels) == 0 || len(h.Series) == 0 {
		return p
	}
	group := plotWidth / float64(len(h.Labels))
	width := group * 0.8 / float64(len(h.Series))
	every := int(math.Ceil(float64(len(h.Labels)) / 6)) // more labels would run into each other
	for i, label := range h.Labels {
		if i%every == 0 {
			p.Labels = append(p.Labels, plotLabel{group*float64(i) + group/2, cutLabel(visible(label))})
		}
		for s, series := range h.Series {
			if i >= len(series.Values) || !(series.Values[i] >= 0) {
				continue
			}
			height := series.Values[i] / top * (plotHeight - 8)
			p.Bars = append(p.Bars, bar{X: group*float64(i) + group*0.1 + width*float64(s), Y: plotHeight - height, Width: width * 0.92, Height: height,
				Series: s, Title: fmt.Sprintf("%s, %s: %s", visible(label), p.Series[s], percent(series.Values[i]))})
		}
	}
	return p
}

// cutLabel keeps a label of the axis within its space.
func cutLabel(s string) string {
	if runes := []rune(s); len(runes) > 14 {
		return string(runes[:13]) + "…"
	}
	return s
}
