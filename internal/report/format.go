package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// absent stands for what was not measured.
const absent = "—"

// text is a cell as plain words; user strings in it are not escaped yet.
func text(cell finding.Cell) string {
	switch c := cell.(type) {
	case finding.Text:
		return string(c)
	case finding.Name:
		return string(c)
	case finding.Rule:
		return string(c)
	case finding.Number:
		return withUnit(number(c.Value), c.Unit)
	case finding.Count:
		return grouped(int64(c))
	case finding.Share:
		return percent(float64(c))
	case finding.PValue:
		return probability(float64(c))
	case finding.Delta:
		return withUnit(signed(c.Value), c.Unit) + arrow(c.Trend)
	case finding.Interval:
		return signed(c.Low) + " … " + signed(c.High)
	case finding.Verdict:
		return outcome(finding.Outcome(c))
	case finding.Place:
		return source.Pos(c).String()
	case finding.Trail:
		return trail(c)
	case finding.Bars:
		return strings.Join(sparkLines(c), " ")
	default:
		return absent
	}
}

// isForeign reports whether the cell may hold a string from outside.
func isForeign(cell finding.Cell) bool {
	switch cell.(type) {
	case finding.Name, finding.Rule, finding.Place:
		return true
	}
	return false
}

// sparkLines is one run of block characters a series.
func sparkLines(series []finding.Series) []string {
	lines := make([]string, len(series))
	for i, s := range series {
		lines[i] = sparks(s.Values)
	}
	return lines
}

func withUnit(s, unit string) string {
	if unit == "" {
		return s
	}
	return s + " " + unit
}

// number has five significant digits, or all digits of a whole number.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 0):
		return strings.Replace(fmt.Sprint(v), "-", "−", 1)
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return grouped(int64(v))
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', 5, 64), "-", "−", 1)
}

// grouped is a whole number with its thousands apart.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = "−", rest
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

func signed(v float64) string {
	if v > 0 {
		return "+" + shortened(v)
	}
	return shortened(v)
}

// shortened has three significant digits: a difference is read for its size.
func shortened(v float64) string {
	if v == math.Trunc(v) || math.IsNaN(v) {
		return number(v)
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', 3, 64), "-", "−", 1)
}

// percent never rounds a share that is not 0 or 1 to one of them.
func percent(share float64) string {
	switch {
	case math.IsNaN(share):
		return "NaN"
	case share > 0 && share < 0.001:
		return "< 0.1 %"
	case share < 1 && share > 0.999:
		return "> 99.9 %"
	}
	return strconv.FormatFloat(100*share, 'f', 1, 64) + " %"
}

func probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return "NaN"
	case p < 0.0001:
		return "< 0.0001"
	}
	return strconv.FormatFloat(p, 'f', 4, 64)
}

// arrow says in words and not in color alone whether a difference is for the better.
func arrow(t finding.Trend) string {
	switch t {
	case finding.TrendBetter:
		return " better"
	case finding.TrendWorse:
		return " worse"
	}
	return ""
}

// outcome is an outcome as a reader meets it.
func outcome(o finding.Outcome) string {
	if o == finding.NotRun {
		return "could not tell"
	}
	return o.String()
}

// sparks draw shares as a line of blocks, which every surface can show. What is no number is a dot.
func sparks(values []float64) string {
	top := highest([]finding.Series{{Values: values}})
	var b strings.Builder
	for _, v := range values {
		switch {
		case !isFinite(v):
			b.WriteRune('·')
		case top > 0 && v > 0:
			b.WriteString(spark(v / top))
		default:
			b.WriteString(spark(0))
		}
	}
	return b.String()
}

// spark is one block character, as high as a share of one.
func spark(share float64) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	return string(levels[min(len(levels)-1, int(share*float64(len(levels)-1)+0.5))])
}

// trail is a run of block characters from the lowest of the values to the highest; a dot where there is none.
func trail(values []float64) string {
	heights, _ := scaleOver(0, 1, values)
	var b strings.Builder
	for _, v := range values {
		if isFinite(v) {
			b.WriteString(spark(heights.at(v)))
		} else {
			b.WriteRune('·')
		}
	}
	return b.String()
}

// duration is a number of seconds as people say it.
func duration(seconds float64) string {
	switch {
	case seconds < 10:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	case seconds < 120:
		return strconv.FormatFloat(seconds, 'f', 0, 64) + " s"
	}
	return strconv.FormatFloat(seconds/60, 'f', 0, 64) + " min"
}
