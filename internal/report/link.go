package report

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// address is a web address as it may stand in a Markdown link, "" for what is none.
func address(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	// What ends a link or a table's cell, and what is no plain character, is written by its number.
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		if c <= ' ' || c > '~' || strings.IndexByte("()<>[]|\\`\"'", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

var (
	repositoryName = regexp.MustCompile(`^[\w.-]+/[\w.-]+$`)
	commitName     = regexp.MustCompile(`^[0-9a-f]{40}(?:[0-9a-f]{24})?$`)
)

// permalink is the address of a line of the head, "" where nobody can see it.
func permalink(s finding.Subject, pos source.Pos) string {
	if !pos.IsKnown() || !isWithin(pos.File) || !repositoryName.MatchString(s.Repository) || !commitName.MatchString(s.HeadSHA) {
		return ""
	}
	server := address(s.ServerURL)
	if server == "" {
		return ""
	}
	file := (&url.URL{Path: path.Clean(pos.File)}).EscapedPath()
	return address(fmt.Sprintf("%s/%s/blob/%s/%s#L%d", strings.TrimSuffix(server, "/"), s.Repository, s.HeadSHA, file, pos.Line))
}

// linked is a text of Markdown as a link, or alone where there is no address.
func linked(markdown, to string) string {
	if to == "" {
		return markdown
	}
	return "[" + markdown + "](" + to + ")"
}
