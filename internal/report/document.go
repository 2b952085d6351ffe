package report

import (
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extensionast "github.com/yuin/goldmark/extension/ast"
	marktext "github.com/yuin/goldmark/text"

	"github.com/assay-ml/assay/internal/finding"
)

// reader reads Markdown as GitHub does.
var reader = goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()

// maxDocument bounds the bytes that are read of a document: a comment has no room for more.
const maxDocument = int(Comment)

// document shows the Markdown of somebody else: it is read, and written anew with what is harmless. Paragraphs, headings,
// lists, quotations, tables and code keep their form; each text goes through the escape for prose, so that links, pictures
// and HTML are shown as what they say.
func (p *markdown) document(d finding.Document) {
	w := rewriter{source: []byte(strings.ToValidUTF8(upTo(maxDocument, d.Text), "\uFFFD"))}
	w.blocks(reader.Parse(marktext.NewReader(w.source)), 0)
	p.linef("**%s**", prose(d.Title))
	for _, piece := range w.pieces {
		p.add(piece)
	}
}

// rewriter turns a document into pieces of a page.
type rewriter struct {
	source []byte
	pieces []string
}

func (w *rewriter) paragraph(markdown string) { w.pieces = append(w.pieces, "\n"+markdown+"\n") }

// maxDepth bounds how deep lists and quotations are followed: deeper ones are told as one paragraph.
const maxDepth = 4

// blocks writes what stands in a block.
func (w *rewriter) blocks(parent ast.Node, depth int) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Heading:
			w.paragraph("**" + w.prose(n) + "**")
		case *ast.ThematicBreak:
			w.paragraph("* * *")
		case *ast.FencedCodeBlock, *ast.CodeBlock, *ast.HTMLBlock:
			w.paragraph(fenced("text", w.lines(n)))
		case *ast.List:
			w.list(n, depth)
		case *extensionast.Table:
			w.table(n)
		case *ast.Blockquote:
			if depth < maxDepth {
				w.blocks(n, depth+1)
			} else {
				w.paragraph(w.prose(n))
			}
		default:
			w.paragraph(w.prose(n))
		}
	}
}

// list writes the items of a list, each as one line; lists within stand further in.
func (w *rewriter) list(list *ast.List, depth int) {
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		var inner []*ast.List
		var words []string
		for n := item.FirstChild(); n != nil; n = n.NextSibling() {
			if nested, ok := n.(*ast.List); ok && depth < maxDepth {
				inner = append(inner, nested)
			} else if said := w.plain(n); said != "" {
				words = append(words, said)
			}
		}
		start := strings.Repeat("  ", depth) + "- "
		if depth == 0 && item == list.FirstChild() {
			start = "\n" + start
		}
		w.pieces = append(w.pieces, start+proseOf(paragraph(strings.Join(words, " ")))+"\n")
		for _, nested := range inner {
			w.list(nested, depth+1)
		}
	}
}

// table writes a table row by row, in one piece: its head alone is no table.
func (w *rewriter) table(table *extensionast.Table) {
	var b strings.Builder
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		b.WriteString("|")
		columns := 0
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			columns++
			b.WriteString(" " + w.prose(cell) + " |")
		}
		b.WriteString("\n")
		if row == table.FirstChild() {
			b.WriteString("|" + strings.Repeat(" --- |", columns) + "\n")
		}
	}
	w.pieces = append(w.pieces, "\n"+b.String())
}

// prose is the text of a block.
func (w *rewriter) prose(n ast.Node) string { return proseOf(paragraph(w.plain(n))) }

// lines are those of a block of code or HTML.
func (w *rewriter) lines(n ast.Node) []string {
	lines := make([]string, n.Lines().Len())
	for i := range lines {
		line := n.Lines().At(i)
		lines[i] = strings.TrimRight(string(line.Value(w.source)), "\r\n")
	}
	if html, ok := n.(*ast.HTMLBlock); ok && html.HasClosure() {
		lines = append(lines, strings.TrimRight(string(html.ClosureLine.Value(w.source)), "\r\n"))
	}
	return lines
}

// plain is the text of a block without its marks; of links and pictures the address follows.
func (w *rewriter) plain(n ast.Node) string {
	var b strings.Builder
	// The walker's function returns no error.
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			w.enter(&b, n)
		} else {
			leave(&b, n)
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}

func (w *rewriter) enter(b *strings.Builder, n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		b.Write(n.Segment.Value(w.source))
		if n.SoftLineBreak() || n.HardLineBreak() {
			b.WriteString(" ")
		}
	case *ast.String:
		b.Write(n.Value)
	case *ast.AutoLink:
		b.Write(n.URL(w.source))
	case *ast.RawHTML:
		b.Write(n.Segments.Value(w.source))
	case *ast.FencedCodeBlock, *ast.CodeBlock, *ast.HTMLBlock:
		b.WriteString(strings.Join(w.lines(n), " "))
	case *extensionast.TaskCheckBox:
		b.WriteString(map[bool]string{true: "done: ", false: "open: "}[n.IsChecked])
	}
}

// leave writes the address of a link, and keeps blocks apart.
func leave(b *strings.Builder, n ast.Node) {
	switch n := n.(type) {
	case *ast.Link:
		b.WriteString(" (" + string(n.Destination) + ")")
	case *ast.Image:
		b.WriteString(" (" + string(n.Destination) + ")")
	default:
		if n.Type() == ast.TypeBlock {
			b.WriteString(" ")
		}
	}
}
