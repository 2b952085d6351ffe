package report_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/assay-ml/assay/internal/finding"
)

// drawing is what a block's picture holds.
type drawing struct {
	paths   map[string]string // by series
	up      []string          // the labels of the axes
	across  []string
	speech  string
	numbers [][]string // header first
}

func drawn(t *testing.T, block finding.Block) drawing {
	t.Helper()
	root := parsed(t, resultOf("m", toy{blocks: []finding.Block{block}}))
	d := drawing{paths: map[string]string{}}
	for _, svg := range elements(root, atom.Svg) {
		d.speech = attribute(svg, "aria-label")
	}
	for _, n := range elements(root, 0) {
		switch class := attribute(n, "class"); {
		case n.Data == "path" && strings.HasPrefix(class, "series-"):
			d.paths[class] = attribute(n, "d")
		case n.Data == "g" && class == "up":
			d.up = childWords(n)
		case n.Data == "g" && class == "across":
			d.across = childWords(n)
		case n.DataAtom == atom.Tr:
			d.numbers = append(d.numbers, childWords(n))
		}
	}
	for _, path := range d.paths {
		requireOnPicture(t, path)
	}
	return d
}

func childWords(n *html.Node) []string {
	var all []string
	for child := range n.ChildNodes() {
		if child.Type == html.ElementNode {
			all = append(all, words(child))
		}
	}
	return all
}

// requireOnPicture follows a path and fails where it is no path, or leaves its picture.
func requireOnPicture(t *testing.T, path string) {
	t.Helper()
	require.Regexp(t, `^M[0-9. MVHlh-]*$`, path)
	x, y := 0.0, 0.0
	for _, step := range regexp.MustCompile(`([MVHlh])([^MVHlh]*)`).FindAllStringSubmatch(path, -1) {
		var at []float64
		for _, number := range regexp.MustCompile(`-?[0-9.]+`).FindAllString(step[2], -1) {
			v, err := strconv.ParseFloat(number, 64)
			require.NoError(t, err, path)
			at = append(at, v)
		}
		switch step[1] {
		case "M":
			x, y = at[0], at[1]
		case "V":
			y = at[0]
		case "H":
			x = at[0]
		case "l":
			x, y = x+at[0], y+at[1]
		}
		require.True(t, 43.9 <= x && x <= 412.1 && 9.9 <= y && y <= 160.1, "%g, %g of %s", x, y, path)
	}
}

func named(name string, values ...float64) finding.Series {
	return finding.Series{Name: name, Values: values}
}

func TestHistogramsStandOnTheirShares(t *testing.T) {
	d := drawn(t, finding.Histogram{Title: "age", Labels: []string{"young", "old"}, Series: []finding.Series{named("train", 0.25, 0.75), named("current", 0.5)}})
	// The plot goes from 44 to 412 and from 160 up to 10: two slots of 184 with a gap of 16 %, the highest share of 0.75 is 150 high.
	require.Equal(t, map[string]string{"series-0": "M58.7 160V110H213.3V160M242.7 160V10H397.3V160", "series-1": "M58.7 160V60H213.3V160"}, d.paths)
	require.Equal(t, []string{"0 %", "20 %", "40 %", "60 %"}, d.up)
	require.Equal(t, []string{"young", "old"}, d.across)
	require.Equal(t, "Histogram of age, train highest in bin 2 of 2, current highest in bin 1 of 1", d.speech)
	require.Equal(t, [][]string{{"bin", "train", "current"}, {"young", "25.0 %", "50.0 %"}, {"old", "75.0 %", "—"}}, d.numbers)
}

func TestHistogramsOfAnyShape(t *testing.T) {
	labels := make([]string, 500)
	even := make([]float64, 500)
	for i := range labels {
		labels[i], even[i] = fmt.Sprint(i), 1.0/500
	}
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		block finding.Histogram
		paths map[string]string
	}{
		"one bin":               {finding.Histogram{Labels: []string{"a"}, Series: []finding.Series{named("s", 1)}}, map[string]string{"series-0": "M73.4 160V10H382.6V160"}},
		"nothing":               {finding.Histogram{}, map[string]string{}},
		"no values":             {finding.Histogram{Labels: []string{"a"}, Series: []finding.Series{named("s"), named("r")}}, map[string]string{}},
		"only zeros":            {finding.Histogram{Labels: []string{"a"}, Series: []finding.Series{named("s", 0)}}, map[string]string{}},
		"only NaN":              {finding.Histogram{Labels: []string{"a"}, Series: []finding.Series{named("s", nan)}}, map[string]string{}},
		"a hole":                {finding.Histogram{Labels: []string{"a", "b", "c"}, Series: []finding.Series{named("s", nan, 1, inf)}}, map[string]string{"series-0": "M176.5 160V10H279.5V160"}},
		"less than nothing":     {finding.Histogram{Labels: []string{"a", "b"}, Series: []finding.Series{named("s", -1, 1)}}, map[string]string{"series-0": "M58.7 160V160H213.3V160M242.7 160V10H397.3V160"}},
		"more values than bins": {finding.Histogram{Labels: []string{"a"}, Series: []finding.Series{named("s", 1, 1, 1)}}, map[string]string{"series-0": "M73.4 160V10H382.6V160"}},
	} {
		require.Equal(t, c.paths, drawn(t, c.block).paths, name)
	}
	many := drawn(t, finding.Histogram{Labels: labels, Series: []finding.Series{named("s", even...)}})
	require.Equal(t, 1, strings.Count(many.paths["series-0"], "M"), "many bins are one shape")
	require.Len(t, many.across, 5)
	many = drawn(t, finding.Histogram{Labels: labels, Series: []finding.Series{named("s", slices.Concat(even[:100], []float64{nan}, even[:50], []float64{nan})...)}})
	require.Equal(t, 2, strings.Count(many.paths["series-0"], "M"), "but for their holes")
}

func TestCurvesRunBetweenTheirTicks(t *testing.T) {
	d := drawn(t, finding.Curve{Title: "Share of values up to", Axis: "age in years", Lines: []finding.Trace{
		{Name: "train", X: []float64{20, 40, 60, 80}, Y: []float64{0, 0.5, 0.75, 1}}, {Name: "current", X: []float64{30, 70}, Y: []float64{0, 1}}}})
	// 20 to 80 is 368 wide, 0 to 1 is 150 high: 122.7 and 75 for 20 years and a half, and so on.
	require.Equal(t, map[string]string{"series-0": "M44 160l122.7-75l245.3-75", "series-1": "M105.3 160l245.4-150"}, d.paths)
	require.Equal(t, []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}, d.up)
	require.Equal(t, []string{"20", "40", "60", "80"}, d.across)
	require.Equal(t, "Chart of Share of values up to, train from 0 at 20 to 1 at 80, current from 0 at 30 to 1 at 70", d.speech)
	require.Equal(t, [][]string{{"age in years", "train", "current"}, {"20", "0", "—"}, {"40", "0.5", "0.25"}, {"60", "0.75", "0.75"}, {"80", "1", "—"}}, d.numbers)
}

func TestCurvesOfAnyShape(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		x, y  []float64
		paths map[string]string
	}{
		"no point":        {nil, nil, map[string]string{}},
		"one point":       {[]float64{5}, []float64{2}, map[string]string{"series-0": "M228 85l0 0"}},
		"only NaN":        {[]float64{nan}, []float64{1}, map[string]string{}},
		"X without Y":     {[]float64{0, 1, 2}, []float64{3}, map[string]string{"series-0": "M228 85l0 0"}},
		"no place for it": {[]float64{0, 1, inf}, []float64{0, nan, 1}, map[string]string{"series-0": "M228 85l0 0"}},
		"flat":            {[]float64{0, 1, 2}, []float64{1, 1, 1}, map[string]string{"series-0": "M44 85l368 0"}},
		"upright":         {[]float64{1, 1}, []float64{0, 1}, map[string]string{"series-0": "M228 160l0-150"}},
		"all numbers":     {[]float64{-math.MaxFloat64, math.MaxFloat64}, []float64{-math.MaxFloat64, math.MaxFloat64}, map[string]string{"series-0": "M44 160l368-150"}},
		"hardly numbers":  {[]float64{0, 5e-324}, []float64{0, 5e-324}, map[string]string{"series-0": "M44 160l368-150"}},
		"far from zero":   {[]float64{1e16, 1e16 + 2}, []float64{1e300, 2e300}, map[string]string{"series-0": "M44 160l368-150"}},
	} {
		d := drawn(t, finding.Curve{Lines: []finding.Trace{{Name: "s", X: c.x, Y: c.y}}})
		require.Equal(t, c.paths, d.paths, name)
		require.LessOrEqual(t, len(d.across), 7, name)
		for _, label := range slices.Concat(d.up, d.across) {
			require.NotRegexp(t, "NaN|Inf", label, name)
		}
	}
}

// The upright axis ends at its outer ticks.
func TestCurvesStandBetweenRoundNumbers(t *testing.T) {
	d := drawn(t, finding.Curve{Lines: []finding.Trace{{X: []float64{0, 1}, Y: []float64{-0.345, -0.008}}}})
	require.Equal(t, []string{"−0.4", "−0.3", "−0.2", "−0.1", "0"}, d.up)
	require.Equal(t, "M44 139.4l368-126.4", d.paths["series-0"], "0.345 of 0.4 down from the top of 150, and 0.008")
}

// Points that a line passes by anyway are left out; a corner is not.
func TestCurvesKeepTheirForm(t *testing.T) {
	var line finding.Trace
	for i := range 1001 {
		x := float64(i) / 1000
		line.X, line.Y = append(line.X, x), append(line.Y, math.Min(x, 0.5))
	}
	require.Equal(t, "M44 160l184-150l184 0", drawn(t, finding.Curve{Lines: []finding.Trace{line}}).paths["series-0"])
}

// A tick says as many digits as tell it from the next one.
func TestTicksCanBeToldApart(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0, 1, "0 0.2 0.4 0.6 0.8 1"}, {-1, 1, "−1 −0.5 0 0.5 1"}, {18, 75, "20 30 40 50 60 70"}, {1_000_001, 1_000_005, "1.000001e+06 1.000002e+06 1.000003e+06 1.000004e+06 1.000005e+06"},
		{0, 5000, "0 1000 2000 3000 4000 5000"}, {12345.1, 12345.5, "12345.1 12345.2 12345.3 12345.4 12345.5"}, {1e-9, 3e-9, "1e−09 1.5e−09 2e−09 2.5e−09 3e−09"},
		{0.1, 0.3, "0.1 0.15 0.2 0.25 0.3"}, {-2e9, 2e9, "−2e+09 −1e+09 0 1e+09 2e+09"},
	} {
		d := drawn(t, finding.Curve{Lines: []finding.Trace{{X: []float64{c.low, c.high}, Y: []float64{0, 1}}}})
		require.Equal(t, c.want, strings.Join(d.across, " "))
	}
}

// A small picture is drawn in the page and written as blocks elsewhere; details and curves are the page's alone.
func TestSmallPicturesAndDetailsOnEachSurface(t *testing.T) {
	bars := finding.Bars{named("train", 0, 0.5, 1), named("current", 1, math.NaN(), 0)}
	r := resultOf("m", toy{blocks: []finding.Block{
		finding.Table{Title: "t", Header: []string{"column", "shape"}, Rows: []finding.Row{{Outcome: finding.Fail, Cells: []finding.Cell{finding.Name("age"), bars}, Detail: []finding.Block{finding.Note{Text: "further words"}}}}},
		finding.Curve{Title: "a curve", Lines: []finding.Trace{{Name: "s", X: []float64{0, 1}, Y: []float64{0, 1}}}},
	}})
	require.Contains(t, draw(t, "md", r), "| `age` | ▁▅█ █·▁ |\n")
	require.Contains(t, draw(t, "txt", r), "age     ▁▅█ █·▁\n")
	for _, format := range []string{"md", "txt"} {
		require.NotContains(t, draw(t, format, r), "further words")
		require.NotContains(t, draw(t, format, r), "a curve")
	}
	page := draw(t, "html", r)
	require.Contains(t, page, `aria-label="train highest in bin 3 of 3, current highest in bin 1 of 3"`)
	// Three slots of 94/3 units, 23 high, on a ground at 25.
	require.Contains(t, page, `<path class="series-0" d="M1 25V25H32.3V13.5H63.7V2H95V25"/><path class="series-1" d="M1 25V2H32.3V25M63.7 25V25H95V25"/>`)
	require.Contains(t, page, "further words")
	require.Contains(t, page, "a curve")
}

// What a step says in several sentences is not cut like a name.
func TestNotesAreNotCutLikeNames(t *testing.T) {
	long := strings.Repeat("A sentence of a note. ", 30)
	r := resultOf("m", toy{blocks: []finding.Block{finding.Note{Text: long + "The end."}, finding.Line{Outcome: finding.Fail, Text: long + "The end."}}})
	for _, format := range []string{"md", "txt", "html"} {
		require.GreaterOrEqual(t, strings.Count(draw(t, format, r), "The end."), 2, format)
	}
}
