package report

import (
	"fmt"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
)

// ending is the end of a page of Markdown: where everything comes from, and what could not be done.
func ending(r finding.Result) string {
	parts := []string{"Base: " + base(r.Base), rules(r.Rules)}
	if r.Subject.HeadSHA != "" {
		parts = append(parts, "head "+code(short(r.Subject.HeadSHA)))
	}
	for _, link := range []struct{ text, to string }{{"report", r.Subject.ReportURL}, {"run", r.Subject.RunURL}} {
		if to := address(link.to); to != "" {
			parts = append(parts, linked(link.text, to))
		}
	}
	parts = append(parts, "Assay "+code(r.Tool)+", "+duration(r.Seconds))
	return fmt.Sprintf("\n---\n<sub>%s.</sub>\n", strings.Join(parts, " · ")) + notices(r.Notices)
}

// maxNotices bounds the notices that a page tells.
const maxNotices = 10

func notices(all []string) string {
	var b strings.Builder
	for i, notice := range all {
		if i == maxNotices {
			fmt.Fprintf(&b, "<br><sub>%s more are in the log.</sub>\n", counted(len(all)-i, "notice"))
			break
		}
		fmt.Fprintf(&b, "<br><sub>%s</sub>\n", prose(notice))
	}
	return b.String()
}

// rules says whose rules were applied.
func rules(r finding.Rules) string {
	if r.Source == "base" {
		return "the rules of this change and of the base " + code(short(r.Commit))
	}
	return "the rules were read from this change itself"
}

func base(b finding.Base) string {
	switch b.Source {
	case "file":
		return "file " + code(b.Path)
	case "commit":
		return fmt.Sprintf("%s as committed at %s", code(b.Path), code(short(b.Commit)))
	case "result":
		return fmt.Sprintf("the result stored with %s%s", code(short(b.Commit)), behind(b.Behind))
	case "champion":
		return "the champion, " + code(b.Path)
	case "none":
		return "none: " + prose(b.Why)
	}
	return "not asked for"
}

func behind(commits int) string {
	switch commits {
	case 0:
		return ""
	case 1:
		return ", one commit before the base"
	}
	return fmt.Sprintf(", %d commits before the base", commits)
}

// short is a commit as people write it.
func short(sha string) string { return sha[:min(len(sha), 12)] }
