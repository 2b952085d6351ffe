package change

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Edit changes one place of a text. All the rest, comments and spaces included, stays as it is.
type Edit struct {
	Line   int    // from 1
	Column int    // in characters, from 1; 0: New is whole lines that come before Line
	Old    string // what stands at Column and is replaced
	New    string // without a line break at its end
}

// Apply makes the edits, which may come in any order and share no characters.
func Apply(text []byte, edits []Edit) ([]byte, error) {
	ending := "\n"
	if bytes.Contains(text, []byte("\r\n")) {
		ending = "\r\n"
	}
	lines := strings.Split(string(text), "\n")
	// From the bottom, so that places above stay where they are.
	backwards := slices.Clone(edits)
	slices.SortStableFunc(backwards, func(a, b Edit) int { return cmp.Or(b.Line-a.Line, b.Column-a.Column) })
	for _, e := range backwards {
		var err error
		if lines, err = e.apply(lines, ending); err != nil {
			return nil, err
		}
	}
	return []byte(strings.Join(lines, "\n")), nil
}

func (e Edit) apply(lines []string, ending string) ([]string, error) {
	if e.Line < 1 || e.Line > len(lines)+1 {
		return nil, fmt.Errorf("there is no line %d", e.Line)
	}
	carriage := strings.TrimSuffix(ending, "\n")
	if e.Column == 0 {
		added := strings.Split(strings.ReplaceAll(e.New, "\n", ending)+carriage, "\n")
		return slices.Insert(lines, e.Line-1, added...), nil
	}
	if e.Line > len(lines) {
		return nil, fmt.Errorf("there is no line %d", e.Line)
	}
	line := []rune(lines[e.Line-1])
	old := []rune(e.Old)
	at := e.Column - 1
	if at+len(old) > len(line) || string(line[at:at+len(old)]) != e.Old {
		return nil, fmt.Errorf("line %d has no %q at column %d", e.Line, e.Old, e.Column)
	}
	lines[e.Line-1] = string(line[:at]) + e.New + string(line[at+len(old):])
	return lines, nil
}
