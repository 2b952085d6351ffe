// Command preview shows a comment's Markdown as a pull request would, for the picture in the README and for whoever changes
// the renderer: preview comment.md > comment.html.
package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

//go:embed page.html
var source string

func main() {
	if err := preview(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "preview:", err)
		os.Exit(1)
	}
}

func preview(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: preview comment.md > comment.html")
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	page, err := template.New("page").Parse(source)
	if err != nil {
		return err
	}
	var body strings.Builder
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := markdown.Convert(data, &body); err != nil {
		return err
	}
	return page.Execute(os.Stdout, template.HTML(body.String()))
}
