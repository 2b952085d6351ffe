package strict

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/source"
	"gopkg.in/yaml.v3"
)

// spot is how a value is spoken of, and what beside its type bounds it.
type spot struct {
	what      string
	enum      []string
	anyScalar bool
	nonEmpty  bool
}

// entry is the spot of a list's entries.
func (s spot) entry() spot {
	s.what = "an entry of " + s.what
	return s
}

var (
	numberType   = reflect.TypeFor[source.Number]()
	durationType = reflect.TypeFor[time.Duration]()
)

// IsAt reports whether t is source.At of something, and of what.
func IsAt(t reflect.Type) (value reflect.Type, ok bool) {
	if t.Kind() != reflect.Struct || t.PkgPath() != posType.PkgPath() || !strings.HasPrefix(t.Name(), "At[") {
		return nil, false
	}
	return t.Field(0).Type, true
}

// value sets target from a node, by the kind of target.
func (d *Document) value(n *yaml.Node, target reflect.Value, s spot) {
	if d.broken[n] {
		return
	}
	if isNull(n) {
		d.problem(n, "give it one, or remove the key", "%s has no value", s.what)
		return
	}
	if _, ok := IsAt(target.Type()); ok {
		d.value(n, target.Field(0), s)
		target.Field(1).Set(reflect.ValueOf(d.pos(n)))
		return
	}
	switch target.Type() {
	case numberType:
		d.number(n, target, s)
		return
	case durationType:
		d.duration(n, target, s)
		return
	}
	d.valueOfKind(n, target, s)
}

func (d *Document) valueOfKind(n *yaml.Node, target reflect.Value, s spot) {
	switch target.Kind() {
	case reflect.Pointer:
		d.pointer(n, target, s)
	case reflect.Struct:
		d.structure(n, target, s)
	case reflect.Slice:
		d.list(n, target, s)
	case reflect.Map:
		d.table(n, target, s)
	case reflect.String:
		d.text(n, target, s)
	case reflect.Bool:
		d.boolean(n, target, s)
	case reflect.Int, reflect.Int64:
		d.integer(n, target, s)
	case reflect.Float64:
		d.float(n, target, s)
	default:
		panic(fmt.Sprintf("strict: %s has the type %s, which no YAML value fits", s.what, target.Type()))
	}
}

// pointer leaves nil where the value is wrong, so that nobody takes a zero for the user's; a struct of keys is set in
// any case, since its other keys may be right.
func (d *Document) pointer(n *yaml.Node, target reflect.Value, s spot) {
	value := reflect.New(target.Type().Elem())
	d.value(n, value.Elem(), s)
	if d.isSound(n) || n.Kind == yaml.MappingNode {
		target.Set(value)
	}
}

func (d *Document) list(n *yaml.Node, target reflect.Value, s spot) {
	if n.Kind != yaml.SequenceNode {
		hint := ""
		if n.Kind == yaml.ScalarNode {
			hint = "write [" + cut(n.Value) + "]"
		}
		d.problem(n, hint, "%s must be a list, not %s", s.what, describe(n))
		return
	}
	values := reflect.MakeSlice(target.Type(), len(n.Content), len(n.Content))
	for i, child := range n.Content {
		d.value(child, values.Index(i), s.entry())
	}
	target.Set(values)
}

// table sets a map from names of the user's choice to values of one type.
func (d *Document) table(n *yaml.Node, target reflect.Value, s spot) {
	if n.Kind != yaml.MappingNode {
		d.problem(n, "", "%s must be a map, not %s", s.what, describe(n))
		return
	}
	values := reflect.MakeMap(target.Type())
	for _, p := range d.pairs(n) {
		value := reflect.New(target.Type().Elem()).Elem()
		d.value(p.value, value, spot{what: cut(p.key.Value), anyScalar: s.anyScalar})
		values.SetMapIndex(reflect.ValueOf(p.key.Value), value)
	}
	target.Set(values)
}

// pair is a key of a map and its value.
type pair struct{ key, value *yaml.Node }

// pairs are those of a map whose keys are texts, each once.
func (d *Document) pairs(n *yaml.Node) []pair {
	var all []pair
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch earlier := first[key.Value]; {
		case d.broken[key]:
		case key.Kind != yaml.ScalarNode:
			d.problem(key, "a text that begins with [ or { goes in quotes", "a key must be text, not %s", describe(key))
		case !isText(key):
			d.problem(key, "put it in quotes", "a key must be text, not %s", describe(key))
		case earlier != nil:
			d.problem(key, "keep one of the two", "key %s stands twice, first at %d:%d", quote(key.Value), earlier.Line, earlier.Column)
		default:
			first[key.Value] = key
			all = append(all, pair{key, n.Content[i+1]})
		}
	}
	return all
}

// structure sets a struct from a map of its keys, or from a bare scalar where it has a field for that.
func (d *Document) structure(n *yaml.Node, target reflect.Value, s spot) {
	shape := shapeOf(target.Type())
	for _, index := range shape.places {
		target.FieldByIndex(index).Set(reflect.ValueOf(d.pos(n)))
	}
	switch {
	case n.Kind == yaml.ScalarNode && shape.Scalar != nil:
		scalar := shape.Scalar.spot()
		scalar.what = s.what
		d.value(n, target.FieldByIndex(shape.Scalar.Index), scalar)
	case n.Kind != yaml.MappingNode:
		d.problem(n, "its keys: "+strings.Join(shape.keys(), ", "), "%s must be a map%s, not %s", s.what, orScalar(shape), describe(n))
	default:
		d.keys(n, target, shape, s)
	}
}

func orScalar(s Shape) string {
	if s.Scalar == nil {
		return ""
	}
	return " or a single value"
}

func (d *Document) keys(n *yaml.Node, target reflect.Value, shape Shape, s spot) {
	present := map[string]*yaml.Node{} // by the key that was meant
	for _, p := range d.pairs(n) {
		field, ok := shape.field(p.key.Value)
		if !ok {
			present[d.unknownKey(p.key, shape.keys())] = p.key
			continue
		}
		present[field.Key] = p.key
		d.value(p.value, target.FieldByIndex(field.Index), field.spot())
	}
	for _, key := range shape.required() {
		if present[key] == nil {
			d.problem(n, "", "%s lacks the key %s", s.what, key)
		}
	}
	if shape.Forms > 0 {
		d.oneForm(n, shape, present, s)
	}
}

// unknownKey reports a key and returns the one that it most likely stands for.
func (d *Document) unknownKey(key *yaml.Node, known []string) (meant string) {
	d.problem(key, Suggest(key.Value, known, "known keys: "+strings.Join(known, ", ")), "unknown key %s", quote(key.Value))
	return Closest(key.Value, known)
}

// oneForm makes sure that the keys are those of exactly one form, and that this one is whole.
func (d *Document) oneForm(n *yaml.Node, shape Shape, present map[string]*yaml.Node, s spot) {
	var names []string
	chosen := -1
	for form := range shape.Forms {
		all, needed := shape.FormKeys(form)
		names = append(names, strings.Join(needed, " and "))
		i := slices.IndexFunc(all, func(key string) bool { return present[key] != nil })
		switch {
		case i < 0:
		case chosen < 0:
			chosen = form
		default:
			d.problem(present[all[i]], "keep one of the two", "%s cannot stand beside %s", all[i], names[chosen])
			return
		}
	}
	if chosen < 0 {
		d.problem(n, "", "%s needs %s", s.what, strings.Join(names, ", or "))
		return
	}
	_, needed := shape.FormKeys(chosen)
	for _, key := range needed {
		if present[key] == nil {
			d.problem(n, "", "%s lacks the key %s", s.what, key)
		}
	}
}
