package smoke

import (
	"bytes"
	"strings"
)

// What is kept of a command's output.
const (
	maxLines = 50
	maxLine  = 400 // bytes
)

// tail passes output on and keeps its last lines.
type tail struct {
	lines   []string
	partial []byte
	write   func([]byte) (int, error) // where the output goes
}

// take never fails: a log that is gone is no reason to end a training.
func (t *tail) take(p []byte) {
	if t.write != nil {
		if _, err := t.write(p); err != nil {
			t.write = nil
		}
	}
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		t.partial = append(t.partial, line[:min(len(line), max(0, maxLine-len(t.partial)))]...)
		if ended {
			t.end()
		}
		rest = after
	}
}

func (t *tail) end() {
	t.lines = append(t.lines, strings.ToValidUTF8(strings.TrimSuffix(string(t.partial), "\r"), "\uFFFD"))
	t.lines = t.lines[max(0, len(t.lines)-maxLines):]
	t.partial = t.partial[:0]
}

// last are the last lines, with the one that did not end.
func (t *tail) last() []string {
	if len(t.partial) > 0 {
		t.end()
	}
	return t.lines
}
