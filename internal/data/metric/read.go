package metric

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/assay-ml/assay/internal/source"
)

// Bounds on a metrics file, which a pull request may have written.
const (
	maxBytes = 10 << 20
	maxDepth = 32
)

// ParseError is a metrics file that could not be understood.
type ParseError struct {
	File   string
	Reason string
}

// Error names the file and what is wrong with it.
func (e *ParseError) Error() string { return fmt.Sprintf("parse metrics %s: %s", e.File, e.Reason) }

// Read reads a metrics file; its format follows from its extension, JSON where there is none. A missing file is
// fs.ErrNotExist, one that cannot be understood a *ParseError.
func Read(path string) (Set, error) {
	file, err := os.Open(path)
	if err != nil {
		return Set{}, fmt.Errorf("read metrics: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxBytes+1))
	if err != nil {
		return Set{}, fmt.Errorf("read metrics: %w", err)
	}
	return Parse(path, data)
}

// Parse reads the content of a metrics file called name.
//
// Nested objects are flattened with dots. Numbers, NaN and infinities are values; everything else (text, booleans,
// nulls, lists) is ignored and listed. Two entries of one flattened name are an error.
func Parse(name string, data []byte) (Set, error) {
	parse, err := parserOf(name)
	if err == nil {
		err = checkBytes(data)
	}
	set := Set{Values: map[string]Value{}, Places: map[string]source.Pos{}}
	if err == nil {
		err = parse(bytes.TrimPrefix(data, []byte("\uFEFF")), &set)
	}
	if err != nil {
		return Set{}, &ParseError{File: name, Reason: err.Error()}
	}
	slices.Sort(set.Ignored)
	for entry, place := range set.Places {
		place.File = name
		set.Places[entry] = place
	}
	return set, nil
}

func checkBytes(data []byte) error {
	switch {
	case len(data) > maxBytes:
		return fmt.Errorf("larger than %d MiB", maxBytes>>20)
	case len(bytes.TrimSpace(data)) == 0:
		return errors.New("the file is empty")
	case !utf8.Valid(data):
		return errors.New("not UTF-8 text")
	}
	return nil
}

type parser func(data []byte, into *Set) error

func parserOf(name string) (parser, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".json", "":
		return parseJSON, nil
	case ".yaml", ".yml":
		return parseYAML, nil
	case ".toml":
		return parseTOML, nil
	case ".csv", ".tsv":
		return parseCSV(ext), nil
	default:
		return nil, fmt.Errorf("unknown extension %q; known are .json, .yaml, .yml, .toml, .csv, .tsv", ext)
	}
}

func (s *Set) add(name string, v float64, place source.Pos) error {
	if _, ok := s.Values[name]; ok {
		return fmt.Errorf("metric %q stands twice", name)
	}
	s.Values[name], s.Places[name] = Value(v), place
	return nil
}

func (s *Set) ignore(name string, place source.Pos) {
	s.Ignored = append(s.Ignored, name)
	if _, ok := s.Values[name]; !ok {
		s.Places[name] = place
	}
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

func parseYAML(data []byte, into *Set) error {
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&document); err != nil {
		return err
	}
	if !errors.Is(decoder.Decode(new(yaml.Node)), io.EOF) {
		return errors.New("more than one YAML document")
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return errors.New("the top level is no mapping of names to values")
	}
	return flattenYAML("", root, 0, into)
}

func flattenYAML(prefix string, node *yaml.Node, depth int, into *Set) error {
	if depth > maxDepth {
		return fmt.Errorf("nested more than %d deep", maxDepth)
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := join(prefix, node.Content[i].Value), node.Content[i+1]
		if err := addYAML(name, value, depth, into); err != nil {
			return err
		}
	}
	return nil
}

func addYAML(name string, value *yaml.Node, depth int, into *Set) error {
	place := source.Pos{Line: value.Line, Column: value.Column}
	switch {
	case value.Kind == yaml.AliasNode:
		return fmt.Errorf("line %d: aliases are not read; write the value out", value.Line)
	case value.Kind == yaml.MappingNode:
		return flattenYAML(name, value, depth+1, into)
	case value.Tag == "!!int" || value.Tag == "!!float":
		var v float64
		if err := value.Decode(&v); err != nil {
			return fmt.Errorf("line %d: %w", value.Line, err)
		}
		return into.add(name, v, place)
	default:
		into.ignore(name, place)
		return nil
	}
}
