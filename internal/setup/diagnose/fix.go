package diagnose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/setup/change"
	"github.com/assay-ml/assay/internal/setup/workflow"
)

// Mend makes all fixes that need no person, as changes of the files. Where two would change one text in two ways, the first is made; what
// is left shows when one looks again.
func Mend(c Checkout, found []Diagnosis) ([]change.File, error) {
	edits := map[string][]change.Edit{}
	for _, d := range found {
		for _, e := range d.Fix {
			if file := d.Pos.File; !slices.ContainsFunc(edits[file], func(o change.Edit) bool { return o == e || isSameText(o, e) }) {
				edits[file] = append(edits[file], e)
			}
		}
	}
	var files []change.File
	for _, name := range slices.Sorted(maps.Keys(edits)) {
		old, err := c.Read(name)
		if err != nil {
			return nil, err
		}
		text, err := change.Apply(old, edits[name])
		if err == nil {
			_, err = workflow.Parse(name, text)
		}
		if err != nil {
			return nil, fmt.Errorf("mend %s: %v", name, err) //nolint:errorlint // a fault of ours, not the user's
		}
		files = append(files, change.File{Path: name, Old: old, New: text})
	}
	return files, nil
}

func isSameText(a, b change.Edit) bool {
	return a.Line == b.Line && a.Column == b.Column && a.Old != "" && b.Old != ""
}

// entry puts a first entry into a map whose keys stand in braces, or each on its line; nothing where it can do neither.
func entry(m *workflow.Value, text string) []change.Edit {
	for key := range m.Pairs() {
		if m.IsFlow() {
			return []change.Edit{{Line: key.Line, Column: key.Column, New: text + ", "}}
		}
		return []change.Edit{{Line: key.Line, New: indented(key.Column, text)}}
	}
	return nil
}

// indented begins each line of a text at a column.
func indented(column int, text string) string {
	pad := strings.Repeat(" ", column-1)
	return pad + strings.ReplaceAll(text, "\n", "\n"+pad)
}

// replaced puts another text in the place of a plain scalar.
func replaced(v *workflow.Value, text string) []change.Edit {
	if v.Style != 0 || v.Text() == "" || strings.Contains(v.Text(), "\n") {
		return nil
	}
	return []change.Edit{{Line: v.Line, Column: v.Column, Old: v.Text(), New: text}}
}

// stepEntry puts an entry into a step, behind what it uses or runs: its first key may share a line with its dash.
func stepEntry(s *workflow.Step, text string) []change.Edit {
	if s.Body.IsFlow() {
		return entry(s.Body, text)
	}
	key := s.Body.Key("uses")
	if key == nil || s.Uses.Line != key.Line {
		return nil
	}
	return []change.Edit{{Line: key.Line + 1, New: indented(key.Column, text)}}
}

// trigger adds an event in each of the forms of on.
func trigger(w *workflow.Workflow, event string) []change.Edit {
	if w.On.Text() != "" {
		return replaced(w.On, "["+w.On.Text()+", "+event+"]")
	}
	if items := w.On.Items(); len(items) > 0 {
		if w.On.IsFlow() {
			return []change.Edit{{Line: items[0].Line, Column: items[0].Column, New: event + ", "}}
		}
		lines := strings.Split(string(w.Text), "\n")
		line := []rune(lines[items[0].Line-1]) // with its dash
		return []change.Edit{{Line: items[0].Line, New: string(line[:items[0].Column-1]) + event}}
	}
	if w.On.IsFlow() {
		return entry(w.On, event+": {types: [checks_requested]}")
	}
	return entry(w.On, event+":")
}
