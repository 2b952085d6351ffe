package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// Budget is the size that a surface takes, in bytes: no service counts more characters than there are bytes.
type Budget int

// The budgets, some way below what GitHub refuses: write-back adds lines of its own.
const (
	Comment      Budget = 65_000    // an issue comment of more than 65,536 characters answers 422 "Body is too long"
	CheckSummary Budget = 65_000    // output.summary of a check run: 65,535 (GitHub's OpenAPI description)
	StepSummary  Budget = 1_000_000 // a step's summary of more than 1 MiB is dropped as a whole (GitHub's documentation)
)

// Markdown writes a result for a comment or a summary: the verdict in the first line, then what failed or changed, then
// everything else folded, then where the numbers come from. Over the budget, whole rows are left out from the bottom, and
// a line says so.
func Markdown(w io.Writer, r finding.Result, budget Budget) error {
	end := ending(r)
	p := &markdown{subject: r.Subject, budget: int(budget), reserve: len(end) + len(leftOut(r.Subject, maxCut))}
	p.WriteString(verdict(r))
	for _, step := range r.Steps {
		p.attention(step)
	}
	for _, step := range r.Steps {
		p.doubts(step)
	}
	for _, step := range r.Steps {
		p.fold(step)
	}
	if p.cut > 0 {
		p.WriteString(leftOut(r.Subject, p.cut))
	}
	p.WriteString(end)
	_, err := io.WriteString(w, p.String())
	return err
}

// MarkdownBlocks writes blocks that belong to no result, under a title.
func MarkdownBlocks(w io.Writer, title string, blocks []finding.Block, budget Budget) error {
	const lost = "\nThe rest was left out to keep this short.\n"
	p := &markdown{budget: int(budget), reserve: len(lost)}
	p.linef("### %s", prose(title))
	p.blocks(blocks)
	if p.full {
		p.WriteString(lost)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// verdict is the first line.
func verdict(r finding.Result) string {
	h := r.Headline()
	line := fmt.Sprintf("**Assay: %s** · %s · %s", h.Word(), code(r.Model), h.Tally())
	if h.Reason != "" {
		line += " — " + prose(h.Reason)
	}
	return line + "\n"
}

// maxCut is the largest number of rows that can be told to be missing; its line takes the most room.
const maxCut = 1<<63 - 1

// leftOut says what is missing, and where it is.
func leftOut(s finding.Subject, rows int) string {
	return fmt.Sprintf("\n%d rows were left out to keep this short; %s has them all.\n", rows, linked("the HTML report", address(s.ReportURL)))
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

// markdown is a page of Markdown under way. Pieces are added whole as long as they fit: from the first one that does not, all are
// left out and counted.
type markdown struct {
	strings.Builder
	subject finding.Subject
	budget  int
	reserve int // bytes of what must still come: ends of folds, and the end of the page
	full    bool
	cut     int // rows
}

// add writes a piece that stands for one row, unless the page is full.
func (p *markdown) add(piece string) bool {
	if p.full || p.Len()+len(piece)+p.reserve > p.budget {
		p.full = true
		p.cut++
		return false
	}
	p.WriteString(piece)
	return true
}

// linef adds a paragraph.
func (p *markdown) linef(format string, args ...any) {
	p.add("\n" + fmt.Sprintf(format, args...) + "\n")
}

const endOfFold = "\n</details>\n"

// details is a fold under a title, which is HTML. What does not fit in leaves no open end.
func (p *markdown) details(title string, inside func()) {
	p.reserve += len(endOfFold)
	isOpen := p.add("\n<details><summary>" + title + "</summary>\n")
	inside()
	if isOpen {
		p.WriteString(endOfFold)
	}
	p.reserve -= len(endOfFold)
}

// attention shows what of a step failed or changed.
func (p *markdown) attention(step finding.Step) {
	for _, answer := range step.Answers {
		before := p.Len()
		for _, block := range answer.Blocks() {
			switch b := block.(type) {
			case finding.Table:
				p.loud(answer, b)
			case finding.Line:
				if b.Outcome != finding.Pass || b.Changed {
					p.linef("**%s**: %s", outcome(b.Outcome), proseOf(paragraph(b.Text)))
				}
			case finding.Output:
				p.output(b)
			case finding.Note:
				if isOpen(b) {
					p.note(b)
				}
			case finding.Timeline:
				if p.Len() == before { // a table has the line beside its numbers
					p.course(b)
				}
			}
		}
		p.hints(answer)
	}
}

// maxHints bounds the remedies of one answer: the first ones are those of its worst findings.
const maxHints = 2

// hints says what to do about what an answer found.
func (p *markdown) hints(answer finding.Answer) {
	var said []string
	for _, f := range worstFirst(answer.Findings()) {
		if f.Hint != "" && !slices.Contains(said, f.Hint) && len(said) < maxHints {
			said = append(said, f.Hint)
			p.linef("Hint: %s.", prose(f.Hint))
		}
	}
}

// maxLoud bounds the rows of one table that stand openly; the others are in the fold.
const maxLoud = 20

// loud shows the rows of a table that are worth a hurried reader's time.
func (p *markdown) loud(answer finding.Answer, t finding.Table) {
	rows := t.Loud().Rows
	switch {
	case len(rows) == 0, t.Told:
	case t.Brief:
		p.brief(answer, t.Title)
	default:
		p.table(t, rows[:min(len(rows), maxLoud)])
		if more := len(rows) - maxLoud; more > 0 {
			p.linef("%d more such rows are folded below.", more)
		}
	}
}

// maxBrief bounds the lines in which an answer is told, the first one included.
const maxBrief = 3

// brief tells an answer in a few lines: how many findings of each kind, and the worst ones.
func (p *markdown) brief(answer finding.Answer, title string) {
	findings := worstFirst(answer.Findings())
	tally := finding.Result{Steps: []finding.Step{{Answers: []finding.Answer{answer}}}}.Headline().Tally()
	lines := []string{"**" + prose(title) + "**: " + tally}
	for i, f := range findings {
		if len(lines) == maxBrief {
			lines[maxBrief-1] += fmt.Sprintf(" (and %d more, folded below)", len(findings)-i)
			break
		}
		line := "**" + outcome(f.Outcome) + "**: " + prose(f.Message)
		if to := permalink(p.subject, f.Pos); to != "" {
			line += " (" + linked("rule", to) + ")"
		}
		lines = append(lines, line)
	}
	p.linef("%s", strings.Join(lines, "<br>\n"))
}

// doubts says loudly what could not be decided and leaves the run green, and what was not enforced.
func (p *markdown) doubts(step finding.Step) {
	if !step.Enforced && step.Verdict() != finding.Pass {
		p.linef("**%s is not enforced**: it is reported and blocks nothing.", prose(step.Name))
	}
	excused, example := 0, ""
	for _, f := range step.Findings() {
		if f.Outcome == finding.NotRun && f.Excused {
			if excused++; excused == 1 {
				example = f.Message
			}
		}
	}
	if excused > 0 {
		p.linef("**%s could not tell in %s**, and this is no pass: %s", prose(step.Name), counted(excused, "case"), prose(example))
	}
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// fold is the whole of a step, closed.
func (p *markdown) fold(step finding.Step) {
	h := finding.Result{Steps: []finding.Step{step}}.Headline()
	p.details(fmt.Sprintf("<b>%s</b>: %s, %s", tagged(step.Name), stepWord(step), h.Tally()), func() {
		for _, answer := range step.Answers {
			p.blocks(answer.Blocks())
		}
	})
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
