package report

import "strings"

// maxTrouble is how many lines of an error a page shows.
const maxTrouble = 60

// Trouble is a page for a run that judged nothing: what went wrong, and what to do about it.
func Trouble(model, cause, remedy string) string {
	lines := strings.Split(strings.TrimSpace(cause), "\n")
	return "**Assay: could not judge** · " + code(model) + "\n\n" + fenced("text", lines[:min(len(lines), maxTrouble)]) + "\n\n" + prose(remedy) + "\n"
}
