package report

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// Level is how loudly an annotation speaks.
type Level string

// The levels, as check runs name them.
const (
	Failure Level = "failure"
	Warning Level = "warning"
)

// Annotation is a finding at the line of its rule.
type Annotation struct {
	Path    string // within the repository, with slashes
	Line    int
	Column  int
	Level   Level
	Title   string
	Message string // plain text; every surface escapes it in its own way
}

// Annotations are the findings that block or warn, where the line of their rule is known; failures first. Findings of steps
// that are not enforced warn at most.
func Annotations(r finding.Result) []Annotation {
	var all []Annotation
	for _, step := range r.Steps {
		for _, f := range step.Findings() {
			if f.Outcome == finding.Pass || !f.Pos.IsKnown() || !isWithin(f.Pos.File) {
				continue
			}
			a := Annotation{Path: path.Clean(f.Pos.File), Line: f.Pos.Line, Column: f.Pos.Column, Level: Warning,
				Title: upTo(maxTitle, "Assay "+visible(step.Name)+": "+visible(f.Rule)), Message: visible(f.Message)}
			if f.Hint != "" {
				a.Message += "; " + visible(f.Hint)
			}
			a.Message = upTo(maxMessage, a.Message)
			if step.Enforced && f.Blocks() {
				a.Level = Failure
			}
			all = append(all, a)
		}
	}
	slices.SortStableFunc(all, func(a, b Annotation) int { return cmp.Compare(a.Level, b.Level) }) // failure < warning
	return all
}

// isWithin reports whether a path may lie in the repository, and is one that a reader can see.
func isWithin(file string) bool {
	return file != "" && !path.IsAbs(file) && file != ".." && !strings.HasPrefix(path.Clean(file), "../") && visible(file) == file
}

// What an annotation may hold. A check run's may have a title of 255 characters and a message of 64 KB (GitHub's OpenAPI
// description); of one in the log the runner cuts the message at 4,096 characters.
const (
	maxTitle   = 255
	maxMessage = 4000
)

// upTo cuts a text that has more than limit bytes, between two characters.
func upTo(limit int, s string) string {
	const more = "…"
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len(more)], "") + more
}
