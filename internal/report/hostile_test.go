package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	gohtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
	"github.com/assay-ml/assay/internal/source"
)

// hostile is a result with s in every place where a string from outside can stand.
func hostileResult(s string) finding.Result {
	r := resultOf(s, toyOf(s), deep(s))
	r.Steps[0].Name = s
	return r
}

// surface is one of the places where results are read: a form of what is there, which must be the same whatever the strings
// are. It fails the test where a string does harm that no form shows.
type surface func(t *testing.T, s string) any

var surfaces = map[string]surface{
	"comment":        func(t *testing.T, s string) any { return markdownShape(t, hostileResult(s), report.Comment) },
	"check summary":  func(t *testing.T, s string) any { return markdownShape(t, hostileResult(s), report.CheckSummary) },
	"step summary":   func(t *testing.T, s string) any { return markdownShape(t, hostileResult(s), report.StepSummary) },
	"attached text":  attachedShape,
	"trouble":        troubleShape,
	"annotations":    annotationShape,
	"outputs":        outputShape,
	"log":            logShape,
	"HTML":           func(t *testing.T, s string) any { return skeleton(t, s) },
	"JUnit":          junitShape,
	"SARIF":          sarifShape,
	"terminal":       terminalShape,
	"terminal color": colorShape,
}

// cutShort is the form of a page that did not fit: TestPagesKeepToTheirBudget holds what is left of it.
const cutShort = "cut short"

func requireSame(t *testing.T, surface surface, want any, s string) {
	t.Helper()
	if got := surface(t, s); got != cutShort {
		require.Equal(t, want, got, "%.1000q", s)
	}
}

// Whatever stands in them, strings make nothing of their own on any surface.
func TestHostileTextOnEverySurface(t *testing.T) {
	all := corpus()
	require.GreaterOrEqual(t, len(attacks), 40)
	require.GreaterOrEqual(t, len(all), 500)
	for name, surface := range surfaces {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := surface(t, "plain")
			for _, s := range all {
				requireSame(t, surface, want, s)
			}
			for _, s := range huge {
				requireSame(t, surface, want, s)
			}
		})
	}
	t.Logf("%d strings of %d kinds, and %d of a megabyte, on %d surfaces", len(all), len(attacks), len(huge), len(surfaces))
}

func FuzzHostileText(f *testing.F) {
	for _, kind := range attacks {
		f.Add(kind[0])
	}
	want := map[string]any{}
	f.Add(".") // ../. is no file of the repository
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" { // no reason and no axis have no paragraph
			return
		}
		for name, surface := range surfaces {
			if want[name] == nil {
				want[name] = surface(t, "plain")
			}
			requireSame(t, surface, want[name], s)
		}
	})
}

// githubMarkdown shows HTML as it stands: what GitHub's own filter would take out counts as harm here.
var githubMarkdown = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote), goldmark.WithRendererOptions(gohtml.WithUnsafe()))

// rendered is a page of Markdown as GitHub's readers see it, and as a browser parses it.
func rendered(t *testing.T, markdown string) *html.Node {
	t.Helper()
	require.True(t, utf8.ValidString(markdown))
	require.NotRegexp(t, unseen, strings.ReplaceAll(markdown, "\n", ""))
	var page bytes.Buffer
	require.NoError(t, githubMarkdown.Convert([]byte(markdown), &page))
	root, err := html.Parse(&page)
	require.NoError(t, err)
	return root
}

// unseen are characters that a reader cannot see or that move others.
var unseen = regexp.MustCompile(`[\x00-\x1f\x7f-\x9f\x{ad}\x{61c}\x{115f}\x{1160}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{2800}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}\x{e0000}-\x{e01ef}]`)

// linkLike are what GitHub makes links or pictures of beyond GFM: mentions, issues, commits, advisories, emoji, formulas.
var linkLike = regexp.MustCompile(`(?i)@[a-z0-9]|#[0-9]|\bGH-[0-9]|\b[0-9a-f]{7,}\b|://|www\.|GHSA-|CVE-|:[a-z0-9+]+:|\$`)

// markdownShape is every element of the comment, with its address where it is a link.
func markdownShape(t *testing.T, r finding.Result, budget report.Budget) any {
	t.Helper()
	var page strings.Builder
	require.NoError(t, report.Markdown(&page, r, budget))
	shape := pageShape(t, page.String())
	if strings.Contains(page.String(), "were left out to keep this short") {
		return cutShort
	}
	return shape
}

// troubleShape is that of the page of a run that judged nothing, whose annotations do no harm either.
func troubleShape(t *testing.T, s string) any {
	t.Helper()
	all := report.Complaints(source.Problems{{Pos: source.Pos{File: "assay.yaml", Line: 1}, Message: s, Hint: s}, {Pos: source.Pos{File: "../" + s, Line: 1}, Message: s}})
	require.Len(t, all, 1)
	require.NotRegexp(t, unseen, all[0].Message)
	require.LessOrEqual(t, len(all[0].Message), 4096)
	page := report.Trouble(s, strings.Repeat(s+"\n", 2)+s, s)
	require.LessOrEqual(t, len(page), int(report.Comment))
	return pageShape(t, page)
}

func pageShape(t *testing.T, page string) []string {
	t.Helper()
	var shape []string
	for n := range rendered(t, page).Descendants() {
		switch {
		case n.Type == html.CommentNode:
			require.Fail(t, "a string became a comment", page)
		case n.Type == html.TextNode && !isCode(n):
			require.NotRegexp(t, linkLike, n.Data, "GitHub would make something of this")
		case n.Type == html.ElementNode && n.DataAtom != atom.Code: // one word more or less is in code
			shape = append(shape, n.Data+" "+attribute(n, "href")+attribute(n, "src")+attribute(n, "style"))
		}
	}
	return shape
}

func isCode(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n.DataAtom == atom.Code || n.DataAtom == atom.Pre {
			return true
		}
	}
	return false
}

// harmless are the elements that attached Markdown may have.
var harmless = regexp.MustCompile(`^(html|head|body|p|strong|em|code|pre|ul|ol|li|table|thead|tbody|tr|th|td|hr|br|details|summary|b|sub)$`)

// attachedShape is what follows a document that holds s: the document itself may have any harmless form.
func attachedShape(t *testing.T, s string) any {
	t.Helper()
	text := s + "\n\n- " + s + "\n\n| a | b |\n| - | - |\n| " + s + " | x |\n\n```\n" + s
	answer := toy{blocks: []finding.Block{finding.Document{Title: s, Text: text}, finding.Note{Text: "behind"}}}
	var page strings.Builder
	require.NoError(t, report.Markdown(&page, resultOf("m", answer), report.Comment))
	isBehind, where := false, ""
	for n := range rendered(t, page.String()).Descendants() {
		switch {
		case n.Type == html.CommentNode:
			require.Fail(t, "a string became a comment", page.String())
		case n.Type == html.TextNode && n.Data == "behind":
			isBehind, where = true, n.Parent.Data+" in "+n.Parent.Parent.Data
		case n.Type == html.TextNode && !isCode(n):
			require.NotRegexp(t, linkLike, n.Data)
		case n.Type == html.ElementNode && n.DataAtom == atom.A:
			require.Equal(t, runURL, attribute(n, "href"))
		case n.Type == html.ElementNode:
			require.Regexp(t, harmless, n.Data)
		}
	}
	if strings.Contains(page.String(), "were left out to keep this short") {
		return cutShort
	}
	require.True(t, isBehind)
	return where
}

func annotationShape(t *testing.T, s string) any {
	t.Helper()
	all := report.Annotations(hostileResult(s))
	for _, a := range all {
		require.LessOrEqual(t, len(a.Title), 255) // characters are at most as many
		require.LessOrEqual(t, len(a.Message), 4096)
		require.NotRegexp(t, unseen, a.Title+a.Message)
		require.True(t, utf8.ValidString(a.Title+a.Message))
	}
	return len(all)
}

// outputShape is the names of a step's outputs as the runner reads them.
func outputShape(t *testing.T, s string) any {
	t.Helper()
	path := filepath.Join(t.TempDir(), "output")
	r := actions.New(func(string) string { return path }, io.Discard)
	if err := r.Output("first", s); err != nil {
		return cutShort // too large for the runner
	}
	require.NoError(t, r.Output("verdict", "fail"))
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var names []string
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, delimiter, _ := strings.Cut(lines[i], "<<")
		names = append(names, name)
		for i++; lines[i] != delimiter; i++ {
		}
	}
	return names
}

// logShape is the commands that the runner finds in the log: a line that begins with :: after any space, or has ##[ anywhere.
func logShape(t *testing.T, s string) any {
	t.Helper()
	var log bytes.Buffer
	r := actions.New(func(string) string { return "" }, &log)
	result := hostileResult(s)
	var all []actions.Annotation
	for _, a := range report.Annotations(result) {
		all = append(all, actions.Annotation{Path: a.Path, Line: a.Line, IsError: a.Level == report.Failure, Title: a.Title, Message: a.Message})
	}
	r.Annotate(all)
	r.Error(report.Sentence(result))
	r.Notice(report.Plain(s))
	require.NoError(t, report.Text(&log, result, report.TextOptions{}))
	var commands []string
	for line := range strings.Lines(log.String()) {
		require.NotRegexp(t, unseen, strings.TrimRight(line, "\n"))
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "::"); ok {
			command, _, _ := strings.Cut(rest, " ")
			command, _, _ = strings.Cut(command, "::")
			commands = append(commands, command)
		} else {
			require.NotContains(t, line, "##[")
		}
	}
	return commands
}

// junitShape is the elements of the file.
func junitShape(t *testing.T, s string) any {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(draw(t, "xml", hostileResult(s))))
	var names []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return names
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			names = append(names, start.Name.Local)
		}
	}
}

// sarifShape is how many findings and rules the file has.
func sarifShape(t *testing.T, s string) any {
	t.Helper()
	page := draw(t, "sarif", hostileResult(s))
	require.NotRegexp(t, unseen, strings.ReplaceAll(page, "\n", ""))
	var file struct {
		Runs []struct {
			Results []any
			Tool    struct{ Driver struct{ Rules []any } }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(page), &file))
	return []int{len(file.Runs[0].Results), len(file.Runs[0].Tool.Driver.Rules)}
}

// terminalShape is the number of lines: no string begins one of its own.
func terminalShape(t *testing.T, s string) any {
	t.Helper()
	page := draw(t, "txt", hostileResult(s))
	require.NotRegexp(t, unseen, strings.ReplaceAll(page, "\n", ""))
	return strings.Count(page, "\n")
}

// colors are what our own text may hold on a terminal.
var colors = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// colorShape is the colors of a terminal, in their order.
func colorShape(t *testing.T, s string) any {
	t.Helper()
	var page strings.Builder
	require.NoError(t, report.Text(&page, hostileResult(s), report.TextOptions{Color: true, Width: 80}))
	require.NotRegexp(t, unseen, strings.ReplaceAll(colors.ReplaceAllString(page.String(), ""), "\n", ""))
	return colors.FindAllString(page.String(), -1)
}
