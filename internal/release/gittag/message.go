package gittag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/release/registry"
)

// maxMessage bounds a tag's message. A longer one is not written, and of one that somebody else wrote no more is read.
const maxMessage = 64 << 10 // bytes

// line is what a tag's message says in one line of JSON, its last one that begins like this: what GTO has no place for.
type line struct {
	Assay  int               `json:"assay"` // version of the format: 1
	By     string            `json:"by,omitempty"`
	Reason string            `json:"reason,omitempty"`
	Record *registry.Record  `json:"record,omitempty"`
	Notes  map[string]string `json:"notes,omitempty"`
	With   []string          `json:"with,omitempty"`  // the names of all tags of one write, where it has several
	Write  string            `json:"write,omitempty"` // the same for all tags of one write and for no other: no two writes make equal tags
}

const (
	lineVersion = 1
	lineStart   = `{"assay":`
)

// mark is what all tags of one write have in common.
type mark struct {
	id   string
	with []string
}

// formatMessage is the message of an event's tag: GTO's own sentence, and the line.
func formatMessage(model string, e registry.Event, w mark) (string, error) {
	var b bytes.Buffer
	b.WriteString(sentence(model, e) + "\n\n")
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line{lineVersion, e.By, e.Reason, e.Record, e.Notes, w.with, w.id}); err != nil {
		return "", err
	}
	if b.Len() > maxMessage {
		return "", fmt.Errorf("what is to be said of %s %s takes %d bytes, and a tag's message at most %d", model, e.Version, b.Len(), maxMessage)
	}
	return b.String(), nil
}

// sentence is what GTO 1.10.1 says of such an event (registry.py).
func sentence(model string, e registry.Event) string {
	switch e.Kind {
	case registry.Registered:
		return fmt.Sprintf("Registering artifact %s version %s", model, e.Version)
	case registry.Deregistered:
		return fmt.Sprintf("Deregistering artifact %s version %s", model, e.Version)
	case registry.Assigned:
		return fmt.Sprintf("Assigning stage %s to artifact %s version %s", e.Stage, model, e.Version)
	case registry.Unassigned:
		return fmt.Sprintf("Unassigning stage '%s' to artifact '%s' version '%s'", e.Stage, model, e.Version)
	case registry.Annotated:
		return fmt.Sprintf("Annotating artifact %s version %s", model, e.Version)
	}
	if e.Version != "" {
		return fmt.Sprintf("Deprecating artifact '%s' version '%s'", model, e.Version)
	}
	return fmt.Sprintf("Deprecating artifact '%s'", model)
}

// parseMessage reads the line of a message; ok is false where it has none that can be read.
func parseMessage(message string) (said line, ok bool) {
	for text := range strings.Lines(message) {
		if !strings.HasPrefix(text, lineStart) {
			continue
		}
		var candidate line
		if json.Unmarshal([]byte(text), &candidate) == nil && candidate.Assay == lineVersion {
			said, ok = candidate, true
		}
	}
	return said, ok
}

// plainReason is why somebody who wrote no line did it: their message, unless it is the sentence that GTO writes by itself.
func plainReason(model string, e registry.Event, message string) string {
	message = strings.TrimSpace(strings.ToValidUTF8(message, "\uFFFD"))
	if message == sentence(model, e) {
		return ""
	}
	return message
}
