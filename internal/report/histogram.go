package report

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/finding"
)

// fewBins is how many bins stand apart from each other; more of them join to one shape.
const fewBins = 20

// drawHistogram lays out bars that stand on each other's ground: the first series is filled, the others are outlines over it, so
// that they can be told apart without colors.
func drawHistogram(h finding.Histogram) chart {
	c := chart{Title: named(h.Title), Header: "bin", Speech: "Histogram of " + named(h.Title)}
	slot := (plotRight - plotLeft) / float64(max(1, len(h.Labels)))
	grid := bins{left: plotLeft, bottom: plotBottom, slot: slot, height: plotBottom - plotTop, top: highest(h.Series)}
	if len(h.Labels) <= fewBins {
		grid.gap = slot * 0.16
	}
	for _, series := range h.Series {
		series.Values = series.Values[:min(len(series.Values), len(h.Labels))]
		c.Series = append(c.Series, named(series.Name))
		c.Paths = append(c.Paths, grid.path(series.Values))
		c.Speech += ", " + peak(series)
	}
	if c.Empty() {
		return c
	}
	c.Across = binMarks(h.Labels, slot)
	c.Up = scale{0, grid.top, plotBottom, plotTop}.marks(axisPercent)
	for i, label := range h.Labels {
		c.Numbers = append(c.Numbers, numberRow{named(label), sharesAt(h.Series, i)})
	}
	return c
}

// bins are where a histogram's bars stand, in units of the picture.
type bins struct {
	left, bottom, slot, gap, height float64
	top                             float64 // the share that is as high as the picture
}

// path draws one bar a value. Without a gap neighbours share their sides; a value that is no number leaves a hole.
func (b bins) path(values []float64) string {
	var o outline
	if !(b.top > 0) {
		return ""
	}
	open := false
	for i, v := range values {
		if !isFinite(v) {
			if open {
				o.to("V", b.bottom)
			}
			open = false
			continue
		}
		left := b.left + b.slot*float64(i) + b.gap/2
		if !open {
			o.to("M", left, b.bottom)
		}
		o.to("V", b.bottom-math.Max(0, v)/b.top*b.height)
		o.to("H", left+b.slot-b.gap)
		if open = b.gap == 0 && i < len(values)-1; !open {
			o.to("V", b.bottom)
		}
	}
	return o.String()
}

// highest is the largest finite share; 0 without any.
func highest(series []finding.Series) float64 {
	top := 0.0
	for _, s := range series {
		for _, v := range s.Values {
			if isFinite(v) {
				top = math.Max(top, v)
			}
		}
	}
	return top
}

// binMarks label at most maxTicks bins: more would run into each other.
func binMarks(labels []string, slot float64) []mark {
	var marks []mark
	every := (len(labels) + maxTicks - 2) / (maxTicks - 1)
	for i := 0; i < len(labels); i += every {
		text := cutLabel(named(labels[i]))
		half := letterWidth / 2 * float64(utf8.RuneCountInString(text))
		marks = append(marks, mark{math.Min(plotLeft+slot*(float64(i)+0.5), plotRight-half), text})
	}
	return marks
}

func sharesAt(series []finding.Series, i int) []string {
	shares := make([]string, len(series))
	for s := range series {
		shares[s] = absent
		if i < len(series[s].Values) {
			shares[s] = percent(series[s].Values[i])
		}
	}
	return shares
}

// peak says where a series has most of its values.
func peak(s finding.Series) string {
	best := -1
	for i, v := range s.Values {
		if isFinite(v) && (best < 0 || v > s.Values[best]) {
			best = i
		}
	}
	if best < 0 {
		return named(s.Name) + " without values"
	}
	return fmt.Sprintf("%s highest in bin %d of %d", named(s.Name), best+1, len(s.Values))
}

// The size of a picture in a table's cell.
const (
	miniWidth  = 96.0
	miniHeight = 26.0
)

// miniature is a histogram as small as a word, without axes.
type miniature struct {
	Series []string
	Paths  []string
	Speech string
}

// Box is the picture's viewBox.
func (m miniature) Box() string { return box(miniWidth, miniHeight) }

func drawMiniature(series finding.Bars) *miniature {
	m := &miniature{}
	var words []string
	grid := bins{left: 1, bottom: miniHeight - 1, height: miniHeight - 3, top: highest(series)}
	for _, s := range series {
		grid.slot = (miniWidth - 2) / float64(max(1, len(s.Values)))
		m.Series = append(m.Series, named(s.Name))
		m.Paths = append(m.Paths, grid.path(s.Values))
		words = append(words, peak(s))
	}
	m.Speech = strings.Join(words, ", ")
	return m
}
