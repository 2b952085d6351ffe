package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

func (p *markdown) blocks(blocks []finding.Block) {
	for _, block := range blocks {
		switch b := block.(type) {
		case finding.Line:
			p.linef("%s: %s", outcome(b.Outcome), proseOf(paragraph(b.Text)))
		case finding.Table:
			p.table(b, b.Rows)
		case finding.Histogram:
			p.histogram(b)
		case finding.Timeline:
			p.timeline(b)
		case finding.Note:
			if !isOpen(b) { // else it is shown above
				p.note(b)
			}
		case finding.Document:
			p.document(b)
		case finding.Attachment:
			p.attachment(b)
		case finding.Output: // shown above, openly
		case finding.Fold:
			p.blocks(b.Blocks)
		}
	}
}

// isOpen reports whether a note stands above the folds.
func isOpen(n finding.Note) bool { return n.Command != "" || n.Changed }

func (p *markdown) note(n finding.Note) {
	line := proseOf(paragraph(n.Text))
	if n.Command != "" {
		line += " " + code(n.Command)
	}
	p.linef("%s", line)
}

// table writes rows under the table's title; its head comes with the first of them.
func (p *markdown) table(t finding.Table, rows []finding.Row) {
	head := tableHead(t)
	for i, row := range rows {
		if p.full {
			p.cut += len(rows) - i
			return
		}
		p.add(head + p.row(row))
		head = ""
	}
}

func tableHead(t finding.Table) string {
	header := make([]string, len(t.Header))
	for i, name := range t.Header {
		if strings.TrimSpace(name) != "" {
			header[i] = prose(name)
		}
	}
	return fmt.Sprintf("\n**%s**\n\n| %s |\n|%s\n", prose(t.Title), strings.Join(header, " | "), strings.Repeat(" --- |", len(header)))
}

// row is a row of a table. Where it is worth a look, the cell that says the rule links to where the rule stands.
func (p *markdown) row(row finding.Row) string {
	cells := make([]string, len(row.Cells))
	for i, cell := range row.Cells {
		cells[i] = markdownCell(cell)
	}
	if to := permalink(p.subject, row.Pos); to != "" && !row.Quiet() {
		if i := ruleOf(row); i >= 0 {
			cells[i] = linked(cells[i], to)
		}
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// ruleOf is the cell that says the row's rule as it is now, the last of them, else its verdict; -1 where neither is there.
func ruleOf(row finding.Row) int {
	found := -1
	for i, cell := range row.Cells {
		switch cell.(type) {
		case finding.Rule:
			found = i
		case finding.Verdict:
			if found < 0 {
				found = i
			}
		}
	}
	return found
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
func (p *markdown) histogram(h finding.Histogram) {
	lines := make([]string, len(h.Series))
	for i, series := range h.Series {
		lines[i] = fmt.Sprintf("`%s` %s", sparks(series.Values), prose(series.Name))
	}
	p.linef("%s<br>\n%s", code(h.Title), strings.Join(lines, "<br>\n"))
}

// output is the end of what a program wrote, which says why; of a long one as many lines as take half of what is left.
func (p *markdown) output(o finding.Output) {
	room := (p.budget - p.reserve - p.Len()) / 2
	first := len(o.Lines)
	for first > 0 {
		if room -= len(visible(o.Lines[first-1])) + 1; room < 0 {
			break
		}
		first--
	}
	p.details(tagged(o.Title), func() { p.linef("%s", fenced("text", o.Lines[first:])) })
	p.cut += first
}

// attachment is a link to where the run keeps its files.
func (p *markdown) attachment(a finding.Attachment) {
	to := address(p.subject.RunURL)
	if to != "" {
		to += "#artifacts"
	}
	p.linef("%s is kept with the run.", linked(code(a.Name), to))
}

// worstFirst are the findings that are no passes, the most severe first.
func worstFirst(findings []finding.Finding) []finding.Finding {
	kept := slices.DeleteFunc(slices.Clone(findings), func(f finding.Finding) bool { return f.Outcome == finding.Pass })
	slices.SortStableFunc(kept, func(a, b finding.Finding) int {
		return b.Outcome.Compare(a.Outcome)
	})
	return kept
}
