package workflow

import (
	"iter"

	"gopkg.in/yaml.v3"
)

// Value is a value of the file with its place. All methods take nil, which is a value that is not there.
type Value struct {
	*yaml.Node
}

// valueOf follows an alias to what it stands for, once: an alias of an alias cannot be written.
func valueOf(node *yaml.Node) *Value {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return &Value{node}
}

// Text is a scalar as it was written, "" for what is none.
func (v *Value) Text() string {
	if v == nil || v.Kind != yaml.ScalarNode {
		return ""
	}
	return v.Value
}

// Get is the value of a key, nil for none.
func (v *Value) Get(key string) *Value {
	for k, value := range v.Pairs() {
		if k.Value == key {
			return value
		}
	}
	return nil
}

// Key is a key of a map, with its place; nil for none.
func (v *Value) Key(key string) *Value {
	for k := range v.Pairs() {
		if k.Value == key {
			return k
		}
	}
	return nil
}

// Pairs are the keys and values of a map, in their order.
func (v *Value) Pairs() iter.Seq2[*Value, *Value] {
	return func(yield func(*Value, *Value) bool) {
		if v == nil || v.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(v.Content); i += 2 {
			if !yield(&Value{v.Content[i]}, valueOf(v.Content[i+1])) {
				return
			}
		}
	}
}

// Items are the values of a list.
func (v *Value) Items() []*Value {
	if v == nil || v.Kind != yaml.SequenceNode {
		return nil
	}
	items := make([]*Value, len(v.Content))
	for i, node := range v.Content {
		items[i] = valueOf(node)
	}
	return items
}

// IsFlow reports a map or list in braces or brackets.
func (v *Value) IsFlow() bool { return v != nil && v.Style&yaml.FlowStyle != 0 }
