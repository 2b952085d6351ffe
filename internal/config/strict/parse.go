package strict

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/source"
	"gopkg.in/yaml.v3"
)

// parse sets the root to the file's only document, or reports why there is none.
func (d *Document) parse(text []byte) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	err := decoder.Decode(&first)
	if errors.Is(err, io.EOF) {
		return
	}
	if err != nil {
		d.syntaxProblem(text, err)
		return
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		d.problem(&second, "keep one document and remove the --- before the next", "a second document begins here; only one is read")
	case !errors.Is(err, io.EOF):
		d.syntaxProblem(text, err)
		return
	}
	root := first.Content[0]
	d.refuse(root, 1)
	if !isNull(root) {
		d.root = root
	}
}

var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxProblem reports an error of the YAML parser at its line.
func (d *Document) syntaxProblem(text []byte, err error) {
	message, line := err.Error(), 0
	if parts := yamlError.FindStringSubmatch(message); parts != nil {
		message = parts[2]
		line, _ = strconv.Atoi(parts[1])
	}
	if strings.HasPrefix(message, "did not find expected") || line == 0 {
		line = failingLine(text, err)
	}
	line = min(max(line, 1), len(d.lines))
	shown := d.line(line)
	indent := len(shown) - len(strings.TrimLeft(shown, " \t"))
	pos := source.Pos{File: d.file, Line: line, Column: indent + 1}
	if tab := strings.IndexByte(shown[:indent], '\t'); tab >= 0 {
		pos.Column = tab + 1
		d.problemAt(pos, "a tab indents this line", "YAML is indented by spaces only")
		return
	}
	d.problemAt(pos, "this is not YAML: "+message, syntaxHint(message))
}

// failingLine is the first line with which the parser gives the same error as with the whole text. For the errors of
// its grammar the parser itself names only the line where the list or map began.
func failingLine(text []byte, want error) int {
	ends := lineEnd.FindAllIndex(text, -1)
	line := sort.Search(len(ends), func(i int) bool {
		err := yaml.NewDecoder(bytes.NewReader(text[:ends[i][1]])).Decode(new(yaml.Node))
		return err != nil && err.Error() == want.Error()
	})
	return line + 1
}

// syntaxHint is the usual cause of one of the parser's messages.
func syntaxHint(message string) string {
	switch {
	case strings.Contains(message, "mapping values are not allowed"):
		return `a text that holds ": " goes in quotes; else the indentation of this line or the one before is off`
	case strings.Contains(message, "did not find expected key"), strings.Contains(message, "did not find expected '-'"):
		return "indent it like the entries before it, or put a text that begins with a quote in quotes as a whole"
	case strings.Contains(message, "cannot start any token"):
		return "a text that begins with @, ` or % goes in quotes"
	case strings.Contains(message, "',' or"):
		return "close the bracket, or put a comma between the entries"
	case strings.Contains(message, "end of stream"):
		return "a quote that opens further up is not closed"
	case strings.Contains(message, "unknown anchor"):
		return "a text that begins with * goes in quotes"
	default:
		return ""
	}
}

// refuse reports what YAML has beyond plain data, wherever it stands: aliases are never followed, so that a small file
// cannot grow into a large one. Refused nodes are not decoded.
func (d *Document) refuse(n *yaml.Node, depth int) {
	switch {
	case n.Kind == yaml.AliasNode:
		d.problem(n, "write the value out; a text that begins with * goes in quotes", "alias *%s: aliases are not read", cut(n.Value))
		return
	case n.Anchor != "":
		d.problem(n, "remove it; a text that begins with & goes in quotes", "anchor &%s: anchors are not read", cut(n.Anchor))
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!merge":
		d.problem(n, "write the keys out", "merge key <<: merge keys are not read")
	case n.Style&yaml.TaggedStyle != 0:
		d.problem(n, "remove it; a text that begins with ! goes in quotes", "tag %s: tags are not read", cut(n.Tag))
	case depth > maxDepth:
		d.problem(n, "", "nested deeper than %d levels", maxDepth)
		return
	}
	for _, child := range n.Content {
		d.refuse(child, depth+1)
	}
}
