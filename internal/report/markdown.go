package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/finding"
)

// Budget is the size that a surface takes, in characters and in bytes: the services count differently.
type Budget int

// The budgets, some way below what GitHub refuses.
const (
	Comment      Budget = 65_000    // an issue comment of more than 65,536 characters answers 422 "Body is too long"
	CheckSummary Budget = 65_000    // output.summary of a check run: 65,535 (GitHub's OpenAPI description)
	StepSummary  Budget = 1_000_000 // a step's summary of more than 1 MiB is dropped as a whole (GitHub's documentation)
)

// Markdown writes a result for a comment or a summary: the verdict in the first line, then what failed or changed, then
// everything else folded, then where the numbers come from. Over the budget, whole rows are left out from the bottom, and
// a line says so.
func Markdown(w io.Writer, r finding.Result, budget Budget) error {
	page := render(r, int(budget))
	if !fits(page, budget) {
		low, high := 0, int(budget)/8 // a row takes more than eight characters
		for low < high {
			middle := (low + high + 1) / 2
			if fits(render(r, middle), budget) {
				low = middle
			} else {
				high = middle - 1
			}
		}
		page = render(r, low)
	}
	_, err := io.WriteString(w, page)
	return err
}

func fits(page string, budget Budget) bool {
	return len(page) <= int(budget) && utf8.RuneCountInString(page) <= int(budget)
}

// Sentence is the verdict in one line of plain text.
func Sentence(r finding.Result) string {
	h := r.Headline()
	s := fmt.Sprintf("Assay: %s · %s · %s", h.Word(), visible(r.Model), h.Tally())
	if h.Reason != "" {
		s += " — " + visible(h.Reason)
	}
	return s
}

// markdown is a page under way. It takes as many rows as rest allows, and counts the others.
type markdown struct {
	strings.Builder
	rest, cut int
}

// take reports whether one more row may be written.
func (m *markdown) take() bool {
	if m.rest <= 0 {
		m.cut++
		return false
	}
	m.rest--
	return true
}

func (m *markdown) linef(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// render is the page with at most rows rows.
func render(r finding.Result, rows int) string {
	m := &markdown{rest: rows}
	h := r.Headline()
	reason := ""
	if h.Reason != "" {
		reason = " — " + prose(h.Reason)
	}
	m.linef("**Assay: %s** · %s · %s%s\n", h.Word(), code(r.Model), h.Tally(), reason)
	for _, step := range r.Steps {
		m.attention(step)
	}
	m.doubts(r)
	for _, step := range r.Steps {
		m.fold(step)
	}
	if m.cut > 0 {
		m.linef("\n%d rows were left out to keep this short; report.json has them all.", m.cut)
	}
	m.provenance(r)
	return m.String()
}

// attention shows the rows of a step that failed or changed.
func (m *markdown) attention(step finding.Step) {
	for _, answer := range step.Answers {
		for _, block := range answer.Blocks() {
			switch b := block.(type) {
			case finding.Table:
				m.table(b, func(row finding.Row) bool { return !row.Quiet() })
			case finding.Line:
				if b.Outcome != finding.Pass && m.take() {
					m.linef("**%s**: %s\n", outcome(b.Outcome), proseOf(paragraph(b.Text)))
				}
			case finding.Output:
				m.output(b)
			}
		}
	}
}

// doubts says loudly what could not be decided and leaves the run green, and what was not enforced.
func (m *markdown) doubts(r finding.Result) {
	for _, step := range r.Steps {
		if !step.Enforced && step.Verdict() != finding.Pass {
			m.linef("**%s is not enforced**: it is reported and blocks nothing.\n", step.Name)
		}
		excused := 0
		example := ""
		for _, f := range step.Findings() {
			if f.Outcome == finding.NotRun && f.Excused {
				if excused++; excused == 1 {
					example = f.Message
				}
			}
		}
		if excused > 0 && m.take() {
			m.linef("**%s could not tell in %d cases**, and this is no pass: %s\n", step.Name, excused, prose(example))
		}
	}
}

// fold is the whole of a step, closed.
func (m *markdown) fold(step finding.Step) {
	if !m.take() {
		return
	}
	h := finding.Result{Steps: []finding.Step{step}}.Headline()
	m.linef("<details><summary><b>%s</b>: %s, %s</summary>\n", step.Name, stepWord(step), h.Tally())
	for _, answer := range step.Answers {
		m.blocks(answer.Blocks())
	}
	m.linef("</details>\n")
}

func stepWord(step finding.Step) string {
	switch {
	case step.Red():
		return "failed"
	case step.Enforced:
		return "passed"
	}
	return "not enforced"
}

func (m *markdown) blocks(blocks []finding.Block) {
	for _, block := range blocks {
		switch b := block.(type) {
		case finding.Line:
			if m.take() {
				m.linef("%s: %s\n", outcome(b.Outcome), proseOf(paragraph(b.Text)))
			}
		case finding.Table:
			m.table(b, func(finding.Row) bool { return true })
		case finding.Histogram:
			m.histogram(b)
		case finding.Note:
			if m.take() {
				m.linef("%s\n", proseOf(paragraph(b.Text)))
			}
		case finding.Output: // shown above, openly
		case finding.Fold:
			m.blocks(b.Blocks)
		}
	}
}

// table writes the rows that are wanted, under the table's title; without any it writes nothing.
func (m *markdown) table(t finding.Table, wanted func(finding.Row) bool) {
	started := false
	for _, row := range t.Rows {
		if !wanted(row) || !m.take() {
			continue
		}
		if !started {
			m.linef("**%s**\n\n| %s |\n|%s", prose(t.Title), strings.Join(t.Header, " | "), strings.Repeat(" --- |", len(t.Header)))
			started = true
		}
		cells := make([]string, len(row.Cells))
		for i, cell := range row.Cells {
			cells[i] = markdownCell(cell)
		}
		m.linef("| %s |", strings.Join(cells, " | "))
	}
	if started {
		m.linef("")
	}
}

func markdownCell(cell finding.Cell) string {
	switch c := cell.(type) {
	case finding.Verdict:
		if finding.Outcome(c) == finding.Pass {
			return "pass"
		}
		return "**" + outcome(finding.Outcome(c)) + "**"
	case finding.Text, finding.Number, finding.Delta:
		return prose(text(c))
	}
	if isForeign(cell) {
		return code(text(cell))
	}
	return text(cell)
}

// histogram is a pair of spark lines.
func (m *markdown) histogram(h finding.Histogram) {
	for i, series := range h.Series {
		if !m.take() {
			return
		}
		title := ""
		if i == 0 {
			title = code(h.Title) + "<br>"
		}
		m.linef("%s`%s` %s<br>", title, sparks(series.Values), prose(series.Name))
	}
	m.linef("")
}

func (m *markdown) output(o finding.Output) {
	if !m.take() {
		return
	}
	shown := o.Lines
	if len(shown) > m.rest {
		m.cut += len(shown) - m.rest
		shown = shown[len(shown)-m.rest:] // the end says why
	}
	m.rest -= len(shown)
	m.linef("<details><summary>%s</summary>\n\n%s\n\n</details>\n", htmlWords(o.Title), fenced(shown))
}

// htmlWords is a title within an HTML element: letters, digits and spaces only.
func htmlWords(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' || r == '.' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, visible(s))
}

// provenance says where everything comes from.
func (m *markdown) provenance(r finding.Result) {
	parts := []string{"Base: " + base(r.Base)}
	parts = append(parts, rules(r.Rules))
	if r.Subject.HeadSHA != "" {
		parts = append(parts, "head "+code(short(r.Subject.HeadSHA)))
	}
	if strings.HasPrefix(r.Subject.RunURL, "https://") || strings.HasPrefix(r.Subject.RunURL, "http://") {
		parts = append(parts, "[run]("+strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", "\n", "").Replace(r.Subject.RunURL)+")")
	}
	parts = append(parts, "Assay "+code(r.Tool)+", "+duration(r.Seconds))
	m.linef("---\n<sub>%s.</sub>", strings.Join(parts, " · "))
	for _, notice := range r.Notices {
		if len(notice) < 500 {
			m.linef("<br><sub>%s</sub>", prose(notice))
		}
	}
}

// rules says whose rules were applied.
func rules(r finding.Rules) string {
	if r.Source == "base" {
		return "the rules of this change and of the base " + code(short(r.Commit))
	}
	return "the rules were read from this change itself"
}

func base(b finding.Base) string {
	switch b.Source {
	case "file":
		return "file " + code(b.Path)
	case "commit":
		return fmt.Sprintf("%s as committed at %s", code(b.Path), code(short(b.Commit)))
	case "result":
		return fmt.Sprintf("the result stored with %s%s", code(short(b.Commit)), behind(b.Behind))
	case "champion":
		return "the champion, " + code(b.Path)
	case "none":
		return "none: " + prose(b.Why)
	}
	return "not asked for"
}

func behind(commits int) string {
	switch commits {
	case 0:
		return ""
	case 1:
		return ", one commit before the base"
	}
	return fmt.Sprintf(", %d commits before the base", commits)
}

// short is a commit as people write it.
func short(sha string) string { return sha[:min(len(sha), 12)] }
