package diagnose

import (
	"regexp"
	"slices"
	"strings"
)

// codeOwners is a CODEOWNERS file. GitHub reads the first of its three places, and of it the last pattern that fits.
type codeOwners struct {
	file    string // "": there is none
	entries []ownersEntry
	lines   int
}

type ownersEntry struct {
	pattern string
	owners  []string // none: nobody owns what fits
	line    int
}

var ownersPlaces = []string{".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"}

func (e *examination) owners() codeOwners {
	for _, place := range ownersPlaces {
		if text, err := e.Read(place); err == nil && e.has(place) {
			return parseOwners(place, string(text))
		}
	}
	return codeOwners{}
}

func parseOwners(file, text string) codeOwners {
	c := codeOwners{file: file}
	for line := range strings.Lines(text) {
		c.lines++
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 {
			c.entries = append(c.entries, ownersEntry{words[0], words[1:], c.lines})
		}
	}
	return c
}

// of is the entry whose owners own a file, nil where nobody does.
func (c codeOwners) of(name string) *ownersEntry {
	for _, entry := range slices.Backward(c.entries) {
		if pattern := ownersPattern(entry.pattern); pattern.MatchString(name) {
			if len(entry.owners) == 0 {
				return nil
			}
			return &entry
		}
	}
	return nil
}

// place is where an entry would stand.
func (c codeOwners) place() string {
	if c.file == "" {
		return ownersPlaces[0]
	}
	return c.file
}

// ownersPattern reads a pattern as GitHub does: as .gitignore's, without ! and [ ]. One without a slash but at its end fits at
// any depth; one for a folder fits all below it; /* at the end fits what lies in the folder itself.
func ownersPattern(pattern string) *regexp.Regexp {
	isAnchored := strings.Contains(strings.TrimSuffix(pattern, "/"), "/")
	isFolder := strings.HasSuffix(pattern, "/")
	var b strings.Builder
	b.WriteString("^")
	if !isAnchored {
		b.WriteString("(?:.*/)?")
	}
	body := strings.Trim(pattern, "/")
	for body != "" {
		switch {
		case strings.HasPrefix(body, "**/"):
			b.WriteString("(?:.*/)?")
			body = body[3:]
		case strings.HasPrefix(body, "**"):
			b.WriteString(".*")
			body = body[2:]
		case body[0] == '*':
			b.WriteString("[^/]*")
			body = body[1:]
		case body[0] == '?':
			b.WriteString("[^/]")
			body = body[1:]
		default:
			end := strings.IndexAny(body, "*?")
			if end < 0 {
				end = len(body)
			}
			b.WriteString(regexp.QuoteMeta(body[:end]))
			body = body[end:]
		}
	}
	switch {
	case isFolder:
		b.WriteString("/.*")
	case !strings.HasSuffix(pattern, "/*"):
		b.WriteString("(?:/.*)?")
	}
	return regexp.MustCompile(b.String() + "$")
}
