package strict

import (
	"reflect"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

// Field is one key of a struct as its tags declare it.
type Field struct {
	Key       string // "" for a field that only a bare scalar sets
	Index     []int  // for reflect.Value.FieldByIndex
	Type      reflect.Type
	Required  bool
	AnyScalar bool
	Form      int // index in Shape.Forms, or -1
	Enum      []string
	Doc       string
}

// Shape is how a struct is written in YAML.
type Shape struct {
	Fields []Field
	Forms  int     // number of forms of which exactly one is there; 0 where the struct has but one
	Scalar *Field  // what a bare scalar sets; nil where only a map will do
	places [][]int // fields that take the place of the struct
}

var posType = reflect.TypeFor[source.Pos]()

// ShapeOf reads the tags of a struct type.
func ShapeOf(t reflect.Type) Shape { return shapeOf(t) }

func shapeOf(t reflect.Type) Shape {
	var s Shape
	s.add(t, nil, -1)
	return s
}

// add takes the fields of t, which stands at index prefix and belongs to a form of the struct around it, or to none (-1).
func (s *Shape) add(t reflect.Type, prefix []int, form int) {
	for i := range t.NumField() {
		field := t.Field(i)
		index := append(slices.Clone(prefix), i)
		key, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		config := strings.Split(field.Tag.Get("config"), ",")
		own := form
		if slices.Contains(config, "one-of") {
			own = s.Forms
			s.Forms++
		}
		switch {
		case field.Type == posType && field.Name == "Pos":
			s.places = append(s.places, index)
		case slices.Contains(strings.Split(options, ","), "inline"):
			s.add(field.Type, index, own)
		case key == "-" || key == "":
			if slices.Contains(config, "scalar") {
				s.Scalar = newField("", field, index, config, own)
			}
		default:
			f := newField(key, field, index, config, own)
			s.Fields = append(s.Fields, *f)
			if slices.Contains(config, "scalar") {
				s.Scalar = f
			}
		}
	}
}

func newField(key string, field reflect.StructField, index []int, config []string, form int) *Field {
	f := &Field{Key: key, Index: index, Type: field.Type, Form: form, Doc: field.Tag.Get("doc"),
		Required: slices.Contains(config, "required"), AnyScalar: slices.Contains(config, "any-scalar")}
	if enum := field.Tag.Get("enum"); enum != "" {
		f.Enum = strings.Split(enum, ",")
	}
	return f
}

// spot is how the field's value is spoken of and what it may be.
func (f Field) spot() spot {
	return spot{what: f.Key, enum: f.Enum, anyScalar: f.AnyScalar, nonEmpty: f.Required}
}

func (s Shape) field(key string) (Field, bool) {
	i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return s.Fields[i], true
}

func (s Shape) keys() []string {
	keys := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		keys[i] = f.Key
	}
	return keys
}

// required are the keys that every form of the struct needs.
func (s Shape) required() []string {
	var keys []string
	for _, f := range s.Fields {
		if f.Required && f.Form < 0 {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

// FormKeys are the keys of a form, and those of them that make it: the required ones, or its only key.
func (s Shape) FormKeys(form int) (all, needed []string) {
	for _, f := range s.Fields {
		if f.Form != form {
			continue
		}
		all = append(all, f.Key)
		if f.Required {
			needed = append(needed, f.Key)
		}
	}
	if len(all) == 1 {
		needed = all
	}
	return all, needed
}
