// Package source says where in a file something stands, and shows it: positions as file:line:column, problems with
// their remedy, and the line with a caret below the place. It knows nothing of what the files mean.
package source

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a text file. Line and Column count from 1, Column in characters; 0 means unknown.
type Pos struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// IsKnown reports whether p names at least a line of a file.
func (p Pos) IsKnown() bool { return p.File != "" && p.Line > 0 }

// String is file:line:column, as editors and terminals make it clickable; unknown parts are left out.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// Problem is one thing that is wrong at one place, with what to do about it.
type Problem struct {
	Pos     Pos
	Message string
	Hint    string // the remedy; may be empty
	Line    string // the text of the line at Pos; may be empty
}

// maxSnippet bounds the characters of a line that a snippet shows: a hostile file may be one line of megabytes.
const maxSnippet = 160

// Snippet is the line of the problem with a caret under its column, or "" where the line is not known.
func (p Problem) Snippet() string {
	if p.Line == "" || p.Pos.Column < 1 {
		return ""
	}
	line := []rune(WithoutSecrets(strings.ToValidUTF8(p.Line, "\uFFFD")))
	at := min(p.Pos.Column-1, len(line))
	from := max(0, at-maxSnippet/2)
	shown := line[from:min(len(line), from+maxSnippet)]
	number := fmt.Sprintf("%5d | ", p.Pos.Line)
	pad := strings.Repeat(" ", utf8.RuneCountInString(number)-2) + "| " + blank(shown[:at-from])
	return number + printable(shown) + "\n" + pad + "^"
}

// secrets are the parts of web addresses that may hold a password or a signature: user and password, and the query.
var secrets = regexp.MustCompile(`(?i)https?://(?:[^\s/'"@?]*@)?[^\s'"?]*(?:\?[^\s'"]*)?`)

// WithoutSecrets covers, in any text, what web addresses hold of passwords and queries with stars, one for each character, so that the caret stays under its column.
func WithoutSecrets(line string) string {
	return secrets.ReplaceAllStringFunc(line, func(address string) string {
		scheme := strings.Index(address, "//") + 2
		shown, query, hasQuery := strings.Cut(address[scheme:], "?")
		if user, host, found := strings.Cut(shown, "@"); found && !strings.Contains(user, "/") {
			shown = stars(user) + "@" + host
		}
		if hasQuery {
			shown += "?" + stars(query)
		}
		return address[:scheme] + shown
	})
}

func stars(text string) string { return strings.Repeat("*", utf8.RuneCountInString(text)) }

// blank keeps tabs, so that the caret stands under its column whatever the width of a tab is.
func blank(line []rune) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(line))
}

// printable keeps a hostile line from moving the cursor of a terminal.
func printable(line []rune) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '\uFFFD'
		}
		return r
	}, string(line))
}

// String is the problem as a person reads it: place, message, snippet, remedy.
func (p Problem) String() string {
	var b strings.Builder
	if p.Pos.File != "" {
		fmt.Fprintf(&b, "%s: ", p.Pos)
	}
	b.WriteString(p.Message)
	if snippet := p.Snippet(); snippet != "" {
		b.WriteString("\n" + snippet)
	}
	if p.Hint != "" {
		b.WriteString("\n        " + p.Hint)
	}
	return b.String()
}

// Problems is every problem of some files at once; as an error it is exit code 2, the user's to mend.
type Problems []Problem

// Error lists all problems by place.
func (ps Problems) Error() string {
	sorted := slices.Clone(ps)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	lines := make([]string, len(sorted))
	for i, p := range sorted {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// OrNil is ps as an error, or nil where there is no problem: an empty Problems in an error interface is not nil.
func (ps Problems) OrNil() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// WithLines are the problems with the text of their lines, where they lack it and read can give the file.
func (ps Problems) WithLines(read func(file string) ([]byte, error)) Problems {
	shown := slices.Clone(ps)
	for i, p := range shown {
		if p.Line != "" || !p.Pos.IsKnown() {
			continue
		}
		if data, err := read(p.Pos.File); err == nil {
			if lines := strings.Split(string(data), "\n"); p.Pos.Line <= len(lines) {
				shown[i].Line = strings.TrimSuffix(lines[p.Pos.Line-1], "\r")
			}
		}
	}
	return shown
}

// IsUserError reports whether err, or one that it wraps, lies in the user's files or flags.
func IsUserError(err error) bool {
	var problems Problems
	return errors.As(err, &problems)
}

// Errorf is a single problem without a place (a flag, a path): the user's to mend.
func Errorf(hint, format string, args ...any) error {
	return Problems{{Message: fmt.Sprintf(format, args...), Hint: hint}}
}
