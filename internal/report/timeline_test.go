package report_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
)

// charted is the comment's chart of values, "" where there is none.
func charted(t *testing.T, title string, values ...float64) string {
	t.Helper()
	page := markdownOf(t, resultOf("m", toy{blocks: []finding.Block{finding.Timeline{Title: title, Values: values}}}), report.Comment)
	_, chart, _ := strings.Cut(page, "```mermaid\n")
	chart, _, _ = strings.Cut(chart, "\n```")
	return chart
}

// colored says the color of the line: the one that Mermaid gives it can hardly be seen on white.
const colored = `%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#0969da"}}}}%%` + "\n"

func TestAChartOfCommits(t *testing.T) {
	require.Equal(t, colored+`xychart-beta
    title "auc, commit by commit"
    x-axis ["−3", "−1", "this"]
    y-axis 0.695 --> 0.755
    line [0.7, 0.75, 0.74]`, charted(t, "auc", 0.7, math.NaN(), 0.75, 0.74), "what was not measured has no place")
	require.Contains(t, charted(t, "x", 2, 2, 2), "y-axis 1.8 --> 2.2")
	require.Contains(t, charted(t, "x", -2, -2, -2), "y-axis -2.2 --> -1.8")
	require.Equal(t, 30, strings.Count(charted(t, "x", ramp(200)...), "\"−")+1, "the last thirty")
	require.Contains(t, charted(t, "a\"]\n%%{init: {}}%%", 1, 2, 3), `title "a---n---init- -----, commit by commit"`)
}

func ramp(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = float64(i + 1)
	}
	return values
}

// The language of the charts knows no exponents, and a chart of two points says less than the numbers do.
func TestWhatCannotBeChartedHasNoChart(t *testing.T) {
	for _, values := range [][]float64{nil, {1}, {1, 2}, {math.NaN(), math.NaN(), math.NaN(), 1}, {1, 2, 1e300}, {1e-9, 2e-9, 3e-9}, {0, 0, 0}} {
		require.Empty(t, charted(t, "x", values...), "%v", values)
	}
	page := markdownOf(t, resultOf("m", toy{blocks: []finding.Block{finding.Timeline{Title: "x", Values: []float64{1, 2, 1e300}}}}), report.Comment)
	require.Contains(t, page, "`x` ▁▁█ over 3 commits, this one last")
}
