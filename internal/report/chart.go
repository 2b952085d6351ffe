package report

import (
	"math"
	"strconv"
	"strings"
)

// The drawing area of a chart in units of its picture, which is scaled to the page: small enough that its words can be read on a phone.
const (
	chartWidth  = 420.0
	chartHeight = 190.0
	plotLeft    = 44.0 // room for the labels of the vertical axis
	plotRight   = 412.0
	plotTop     = 10.0
	plotBottom  = 160.0
	letterWidth = 6.4 // of a label, on average
)

// chart is a drawn chart: lines and areas, the axes, and what it shows in words.
type chart struct {
	Title  string
	Series []string
	Paths  []string // for each series; "" where nothing can be drawn
	Across []mark   // the ticks of the horizontal axis
	Up     []mark   // those of the vertical axis
	Axis   string   // what the horizontal axis shows
	Speech string   // the chart in one sentence
	Header string   // of the first column of Numbers
	// Numbers say the same as the picture: a label and a value for each series.
	Numbers []numberRow
}

// Grid is the path of the lines at the ticks of the vertical axis.
func (c chart) Grid() string {
	var o outline
	for _, m := range c.Up {
		o.to("M", plotLeft, m.At)
		o.to("H", plotRight)
	}
	return o.String()
}

// Floor is the path of the horizontal axis.
func (c chart) Floor() string {
	var o outline
	o.to("M", plotLeft, plotBottom)
	o.to("H", plotRight)
	return o.String()
}

// Box is the picture's viewBox.
func (c chart) Box() string { return box(chartWidth, chartHeight) }

func box(width, height float64) string { return "0 0 " + unit(width) + " " + unit(height) }

// Empty reports whether there is nothing to see.
func (c chart) Empty() bool { return strings.Join(c.Paths, "") == "" }

type numberRow struct {
	Label  string
	Values []string
}

// mark is a tick of an axis.
type mark struct {
	At   float64
	Text string
}

// point is a place on the picture.
type point struct{ X, Y float64 }

// Before is where the label of a tick of the vertical axis ends, Below where the label of a tick of the horizontal axis stands.
func (m mark) Before() point { return point{plotLeft - 6, m.At + 4} }
func (m mark) Below() point  { return point{m.At, plotBottom + 17} }

// scale maps values from low to high onto the picture.
type scale struct{ low, high, from, to float64 }

// scaleOver covers the finite values; false where there is none.
func scaleOver(from, to float64, columns ...[]float64) (scale, bool) {
	s := scale{low: math.Inf(1), high: math.Inf(-1), from: from, to: to}
	for _, values := range columns {
		for _, v := range values {
			if isFinite(v) {
				s.low, s.high = math.Min(s.low, v), math.Max(s.high, v)
			}
		}
	}
	if s.low == s.high { // one point stands in the middle
		margin := math.Max(0.5, math.Abs(s.low)/1e6)
		s.low, s.high = s.low-margin, s.high+margin
	}
	return s, s.low < s.high
}

// at is where v stands. Halves keep a range over all numbers from becoming infinite.
func (s scale) at(v float64) float64 {
	unit := 1.0
	if math.IsInf(s.high-s.low, 0) {
		unit = 0.5
	}
	return s.from + (v*unit-s.low*unit)/(s.high*unit-s.low*unit)*(s.to-s.from)
}

// maxTicks bounds the ticks of one axis.
const maxTicks = 6

// rounding is what an end may lie beside a tick and still be one: 0.3/0.05 is 5.999….
const rounding = 1e-9

// ticks are at most maxTicks round numbers from low to high: multiples of 1, 2 or 5 times a power of ten. Where numbers of this size
// have no such steps, they are the two ends.
func (s scale) ticks() []float64 {
	power := math.Pow(10, math.Floor(math.Log10((s.high-s.low)/maxTicks)))
	for _, factor := range []float64{1, 2, 5, 10} {
		step := factor * power
		first, last := math.Ceil(s.low/step-rounding), math.Floor(s.high/step+rounding)
		if !(last-first < maxTicks) || last <= first || first+1 == first {
			continue
		}
		var values []float64
		for k := first; k <= last; k++ {
			values = append(values, k*step+0) // a negative zero becomes a zero
		}
		return values
	}
	return []float64{s.low, s.high}
}

// rounded is the scale from tick to tick. It takes two turns: a wider scale may have wider steps.
func (s scale) rounded() scale {
	for range 2 {
		values := s.ticks()
		step := values[1] - values[0]
		low, high := math.Floor(s.low/step+rounding)*step, math.Ceil(s.high/step-rounding)*step
		if isFinite(low) && isFinite(high) {
			s.low, s.high = math.Min(low, s.low), math.Max(high, s.high)
		}
	}
	return s
}

// marks are the ticks with as many digits as tell them apart.
func (s scale) marks(label func(v float64, digits int) string) []mark {
	values := s.ticks()
	step := values[1] - values[0]
	digits := 2
	for _, v := range values {
		if v != 0 {
			digits = max(digits, 1+int(math.Ceil(math.Log10(math.Abs(v)/step))))
		}
	}
	marks := make([]mark, len(values))
	for i, v := range values {
		marks[i] = mark{s.at(v), label(v, min(digits, 15))}
	}
	return marks
}

// axisNumber is a tick's value, without the noise behind its digits.
func axisNumber(v float64, digits int) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		rounded = v // rounding went over the largest number
	}
	return strings.Replace(strconv.FormatFloat(rounded, 'g', -1, 64), "-", "−", 1)
}

// axisPercent is the label of a share.
func axisPercent(v float64, digits int) string { return axisNumber(100*v, digits) + " %" }

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// outline is a path under way, in the words of SVG.
type outline struct{ strings.Builder }

func (o *outline) to(command string, coordinates ...float64) {
	o.WriteString(command)
	for i, v := range coordinates {
		if i > 0 && v >= 0 { // a sign divides as well
			o.WriteByte(' ')
		}
		o.WriteString(unit(v))
	}
}

// unit is a coordinate. A tenth of a unit is finer than a screen.
func unit(v float64) string { return strconv.FormatFloat(tenths(v), 'f', -1, 64) }

// tenths rounds to a tenth, and makes a negative zero a zero.
func tenths(v float64) float64 { return math.Round(10*v)/10 + 0 }

// cutLabel keeps a label of the axis within its space.
func cutLabel(s string) string {
	if runes := []rune(s); len(runes) > 12 {
		return string(runes[:11]) + "…"
	}
	return s
}
