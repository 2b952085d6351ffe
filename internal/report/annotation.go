package report

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Level is how loudly an annotation speaks.
type Level string

// The levels, as check runs name them.
const (
	Failure Level = "failure"
	Warning Level = "warning"
)

// Annotation is a finding at the line of its rule, or of the value that was held against it.
type Annotation struct {
	Path    string // within the repository, with slashes
	Line    int
	Column  int
	Level   Level
	Title   string
	Message string // plain text; every surface escapes it in its own way
	OfValue bool   // the line is the value's, in a file that the run read and the commit may not have
}

// Annotations are the findings that block or warn, where the line of their rule or of their value is known; failures first, and
// rules before values, which say the same again. Findings of steps that are not enforced warn at most.
func Annotations(r finding.Result) []Annotation {
	var all []Annotation
	for _, step := range r.Steps {
		for _, f := range step.Findings() {
			if f.Outcome != finding.Pass {
				all = append(all, annotationsOf(step, f)...)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Annotation) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(rank(a), rank(b))) // failure < warning
	})
	return all
}

func rank(a Annotation) int {
	if a.OfValue {
		return 1
	}
	return 0
}

// annotationsOf are those of one finding, at the places that are known.
func annotationsOf(step finding.Step, f finding.Finding) []Annotation {
	said := Annotation{Level: Warning, Title: upTo(maxTitle, "Assay "+visible(step.Name)+": "+visible(f.Rule)), Message: messageOf(f.Message, f.Hint)}
	if step.Enforced && f.Blocks() {
		said.Level = Failure
	}
	var all []Annotation
	for i, pos := range []source.Pos{f.Pos, f.Measured} {
		if pos.IsKnown() && isWithin(pos.File) {
			said.Path, said.Line, said.Column, said.OfValue = path.Clean(pos.File), pos.Line, pos.Column, i == 1
			all = append(all, said)
		}
	}
	return all
}

// messageOf is what an annotation says: what was found, and what to do.
func messageOf(message, hint string) string {
	text := visible(message)
	if hint != "" {
		text += "; " + visible(hint)
	}
	return upTo(maxMessage, text)
}

// isWithin reports whether a path may lie in the repository, and is one that a reader can see.
func isWithin(file string) bool {
	clean := path.Clean(file)
	return file != "" && clean != "." && clean != ".." && !strings.HasPrefix(clean, "../") && !path.IsAbs(file) && visible(file) == file
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
