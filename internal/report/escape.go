package report

import (
	"fmt"
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

// visible makes a hostile string harmless to look at: invalid UTF-8, control, zero-width and bidirectional characters become
// visible escapes, and what is too long is cut. It is the first half of every surface's escape.
func visible(s string) string { return visibleUpTo(maxString, s) }

// paragraph is visible for the text of a line or a note.
func paragraph(s string) string { return visibleUpTo(maxParagraph, s) }

func visibleUpTo(limit int, s string) string {
	var b strings.Builder
	n, marks := 0, 0
	for _, r := range s {
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
		case unicode.IsPrint(r) && marks <= maxMarks:
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
var plainWord = regexp.MustCompile(`^[("]?(?:\p{L}+|[+−-]?[0-9]+(?:[.,][0-9]+)*(?:e[+-]?[0-9]+)?%?|[≤≥=–—·…%&/])["]?[.,;:)]{0,2}$`)

// commitLike is what GitHub would link as a commit.
var commitLike = regexp.MustCompile(`^\W*[0-9a-f]{7,}\W*$`)

// listLike would begin a list where it begins a line.
var listLike = regexp.MustCompile(`^[0-9]+[.)]$`)

// prose is a sentence that may hold strings from outside: plain words and numbers stand as they are, every other word becomes
// a code span.
func prose(s string) string { return proseOf(visible(s)) }

func proseOf(s string) string {
	words := strings.Fields(s)
	if len(words) == 0 {
		return code(s)
	}
	for i, word := range words {
		if !plainWord.MatchString(word) || commitLike.MatchString(word) || i == 0 && listLike.MatchString(word) {
			words[i] = codeWord(word)
		}
	}
	return strings.Join(words, " ")
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
func fenced(lines []string) string {
	fence := "```"
	for _, line := range lines {
		for strings.Contains(line, fence) {
			fence += "`"
		}
	}
	var b strings.Builder
	b.WriteString(fence + "text\n")
	for _, line := range lines {
		b.WriteString(visible(line) + "\n")
	}
	b.WriteString(fence)
	return b.String()
}
