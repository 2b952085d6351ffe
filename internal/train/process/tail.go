package process

import (
	"bytes"
	"io"
	"strings"
)

// What is kept of a command's output.
const (
	MaxLines = 50
	MaxLine  = 400 // bytes
)

// Tail passes output on and keeps its last lines.
type Tail struct {
	lines   []string
	partial []byte
	to      io.Writer // nil: nowhere
}

// NewTail passes on to a writer.
func NewTail(to io.Writer) *Tail { return &Tail{to: to} }

// Write never fails: a log that is gone is no reason to end a training.
func (t *Tail) Write(p []byte) (int, error) {
	if t.to != nil {
		if _, err := t.to.Write(p); err != nil {
			t.to = nil
		}
	}
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		t.partial = append(t.partial, line[:min(len(line), max(0, MaxLine-len(t.partial)))]...)
		if ended {
			t.end()
		}
		rest = after
	}
	return len(p), nil
}

func (t *Tail) end() {
	t.lines = append(t.lines, strings.ToValidUTF8(strings.TrimSuffix(string(t.partial), "\r"), "\uFFFD"))
	t.lines = t.lines[max(0, len(t.lines)-MaxLines):]
	t.partial = t.partial[:0]
}

// Last are the last lines, with the one that did not end.
func (t *Tail) Last() []string {
	if len(t.partial) > 0 {
		t.end()
	}
	return t.lines
}
