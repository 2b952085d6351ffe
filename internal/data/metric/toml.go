package metric

import (
	"fmt"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/assay-ml/assay/internal/source"
)

func parseTOML(data []byte, into *Set) error {
	var root map[string]any
	if err := toml.Unmarshal(data, &root); err != nil {
		return err
	}
	if err := flattenTOML("", root, 0, into); err != nil {
		return err
	}
	findTOML(data, into)
	return nil
}

func flattenTOML(prefix string, object map[string]any, depth int, into *Set) error {
	if depth > maxDepth {
		return fmt.Errorf("nested more than %d deep", maxDepth)
	}
	for key, value := range object {
		name := join(prefix, key)
		var err error
		switch v := value.(type) {
		case map[string]any:
			err = flattenTOML(name, v, depth+1, into)
		case int64:
			err = into.add(name, float64(v), source.Pos{})
		case float64:
			err = into.add(name, v, source.Pos{})
		default:
			into.ignore(name, source.Pos{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// findTOML finds where the entries of a file stand, which is known to parse: the values themselves come without their places.
func findTOML(data []byte, into *Set) {
	var parser unstable.Parser
	parser.Reset(data)
	finder := tomlFinder{into: into, locator: newLocator(data), lists: map[string]bool{}}
	prefix, isList := "", false
	for parser.NextExpression() {
		switch expression := parser.Expression(); expression.Kind {
		case unstable.Table:
			prefix = keyOf("", expression)
			isList = finder.isInList(prefix)
		case unstable.ArrayTable:
			prefix, isList = keyOf("", expression), true
			finder.lists[prefix] = true
		case unstable.KeyValue:
			if !isList {
				finder.find(prefix, expression)
			}
		}
	}
}

type tomlFinder struct {
	into    *Set
	locator locator
	lists   map[string]bool // of tables, which are ignored with all that is in them
}

func (f *tomlFinder) isInList(name string) bool {
	for i, r := range name + "." {
		if r == '.' && f.lists[name[:i]] {
			return true
		}
	}
	return false
}

// find places a pair, and those in it where its value is a table.
func (f *tomlFinder) find(prefix string, pair *unstable.Node) {
	name, value := keyOf(prefix, pair), pair.Value()
	if value.Kind == unstable.InlineTable {
		for children := value.Children(); children.Next(); {
			if child := children.Node(); child.Kind == unstable.KeyValue {
				f.find(name, child)
			}
		}
		return
	}
	if _, isThere := f.into.Places[name]; isThere && value.Raw.Length > 0 { // the parser does not tell where a list stands
		f.into.Places[name] = f.locator.at(int(value.Raw.Offset))
	}
}

// keyOf is the flattened name of a table or a pair.
func keyOf(prefix string, node *unstable.Node) string {
	for key := node.Key(); key.Next(); {
		prefix = join(prefix, string(key.Node().Data))
	}
	return prefix
}
