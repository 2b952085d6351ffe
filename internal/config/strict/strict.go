// Package strict decodes a YAML file into Go structs and forgives nothing: unknown and duplicate keys, values of another
// type, anchors and aliases, tags, a second document. It reports every problem of the file at once, each with its place
// and its remedy. It knows the tags of a struct and nothing of what the values mean.
//
// The tags of a field:
//
//	yaml:"key"            the key; ",inline" takes the keys of an embedded struct
//	config:"required"     the key must be there, and a text must not be empty
//	config:"scalar"       a bare scalar in the place of the struct sets this field; with yaml:"-" the field has no key
//	config:"any-scalar"   a text, or each entry of a list of texts, may be any scalar and is taken as it is written
//	config:"one-of"       of all fields of the struct with this tag exactly one is there; an inline struct counts as one
//	enum:"a,b"            the only values allowed
//	doc:"…"               what the key means, for the JSON Schema
//
// A field Pos of type source.Pos with yaml:"-" takes the place of its struct.
package strict

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/assay-ml/assay/internal/source"
	"gopkg.in/yaml.v3"
)

// MaxSize bounds a file: no configuration that a person keeps comes near.
const MaxSize = 1 << 20

// maxDepth bounds how deep lists and maps nest; the deepest form that any file of ours needs is 6.
const maxDepth = 32

// maxProblems bounds what one file can say: beyond, a reader starts over anyway.
const maxProblems = 50

// Document is one YAML file: its lines and its only node.
type Document struct {
	file     string
	lines    []string
	root     *yaml.Node // nil where the file is empty or could not be parsed
	problems source.Problems
	more     int                 // problems beyond maxProblems
	broken   map[*yaml.Node]bool // nodes with a problem of their own
}

// Decode reads data, the content of file, into a pointer to a struct. An error is source.Problems, all that there are;
// what could be read is set all the same. It panics where into has a field of a type that no YAML value fits.
func Decode(file string, data []byte, into any) error {
	return Parse(file, data).Decode(into)
}

// Parse reads data as the content of file. What is wrong with it is told by Decode.
func Parse(file string, data []byte) *Document {
	d := &Document{file: file, broken: map[*yaml.Node]bool{}}
	if text, ok := d.readText(data); ok {
		d.parse(text)
	}
	return d
}

// Decode sets the struct that into points to, and returns the problems of the file as source.Problems.
func (d *Document) Decode(into any) error {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("strict: decode into %T: not a pointer to a struct", into))
	}
	if d.root == nil && len(d.problems) == 0 {
		required := shapeOf(target.Type().Elem()).required()
		d.problemAt(source.Pos{File: d.file, Line: 1, Column: 1}, "the file is empty", "required keys: "+strings.Join(required, ", "))
	}
	if d.root != nil {
		d.value(d.root, target.Elem(), spot{what: "the file"})
	}
	return d.Problems().OrNil()
}

// Problems are those found so far, with a last one that counts what was left out.
func (d *Document) Problems() source.Problems {
	if d.more == 0 {
		return d.problems
	}
	last := source.Problem{Pos: source.Pos{File: d.file, Line: len(d.lines)}, Message: fmt.Sprintf("and %d more problems", d.more), Hint: "mend the first ones and run again"}
	return append(d.problems[:len(d.problems):len(d.problems)], last)
}

// HasRoot reports whether the file could be parsed and holds something: whether there is anything to judge.
func (d *Document) HasRoot() bool { return d.root != nil }

// Report adds a problem that the caller found at the value at a path.
func (d *Document) Report(message, hint string, path ...any) {
	d.problemAt(d.Place(path...), message, hint)
}

// ProblemAt is a problem at the value at a path, with the line that stands there; it is not added.
func (d *Document) ProblemAt(message, hint string, path ...any) source.Problem {
	pos := d.Place(path...)
	return source.Problem{Pos: pos, Message: message, Hint: hint, Line: d.line(pos.Line)}
}

func (d *Document) problemAt(pos source.Pos, message, hint string) {
	if len(d.problems) >= maxProblems {
		d.more++
		return
	}
	d.problems = append(d.problems, source.Problem{Pos: pos, Message: message, Hint: hint, Line: d.line(pos.Line)})
}

// problem reports something at a node, which is then no longer sound.
func (d *Document) problem(n *yaml.Node, hint, format string, args ...any) {
	d.broken[n] = true
	d.problemAt(d.pos(n), fmt.Sprintf(format, args...), hint)
}

func (d *Document) pos(n *yaml.Node) source.Pos {
	return source.Pos{File: d.file, Line: n.Line, Column: n.Column}
}

func (d *Document) line(number int) string {
	if number < 1 || number > len(d.lines) {
		return ""
	}
	return d.lines[number-1]
}
