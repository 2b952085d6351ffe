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

// line is a line of a file, nil where there is none.
func line(w *workflow.Workflow, number int) []rune {
	lines := strings.Split(string(w.Text), "\n")
	if number < 1 || number > len(lines) {
		return nil
	}
	return []rune(lines[number-1])
}

// begins reports a value whose line has nothing but spaces before it.
func begins(w *workflow.Workflow, v *workflow.Value) bool {
	text := line(w, v.Line)
	return v.Column <= len(text) && strings.Trim(string(text[:v.Column-1]), " ") == ""
}

// entry puts a first entry into a map whose keys stand in braces, or each on its line; nothing where it can do neither.
func entry(w *workflow.Workflow, m *workflow.Value, text string) []change.Edit {
	for key := range m.Pairs() {
		switch {
		case m.IsFlow():
			return []change.Edit{{Line: key.Line, Column: key.Column, New: text + ", "}}
		case begins(w, key):
			return []change.Edit{{Line: key.Line, New: indented(key.Column, text)}}
		}
		break
	}
	return nil
}

// indented begins a line at a column.
func indented(column int, text string) string { return strings.Repeat(" ", column-1) + text }

// replaced puts another text in the place of a plain scalar of one line.
func replaced(w *workflow.Workflow, v *workflow.Value, text string) []change.Edit {
	old := []rune(v.Text())
	at, whole := v.Column-1, line(w, v.Line)
	if v.Style != 0 || len(old) == 0 || at+len(old) > len(whole) || string(whole[at:at+len(old)]) != v.Text() {
		return nil
	}
	return []change.Edit{{Line: v.Line, Column: v.Column, Old: v.Text(), New: text}}
}

// stepEntry puts an entry into a step, behind what it uses: its first key may share a line with its dash.
func stepEntry(s *workflow.Step, text string) []change.Edit {
	w := s.Job.Workflow
	if s.Body.IsFlow() {
		return entry(w, s.Body, text)
	}
	key := s.Body.Key("uses")
	if key == nil || replaced(w, s.Uses, text) == nil || s.Uses.Line != key.Line {
		return nil
	}
	return []change.Edit{{Line: key.Line + 1, New: indented(key.Column, text)}}
}

// isEvent reports a word that can be the name of an event.
func isEvent(word string) bool {
	return word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// trigger adds an event in each of the forms of on.
func trigger(w *workflow.Workflow, event string) []change.Edit {
	for _, t := range w.Triggers {
		if !isEvent(t.Name) {
			return nil
		}
	}
	items := w.On.Items()
	switch {
	case w.On.Text() != "":
		return replaced(w, w.On, "["+w.On.Text()+", "+event+"]")
	case len(items) == 0 && w.On.IsFlow():
		return entry(w, w.On, event+": {}")
	case len(items) == 0:
		return entry(w, w.On, event+":")
	case w.On.IsFlow():
		return []change.Edit{{Line: items[0].Line, Column: items[0].Column, New: event + ", "}}
	}
	dash := string(line(w, items[0].Line)[:items[0].Column-1])
	if strings.TrimSpace(dash) != "-" {
		return nil
	}
	return []change.Edit{{Line: items[0].Line, New: dash + event}}
}
