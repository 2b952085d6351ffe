package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// course is how a number went, in one line.
func (p *markdown) course(t finding.Timeline) {
	if _, values := t.Measured(); len(values) >= 2 {
		p.linef("%s %s over %d commits, this one last", code(t.Title), trail(t.Values), len(t.Values))
	}
}

// The bounds of a chart: of fewer points a line says as much, of more the labels run into each other, and the language of
// the charts knows no exponents.
const (
	minPoints    = 3
	maxPoints    = 30
	smallestDraw = 1e-4
	largestDraw  = 1e12
)

// timeline is a chart in the language of Mermaid, which GitHub draws; of what it cannot draw the line alone.
func (p *markdown) timeline(t finding.Timeline) {
	places, values := t.Measured()
	if from := len(values) - maxPoints; from > 0 {
		places, values = places[from:], values[from:]
	}
	if len(values) < minPoints {
		p.course(t)
		return
	}
	low, high := slices.Min(values), slices.Max(values)
	if size := max(math.Abs(low), math.Abs(high)); size > largestDraw || size < smallestDraw {
		p.course(t)
		return
	}
	if margin := (high - low) / 10; margin > 0 {
		low, high = low-margin, high+margin
	} else {
		low, high = low-math.Abs(low)/10, high+math.Abs(high)/10
	}
	p.linef("%s", "```mermaid\n"+strings.Join([]string{
		`%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#0969da"}}}}%%`, // Mermaid's own can hardly be seen on white
		"xychart-beta",
		fmt.Sprintf("    title \"%s, commit by commit\"", lettered(t.Title)),
		fmt.Sprintf("    x-axis [%s]", strings.Join(placeNames(places), ", ")),
		fmt.Sprintf("    y-axis %s --> %s", plainNumber(low), plainNumber(high)),
		fmt.Sprintf("    line [%s]", strings.Join(plainNumbers(values), ", ")),
	}, "\n")+"\n```")
}

// placeNames are commits counted back from the one that is judged.
func placeNames(places []float64) []string {
	names := make([]string, len(places))
	for i, place := range places {
		names[i] = strconv.Quote(number(place))
		if place == 0 {
			names[i] = `"this"`
		}
	}
	return names
}

func plainNumbers(values []float64) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = plainNumber(v)
	}
	return texts
}

// plainNumber has no exponent, and no more digits than a chart shows.
func plainNumber(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64)
}
