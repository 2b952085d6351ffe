package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/assay-ml/assay/internal/finding"
)

// drawCurve lays out lines over one axis. They differ in color and in dashes.
func drawCurve(curve finding.Curve) chart {
	c := chart{Title: named(curve.Title), Axis: visible(curve.Axis), Header: cmp.Or(visible(curve.Axis), "value"), Speech: "Chart of " + named(curve.Title)}
	var xs, ys [][]float64
	lines := make([]finding.Trace, len(curve.Lines))
	for i, line := range curve.Lines {
		lines[i] = drawable(line)
		xs, ys = append(xs, lines[i].X), append(ys, lines[i].Y)
		c.Series = append(c.Series, named(line.Name))
	}
	across, some := scaleOver(plotLeft, plotRight, xs...)
	up, _ := scaleOver(plotBottom, plotTop, ys...)
	if !some {
		return c
	}
	up = up.rounded()
	for _, line := range lines {
		c.Paths = append(c.Paths, linePath(line, across, up))
		c.Speech += ", " + course(line)
	}
	c.Across, c.Up = across.marks(axisNumber), up.marks(axisNumber)
	c.Numbers = readings(lines, across)
	return c
}

// drawable is a line with only the points that have a place.
func drawable(line finding.Trace) finding.Trace {
	kept := finding.Trace{Name: named(line.Name)}
	for i := range min(len(line.X), len(line.Y)) {
		if isFinite(line.X[i]) && isFinite(line.Y[i]) {
			kept.X, kept.Y = append(kept.X, line.X[i]), append(kept.Y, line.Y[i])
		}
	}
	return kept
}

// linePath goes from point to point by the way between them, which takes fewer bytes than their places. One point alone is drawn as a
// dot: a line of no length with round ends.
func linePath(line finding.Trace, across, up scale) string {
	points := make([]point, len(line.X))
	for i := range line.X {
		points[i] = point{tenths(across.at(line.X[i])), tenths(up.at(line.Y[i]))}
	}
	if len(points) < 2 {
		points = append(points, points...)
	}
	var o outline
	var from point
	for i, p := range straightened(points) {
		if i == 0 {
			o.to("M", p.X, p.Y)
		} else {
			o.to("l", p.X-from.X, p.Y-from.Y)
		}
		from = p
	}
	return o.String()
}

// tolerance is how far a line may pass by a point that is left out, in units of the picture: less than half of the line's width.
const tolerance = 0.4

// straightened leaves out the points that a straight line between their neighbours passes by closely enough (Ramer 1972; Douglas and
// Peucker 1973, with the distance taken upright, since X ascends).
func straightened(points []point) []point {
	if len(points) < 3 {
		return points
	}
	first, last := points[0], points[len(points)-1]
	farthest, distance := 0, tolerance
	for i, p := range points[1 : len(points)-1] {
		onLine := first.Y
		if last.X > first.X {
			onLine += (p.X - first.X) / (last.X - first.X) * (last.Y - first.Y)
		}
		if d := math.Abs(p.Y - onLine); d > distance {
			farthest, distance = i+1, d
		}
	}
	if farthest == 0 {
		return []point{first, last}
	}
	before := straightened(points[:farthest+1])
	return slices.Concat(before[:len(before)-1], straightened(points[farthest:]))
}

// course says in words where a line begins and ends.
func course(line finding.Trace) string {
	if len(line.X) == 0 {
		return line.Name + " without points"
	}
	last := len(line.X) - 1
	return fmt.Sprintf("%s from %s at %s to %s at %s", line.Name, shortened(line.Y[0]), shortened(line.X[0]), shortened(line.Y[last]), shortened(line.X[last]))
}

// readings are the lines' values at the ticks of their axis.
func readings(lines []finding.Trace, across scale) []numberRow {
	values := across.ticks()
	rows := make([]numberRow, len(values))
	for i, m := range across.marks(axisNumber) {
		rows[i].Label = m.Text
		for _, line := range lines {
			rows[i].Values = append(rows[i].Values, readAt(line, values[i]))
		}
	}
	return rows
}

// readAt is the value of a line at x, between two of its points as it is drawn; a dash beyond its ends.
func readAt(line finding.Trace, x float64) string {
	i := sort.SearchFloat64s(line.X, x)
	switch {
	case i < len(line.X) && line.X[i] == x:
		return shortened(line.Y[i])
	case i == 0 || i == len(line.X):
		return absent
	}
	share := scale{line.X[i-1], line.X[i], 0, 1}.at(x)
	return shortened((1-share)*line.Y[i-1] + share*line.Y[i])
}
