package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/assay-ml/assay/internal/finding"
)

// TextOptions say what the reader's terminal can show.
type TextOptions struct {
	Color bool
	Width int // in characters; lines are cut there
}

// Text writes a result for a terminal or a pipe: the steps with the rows that are worth reading, and the verdict last,
// where the eye is.
func Text(w io.Writer, r finding.Result, options TextOptions) error {
	t := newPlain(options)
	for _, step := range r.Steps {
		t.step(step)
	}
	if r.Base.Source != "" {
		t.line("base: " + strings.ReplaceAll(base(r.Base), "`", ""))
	}
	for _, notice := range r.Notices {
		t.line("note: " + visible(notice))
	}
	h := r.Headline()
	color := green
	if h.Red {
		color = red
	}
	t.line(t.paint(color, Sentence(r)))
	_, err := io.WriteString(w, t.String())
	return err
}

// TextBlocks writes blocks that belong to no result.
func TextBlocks(w io.Writer, blocks []finding.Block, options TextOptions) error {
	t := newPlain(options)
	t.blocks(blocks, "")
	_, err := io.WriteString(w, t.String())
	return err
}

const (
	red    = "1"
	green  = "2"
	yellow = "3"
)

// plain is a page under way.
type plain struct {
	strings.Builder
	options  TextOptions
	renderer *lipgloss.Renderer
}

func newPlain(options TextOptions) *plain {
	t := &plain{options: options, renderer: lipgloss.NewRenderer(io.Discard)}
	if options.Color {
		t.renderer.SetColorProfile(termenv.ANSI)
	} else {
		t.renderer.SetColorProfile(termenv.Ascii)
	}
	return t
}

func (t *plain) paint(color, s string) string {
	return t.renderer.NewStyle().Bold(true).Foreground(lipgloss.Color(color)).Render(s)
}

// line ends a line that may begin with a string from outside.
func (t *plain) line(s string) { t.WriteString(logLine(s) + "\n") }

func (t *plain) step(step finding.Step) {
	word, color := stepWord(step), green
	switch {
	case step.Red():
		color = red
	case step.Verdict() != finding.Pass:
		color = yellow
	}
	tally := finding.Result{Steps: []finding.Step{step}}.Headline().Tally()
	t.line(fmt.Sprintf("%s %s, %s (%s)", t.paint(color, visible(step.Name)), word, tally, duration(step.Seconds)))
	for _, answer := range step.Answers {
		t.blocks(answer.Blocks(), "  ")
	}
	t.line("")
}

func (t *plain) blocks(blocks []finding.Block, indent string) {
	for _, block := range blocks {
		switch b := block.(type) {
		case finding.Line:
			t.line(indent + outcome(b.Outcome) + ": " + paragraph(b.Text))
		case finding.Table:
			t.table(b, indent)
		case finding.Note:
			t.line(strings.TrimRight(indent+paragraph(b.Text)+" "+visible(b.Command), " "))
		case finding.Output:
			t.output(b, indent)
		case finding.Document:
			t.document(b, indent)
		case finding.Attachment:
			t.line(indent + visible(b.Name) + " is kept with the run")
		case finding.Histogram:
			for _, series := range b.Series {
				t.line(fmt.Sprintf("%s%s %s %s", indent, visible(b.Title), sparks(series.Values), visible(series.Name)))
			}
		case finding.Timeline:
			t.line(indent + visible(b.Title) + " " + trail(b.Values))
		}
	}
}

func (t *plain) output(o finding.Output, indent string) {
	t.line(indent + visible(o.Title))
	for _, line := range o.Lines {
		t.line(indent + "| " + visible(line))
	}
}

// document shows the beginning of a document: it is made for a page.
func (t *plain) document(d finding.Document, indent string) {
	o := d.Plain()
	more := len(o.Lines) - fewRows
	o.Lines = o.Lines[:min(len(o.Lines), fewRows)]
	t.output(o, indent)
	if more > 0 {
		t.line(fmt.Sprintf("%s… and %s", indent, counted(more, "more line")))
	}
}

// fewRows is how many rows a table may have and be shown whole; of longer ones the quiet rows are only counted.
const fewRows = 12

// table aligns its columns.
func (t *plain) table(table finding.Table, indent string) {
	rows := table.Rows
	if len(rows) > fewRows {
		rows = slices.DeleteFunc(slices.Clone(rows), finding.Row.Quiet)
	}
	t.line(indent + visible(table.Title))
	header := make([]string, len(table.Header))
	for i, name := range table.Header {
		header[i] = visible(name)
	}
	grid := [][]string{header}
	for _, row := range rows {
		cells := make([]string, len(row.Cells))
		for i, cell := range row.Cells {
			cells[i] = visible(text(cell))
		}
		grid = append(grid, cells)
	}
	if len(rows) > 0 {
		t.grid(grid, indent+"  ")
	}
	if hidden := len(table.Rows) - len(rows); hidden > 0 {
		t.line(fmt.Sprintf("%s  %d more passed", indent, hidden))
	}
}

func (t *plain) grid(grid [][]string, indent string) {
	widths := make([]int, len(grid[0]))
	for _, cells := range grid {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, cells := range grid {
		var line strings.Builder
		line.WriteString(indent)
		for i, cell := range cells {
			line.WriteString(cell)
			if i < len(cells)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		t.line(t.fit(strings.TrimRight(line.String(), " ")))
	}
}

// fit cuts a line at the terminal's width; a pipe gets the whole.
func (t *plain) fit(line string) string {
	runes := []rune(line)
	if !t.options.Color || t.options.Width < 20 || len(runes) <= t.options.Width {
		return line
	}
	return string(runes[:t.options.Width-1]) + "…"
}
