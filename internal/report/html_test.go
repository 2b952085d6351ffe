package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/assay-ml/assay/internal/finding"
)

// parsed is a page as a browser reads it.
func parsed(t *testing.T, r finding.Result) *html.Node {
	t.Helper()
	page := draw(t, "html", r)
	require.True(t, utf8.ValidString(page))
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	return root
}

// elements are those of the page with this tag, or all for 0.
func elements(root *html.Node, tag atom.Atom) []*html.Node {
	var found []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (tag == 0 || n.DataAtom == tag) {
			found = append(found, n)
		}
	}
	return found
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// words are the text of an element.
func words(n *html.Node) string {
	var b strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// deep is a toy with s in the places that only this page shows: details, curves and small pictures.
func deep(s string) toy {
	shares := []finding.Series{{Name: s, Values: []float64{0.4, 0.6}}, {Name: s, Values: []float64{0.7, 0.3}}}
	detail := append(toyOf(s).blocks, finding.Curve{Title: s, Axis: s, Lines: []finding.Trace{{Name: s, X: []float64{1, 2}, Y: []float64{0, 1}}}})
	rows := slices.Repeat([]finding.Row{{Outcome: finding.Fail, Cells: []finding.Cell{finding.Name(s), finding.Bars(shares), finding.Text(s)}}}, 8)
	rows[0].Detail = detail
	t := toyOf(s)
	t.blocks = append(t.blocks, finding.Table{Title: s, Header: []string{s, s, s}, Rows: rows})
	return t
}

// free are attributes that may differ from page to page: what a picture says, and where a label stands so as not to leave it.
var free = []string{"aria-label", "x"}

// skeleton is every element and attribute of a page, without the text.
func skeleton(t *testing.T, s string) []string {
	t.Helper()
	var shape []string
	for n := range parsed(t, resultOf(s, deep(s))).Descendants() {
		require.NotEqual(t, html.CommentNode, n.Type, "%q", s)
		if n.Type != html.ElementNode {
			continue
		}
		element := n.Data
		for _, a := range n.Attr {
			if slices.Contains(free, a.Key) {
				a.Val = ""
			}
			element += " " + a.Key + "=" + a.Val
		}
		shape = append(shape, element)
	}
	return shape
}

// A nameless column has a link that can be seen.
func TestNamelessRowsCanBeReached(t *testing.T) {
	for _, s := range []string{"", " "} {
		for _, link := range elements(parsed(t, resultOf(s, deep(s))), atom.A) {
			require.NotEmpty(t, words(link))
		}
	}
}

// The page's only script and only style are ours, and its policy lets nothing else run or load.
func TestThePolicyNamesOurScriptAndStyleByTheirHash(t *testing.T) {
	root := parsed(t, fixture())
	hash := func(tag atom.Atom) string {
		found := elements(root, tag)
		require.Len(t, found, 1)
		require.Empty(t, attribute(found[0], "src"))
		sum := sha256.Sum256([]byte(found[0].FirstChild.Data))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; style-src " + hash(atom.Style) + "; script-src " + hash(atom.Script) + "; base-uri 'none'; form-action 'none'"
	policies := slices.DeleteFunc(elements(root, atom.Meta), func(n *html.Node) bool { return attribute(n, "http-equiv") != "Content-Security-Policy" })
	require.Len(t, policies, 1)
	require.Equal(t, want, attribute(policies[0], "content"))
	for _, n := range elements(root, 0) {
		for _, a := range n.Attr {
			require.NotContains(t, []string{"src", "style", "srcset", "data"}, a.Key)
			require.False(t, strings.HasPrefix(a.Key, "on"), a.Key)
		}
	}
}

// normal is a share of a normal distribution below x.
func normal(x float64) float64 { return (1 + math.Erf(x/math.Sqrt2)) / 2 }

// driftLike is what a step that compares columns answers: n columns, of which every tenth moved.
func driftLike(n int) toy {
	const bins, places = 30, 120
	t := toy{}
	table := finding.Table{Title: "Drift from train (500 rows) to current (300 rows)", Header: []string{"column", "shape", "test", "statistic", "p", "effect", "needed", "verdict"}}
	for c := range n {
		moved, outcome := 0.0, finding.Pass
		if c%10 == 3 {
			moved, outcome = 0.8, finding.Fail
		}
		shares := []finding.Series{{Name: "train"}, {Name: "current"}}
		var labels []string
		for b := range bins {
			low, high := -3+float64(b)*0.2, -2.8+float64(b)*0.2
			labels = append(labels, fmt.Sprintf("%.1f to %.1f", low, high))
			shares[0].Values = append(shares[0].Values, normal(high)-normal(low))
			shares[1].Values = append(shares[1].Values, normal(high-moved)-normal(low-moved))
		}
		lines := []finding.Trace{{Name: "train"}, {Name: "current"}}
		difference := finding.Trace{Name: "current − train"}
		for p := range places {
			x := -3 + 6*float64(p)/places
			for i, y := range []float64{normal(x), normal(x - moved)} {
				lines[i].X, lines[i].Y = append(lines[i].X, x), append(lines[i].Y, y)
			}
			difference.X, difference.Y = append(difference.X, x), append(difference.Y, normal(x-moved)-normal(x))
		}
		quantiles := finding.Table{Title: "Values", Header: []string{"", "train", "current"}}
		for _, name := range []string{"values", "nulls", "distinct", "mean", "standard deviation", "smallest", "5 %", "25 %", "50 %", "75 %", "95 %", "largest"} {
			quantiles.Rows = append(quantiles.Rows, finding.Row{Outcome: finding.Pass, Cells: []finding.Cell{finding.Text(name), finding.Number{Value: 1.25}, finding.Number{Value: 1.25 + moved}}})
		}
		name := fmt.Sprintf("measured_quantity_%03d", c)
		table.Rows = append(table.Rows, finding.Row{Outcome: outcome,
			Cells: []finding.Cell{finding.Name(name), finding.Bars(shares), finding.Text("Kolmogorov-Smirnov"), finding.Number{Value: moved / 3}, finding.PValue(math.Exp(-moved * float64(c+1))),
				finding.Share(moved / 3), finding.Text("enough"), finding.Verdict(outcome)},
			Detail: []finding.Block{
				finding.Note{Text: "The effect of 0.31 is the share of rows that would have to move; it counts from 0.1. Without drift it would come to about 0.04."},
				finding.Histogram{Title: name, Labels: labels, Series: shares},
				finding.Curve{Title: "Share of values up to", Axis: name, Lines: lines},
				finding.Curve{Title: "Difference of the shares", Axis: name, Lines: []finding.Trace{difference}},
				quantiles,
			}})
		t.findings = append(t.findings, finding.Finding{Rule: "distribution", Subject: name, Outcome: outcome, Message: name + " moved"})
	}
	t.blocks = []finding.Block{table}
	return t
}

// 2 MB is what a mail or a chat still takes.
func TestAPageOf200ColumnsIsUnderTwoMegabytes(t *testing.T) {
	page := draw(t, "html", resultOf("m", driftLike(200)))
	require.Less(t, len(page), 2_000_000)
	t.Logf("%d bytes", len(page))
}

// Each row that has more to say links to its part, and the part back to the row.
func TestRowsLinkToTheirPartsAndBack(t *testing.T) {
	root := parsed(t, resultOf("m", driftLike(3), driftLike(2)))
	ids := map[string]int{}
	targets := map[string]int{}
	for _, n := range elements(root, 0) {
		if id := attribute(n, "id"); id != "" {
			ids[id]++
		}
		if to, ok := strings.CutPrefix(attribute(n, "href"), "#"); ok {
			targets[to]++
		}
	}
	for i := 1; i <= 5; i++ {
		require.Equal(t, 1, targets[fmt.Sprintf("part-%d", i)])
		require.Equal(t, 1, targets[fmt.Sprintf("row-%d", i)])
	}
	for id, n := range ids {
		require.Equal(t, 1, n, id)
	}
	for target := range targets {
		require.Contains(t, ids, target)
	}
}
