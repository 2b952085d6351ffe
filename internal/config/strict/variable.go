package strict

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// VariablePattern is how a variable stands in a text: ${name}.
const VariablePattern = `\$\{[^}]*\}`

// reference is a variable in a text, or with a second dollar sign what only looks like one.
var reference = regexp.MustCompile(`\$?` + VariablePattern)

// Expand puts values in the place of ${name} in every value of the file but those of the map at key, whose entries are the
// values; given ones come before the file's own. A value that is nothing but ${name} takes the type of what it stands for.
// $${ is a plain ${. The names that the file declares are returned, sorted. It comes before Decode.
func (d *Document) Expand(key string, given map[string]string) (declared []string) {
	if d.root == nil || d.root.Kind != yaml.MappingNode {
		return nil
	}
	e := expansion{Document: d, values: map[string]*yaml.Node{}, room: MaxSize}
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		if d.root.Content[i].Value == key {
			e.declare(d.root.Content[i+1])
		}
	}
	declared = slices.Sorted(maps.Keys(e.values))
	for name, text := range given {
		e.values[name] = &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	}
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		if d.root.Content[i].Value != key {
			e.expand(d.root.Content[i+1])
		}
	}
	return declared
}

// expansion is an Expand under way.
type expansion struct {
	*Document
	values map[string]*yaml.Node
	room   int // bytes that values may still take: a small file must not grow into a large one
}

func (e *expansion) declare(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return // Decode says so
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if value := n.Content[i+1]; value.Kind == yaml.ScalarNode && !e.broken[value] {
			e.values[n.Content[i].Value] = value
		}
	}
}

// expand changes the values below a node, never the keys.
func (e *expansion) expand(n *yaml.Node) {
	switch {
	case n.Kind == yaml.ScalarNode && reference.MatchString(n.Value) && !e.broken[n]:
		e.scalar(n)
	case n.Kind == yaml.MappingNode:
		for i := 1; i < len(n.Content); i += 2 {
			e.expand(n.Content[i])
		}
	default:
		for _, child := range n.Content {
			e.expand(child)
		}
	}
}

func (e *expansion) scalar(n *yaml.Node) {
	if name, whole := strings.CutPrefix(n.Value, "${"); whole && strings.IndexByte(name, '}') == len(name)-1 {
		if value := e.lookUp(n, strings.TrimSuffix(name, "}")); value != nil {
			n.Value, n.Tag, n.Style = value.Value, value.Tag, value.Style
		}
		return
	}
	n.Value = reference.ReplaceAllStringFunc(n.Value, func(found string) string {
		if plain, escaped := strings.CutPrefix(found, "$$"); escaped {
			return "$" + plain
		}
		if value := e.lookUp(n, found[2:len(found)-1]); value != nil {
			return value.Value
		}
		return found
	})
}

// lookUp is the value of a variable, or nil with a problem at the node that names it.
func (e *expansion) lookUp(n *yaml.Node, name string) *yaml.Node {
	value := e.values[name]
	if value == nil {
		known := slices.Sorted(maps.Keys(e.values))
		e.problem(n, Suggest(name, known, "declare it under variables; a plain ${ is written $${"), "there is no variable %s", quote(name))
		return nil
	}
	if e.room -= len(value.Value); e.room < 0 {
		e.problem(n, "shorten them", "the values of variables make the file larger than %d bytes", MaxSize)
		return nil
	}
	return value
}
