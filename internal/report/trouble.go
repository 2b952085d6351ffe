package report

import (
	"fmt"
	"path"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

// maxTrouble is how many lines of an error a page shows.
const maxTrouble = 60

// Trouble is a page for a run that judged nothing: what went wrong, and what to do about it.
func Trouble(model, cause, remedy string) string {
	lines := strings.Split(strings.TrimSpace(cause), "\n")
	if left := len(lines) - maxTrouble; left > 0 {
		lines = append(lines[:maxTrouble:maxTrouble], fmt.Sprintf("… and %s, in the log of the job", counted(left, "more line")))
	}
	return "**Assay: could not judge** · " + code(model) + "\n\n" + fenced("text", lines) + "\n\n" + prose(remedy) + "\n"
}

// Complaints are the problems of the user's files, at the lines that are known.
func Complaints(problems source.Problems) []Annotation {
	var all []Annotation
	for _, p := range problems {
		if p.Pos.IsKnown() && isWithin(p.Pos.File) {
			all = append(all, Annotation{Path: path.Clean(p.Pos.File), Line: p.Pos.Line, Column: p.Pos.Column, Level: Failure, Title: "Assay", Message: messageOf(p.Message, p.Hint)})
		}
	}
	return all
}
