package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/report"
)

// rewritten is what a comment shows of a document.
func rewritten(t *testing.T, text string) string {
	t.Helper()
	page := markdownOf(t, resultOf("m", toy{blocks: []finding.Block{finding.Document{Title: "title", Text: text}}}), report.Comment)
	_, page, _ = strings.Cut(page, "**title**\n\n")
	page, _, _ = strings.Cut(page, "\n\n</details>")
	return page
}

func TestADocumentKeepsItsForm(t *testing.T) {
	for want, text := range map[string]string{
		"**Title**\n\none two":                       "Title\n=====\n\none\ntwo",
		"- a\n- b\n  - c":                            "1. a\n2. b\n   - c",
		"- open: a\n- done: b":                       "- [ ] a\n- [x] b",
		"| a | `b_c` |\n| --- | --- |\n| bold | — |": "| a | b_c |\n|:-:|--|\n| **bold** | — |",
		"````text\nx = 1\n\n```y\n````":              "````python\nx = 1\n\n```y\n````",
		"* * *":                                      "***",
		"quoted":                                     "> quoted",
		"the paper (`https://x.example`)":            "[the paper](https://x.example \"title\")",
		"curve (`x.png`)":                            "![curve](x.png)",
		"by `@octocat` in `#12`":                     "by @octocat in #12",
		"```text\n<div>x</div>\n```":                 "<div>x</div>",
		"a `<b>x</b>`":                               "a <b>x</b>",
		"`https://x.example`":                        "<https://x.example>",
	} {
		require.Equal(t, want, rewritten(t, text), "%q", text)
	}
}

func TestADocumentThatIsDeepOrEndless(t *testing.T) {
	for _, text := range []string{strings.Repeat("> ", 5000) + "x", strings.Repeat("- ", 5000) + "x", strings.Repeat("[", 50_000), strings.Repeat("*a ", 20_000), strings.Repeat("| a ", 10_000) + "\n" + strings.Repeat("| - ", 10_000)} {
		require.LessOrEqual(t, len(rewritten(t, text)), int(report.Comment))
	}
}

func TestATerminalShowsTheBeginningOfADocument(t *testing.T) {
	page := draw(t, "txt", resultOf("m", toy{blocks: []finding.Block{finding.Document{Title: "card.md", Text: strings.Repeat("line\n", 100)}}}))
	require.Equal(t, 12, strings.Count(page, "| line\n"))
	require.Contains(t, page, "… and 88 more lines\n")
}
