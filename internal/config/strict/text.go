package strict

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/source"
)

// lineEnd has all line breaks that YAML 1.1 knows, so that lines count as its parser counts them.
var lineEnd = regexp.MustCompile("\r\n|[\n\r\u0085\u2028\u2029]")

var byteOrderMark = []byte("\uFEFF")

// readText bounds the file, makes sure that it is text, and splits its lines. A byte order mark at the start, which
// some editors write, is dropped.
func (d *Document) readText(data []byte) ([]byte, bool) {
	if len(data) > MaxSize {
		d.problemAt(source.Pos{File: d.file}, fmt.Sprintf("the file is larger than %d KiB", MaxSize>>10), "keep data out of it")
		return nil, false
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	bad, message, hint := notText(data)
	if bad < 0 {
		d.lines = lineEnd.Split(string(data), -1)
		return data, true
	}
	d.lines = lineEnd.Split(strings.ToValidUTF8(string(data), "\uFFFD"), -1)
	before := lineEnd.Split(string(data[:bad]), -1)
	last := before[len(before)-1]
	d.problemAt(source.Pos{File: d.file, Line: len(before), Column: utf8.RuneCountInString(last) + 1}, message, hint)
	return nil, false
}

// notText finds the first byte that cannot stand in a YAML file; -1 where there is none.
func notText(data []byte) (at int, message, hint string) {
	if bytes.HasPrefix(data, []byte{0xFF, 0xFE}) || bytes.HasPrefix(data, []byte{0xFE, 0xFF}) {
		return 0, "the file is UTF-16", "save it as UTF-8"
	}
	for at := 0; at < len(data); {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at, fmt.Sprintf("byte 0x%02X is not UTF-8", data[at]), "save the file as UTF-8"
		}
		if isControl(r) {
			return at, fmt.Sprintf("control character U+%04X", r), `remove it, or write it as \u in double quotes`
		}
		at += size
	}
	return -1, "", ""
}

// isControl reports the characters that YAML does not allow to stand for themselves, and those that turn the direction
// of a line, so that it would read otherwise than it works.
func isControl(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r' || r == 0x85:
		return false
	case r < 0x20 || r >= 0x7F && r < 0xA0 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF:
		return true
	default:
		return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
	}
}
