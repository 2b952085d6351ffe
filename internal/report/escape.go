package report

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxString bounds the characters of one string from outside on any surface, maxParagraph those of a paragraph that a step made of
// several.
const (
	maxString    = 300
	maxParagraph = 1500
)

// maxMarks bounds the marks on one letter: no script needs more, and a pile of them covers the lines around.
const maxMarks = 2

// blanks are letters and symbols that print nothing: two names that differ in them look alike.
var blanks = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1}, {Lo: 0x17b4, Hi: 0x17b5, Stride: 1},
	{Lo: 0x180b, Hi: 0x180f, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}}}

// visible makes a hostile string harmless to look at: invalid UTF-8, control, zero-width and bidirectional characters become
// visible escapes, and what is too long is cut. It is the first half of every surface's escape. Since every surface may end
// in a log of Actions, the old form of its commands, which the runner obeys anywhere in a line (##[error]), is broken too.
func visible(s string) string { return visibleUpTo(maxString, s) }

// paragraph is visible for the text of a line or a note.
func paragraph(s string) string { return visibleUpTo(maxParagraph, s) }

func visibleUpTo(limit int, s string) string {
	var b strings.Builder
	n, marks, hashes := 0, 0, 0
	for _, r := range s {
		isCommand := hashes >= 2 && r == '['
		if hashes++; r != '#' {
			hashes = 0
		}
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if n++; n > limit {
			b.WriteString("…")
			break
		}
		switch {
		case r == utf8.RuneError:
			b.WriteString("\uFFFD")
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r) && marks <= maxMarks && !isCommand && !unicode.Is(blanks, r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// code is a string as a Markdown code span, the one place where GitHub neither parses nor links anything: no mentions, issue
// references, addresses, images or HTML. A bar would end a table's cell even there, so it is written as an escape.
func code(s string) string {
	s = strings.ReplaceAll(visible(s), "|", `\x7c`)
	if strings.TrimSpace(s) == "" {
		s = fmt.Sprintf("%q", s)
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		s = " " + s + " "
	}
	return fence + s + fence
}

// plainWord is a word that no Markdown dialect gives a meaning to; everything else goes into a code span.
var plainWord = regexp.MustCompile(`^[("]?(?:\p{L}+(?:['-]\p{L}+)*|\p{L}[0-9]|[+−-]?[0-9]+(?:[.,][0-9]+)*(?:e[+-]?[0-9]+)?%?|[≤≥=–—·…%&/])["]?[.,;:)]{0,2}$`)

// linkLike is what GitHub would link although it is a plain word: a commit or a security advisory.
var linkLike = regexp.MustCompile(`^\W*(?:[0-9a-f]{7,}|(?i:ghsa-.*))\W*$`)

// listLike would begin a list where it begins a line.
var listLike = regexp.MustCompile(`^[0-9]+[.)]$`)

// prose is a sentence that may hold strings from outside: plain words and numbers stand as they are, every other word becomes
// a code span.
func prose(s string) string { return proseOf(visible(s)) }

func proseOf(s string) string { return wordwise(s, codeWord) }

// wordwise gives every word that is not plain to mark.
func wordwise(s string, mark func(string) string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return mark(s)
	}
	for i, word := range words {
		if !plainWord.MatchString(word) || linkLike.MatchString(word) || i == 0 && listLike.MatchString(word) {
			words[i] = mark(word)
		}
	}
	return strings.Join(words, " ")
}

// tagged is prose for an element of HTML on a page of Markdown, where backquotes mean nothing.
func tagged(s string) string {
	return wordwise(visible(s), func(word string) string { return "<code>" + html.EscapeString(word) + "</code>" })
}

// codeWord keeps the punctuation that ends a word, and brackets around it, out of its code span.
func codeWord(word string) string {
	inner := strings.TrimRight(word, ",;:.)")
	tail := word[len(inner):]
	head := ""
	if rest, ok := strings.CutPrefix(inner, "("); ok {
		head, inner = "(", rest
	}
	if inner == "" {
		return code(word)
	}
	return head + code(inner) + tail
}

// fenced is text in a Markdown code block, with a fence longer than any within.
func fenced(language string, lines []string) string {
	fence := "```"
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = visible(line)
		for strings.Contains(shown[i], fence) {
			fence += "`"
		}
	}
	return fence + language + "\n" + strings.Join(append(shown, fence), "\n")
}

// lettered is a text with nothing but letters, digits and a little punctuation.
func lettered(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == ',' || r == '.' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, visible(s))
}

// Plain is a string from outside as a terminal and a log may show it.
func Plain(s string) string { return logLine(visible(s)) }

// logLine keeps a line from being a workflow command: the runner obeys a line that begins with two colons after any space.
func logLine(line string) string {
	if rest := strings.TrimSpace(line); strings.HasPrefix(rest, "::") {
		return line[:strings.Index(line, "::")] + `\` + rest
	}
	return line
}
