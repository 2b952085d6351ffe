// Package translate reads contracts from the files of other tools and writes them. What has no counterpart is listed as a
// loss, never dropped in silence. It judges nothing and reads no data.
package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/source"
)

// Loss is something that one side says and the other cannot.
type Loss struct {
	Where string // a column, or "" for the table
	What  string
}

// String is the loss in one line.
func (l Loss) String() string {
	if l.Where == "" {
		return l.What
	}
	return l.Where + ": " + l.What
}

// The names of the file formats.
var (
	Imports = []string{"frictionless", "odcs", "great-expectations", "pandera"}
	Exports = []string{"frictionless", "odcs"}
)

// Import reads a contract from another tool's file. An error is a source.Problems where the file is wrong.
func Import(format, path string, data []byte) (schema.Contract, []Loss, error) {
	switch format {
	case "frictionless":
		return fromTableSchema(path, data)
	case "odcs":
		return fromODCSFile(path, data)
	case "great-expectations":
		return fromSuite(path, data)
	case "pandera":
		return fromPandera(path, data)
	}
	return schema.Contract{}, nil, unknown(format, Imports)
}

// Export writes a contract as another tool's file; name is the table's, where the format has a place for it.
func Export(format, name string, contract schema.Contract) ([]byte, []Loss, error) {
	switch format {
	case "frictionless":
		return toTableSchema(contract)
	case "odcs":
		return toODCSFile(name, contract)
	}
	return nil, nil, unknown(format, Exports)
}

func unknown(format string, known []string) error {
	return source.Errorf("formats are "+strings.Join(known, ", "), "unknown format %q", format)
}

// at is a value of a contract that stands in no file of ours.
func at[T any](value T) *source.At[T] { return &source.At[T]{Value: value} }

// fields is a map of another tool's file from which what is understood is taken; what is left was not.
type fields map[string]any

// take removes a key and gives its value.
func (f fields) take(key string) any {
	value := f[key]
	delete(f, key)
	return value
}

// text takes a text; ok is false where there is none.
func (f fields) text(key string) (text string, ok bool) {
	text, ok = f[key].(string)
	if ok {
		delete(f, key)
	}
	return text, ok
}

// names takes a text or a list of texts.
func (f fields) names(key string) []string {
	switch value := f[key].(type) {
	case string:
		delete(f, key)
		return []string{value}
	case []any:
		names := make([]string, 0, len(value))
		for _, name := range value {
			text, ok := name.(string)
			if !ok {
				return nil
			}
			names = append(names, text)
		}
		delete(f, key)
		return names
	}
	return nil
}

// number takes a finite number, written as one or as a text.
func (f fields) number(key string) *source.Number {
	value, ok := f[key]
	if !ok {
		return nil
	}
	n, err := source.ParseNumber(fmt.Sprint(value), source.Pos{})
	if err != nil {
		return nil
	}
	delete(f, key)
	return &n
}

// left lists the keys that nobody took.
func (f fields) left(prefix string) []string {
	var keys []string
	for key, value := range f {
		if value != nil {
			keys = append(keys, prefix+key)
		}
	}
	slices.Sort(keys)
	return keys
}
