package strict

import (
	"github.com/assay-ml/assay/internal/source"
	"gopkg.in/yaml.v3"
)

// Place is where the value at a path of keys (string) and indexes (int) stands; where there is no such value, where the
// nearest one around it stands.
func (d *Document) Place(path ...any) source.Pos {
	n := d.nearest(path)
	if n == nil {
		return source.Pos{File: d.file}
	}
	return d.pos(n)
}

// IsSound reports whether neither the value at the path, or the nearest around it, nor anything below has a problem:
// whether it makes sense to judge what it means.
func (d *Document) IsSound(path ...any) bool {
	n := d.nearest(path)
	return n != nil && d.isSound(n)
}

func (d *Document) isSound(n *yaml.Node) bool {
	if d.broken[n] {
		return false
	}
	for _, child := range n.Content {
		if !d.isSound(child) {
			return false
		}
	}
	return true
}

func (d *Document) nearest(path []any) *yaml.Node {
	n := d.root
	for _, part := range path {
		child := step(n, part)
		if child == nil {
			break
		}
		n = child
	}
	return n
}

func step(n *yaml.Node, part any) *yaml.Node {
	if n == nil {
		return nil
	}
	if index, ok := part.(int); ok {
		if n.Kind != yaml.SequenceNode || index >= len(n.Content) {
			return nil
		}
		return n.Content[index]
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Kind == yaml.ScalarNode && key.Value == part {
			return n.Content[i+1]
		}
	}
	return nil
}
