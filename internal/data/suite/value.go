package suite

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
)

// value is a JSON value that may be a score.
type value struct{ raw json.RawMessage }

// UnmarshalJSON keeps the text.
func (v *value) UnmarshalJSON(data []byte) error {
	v.raw = bytes.Clone(data)
	return nil
}

func (v value) isNull() bool { return len(v.raw) == 0 || v.raw[0] == 'n' }

// number is the value as a number: true is 1 and false is 0.
func (v value) number() (float64, bool) {
	if v.isNull() {
		return 0, false
	}
	switch v.raw[0] {
	case 't':
		return 1, true
	case 'f':
		return 0, true
	case '"':
		return notFinite[v.text()], notFinite[v.text()] != 0
	case '{', '[':
		return 0, false
	}
	number, err := strconv.ParseFloat(string(v.raw), 64)
	return number, err == nil || math.IsInf(number, 0)
}

// text is a string or a number as it is written, "" for what is neither: a value that names or groups.
func (v value) text() string {
	if v.isNull() || v.raw[0] == '{' || v.raw[0] == '[' {
		return ""
	}
	if v.raw[0] != '"' {
		return string(v.raw)
	}
	var text string
	if json.Unmarshal(v.raw, &text) != nil {
		return ""
	}
	return text
}

// what the value is, in the plural.
func (v value) what() string {
	switch v.raw[0] {
	case '{':
		return "objects"
	case '[':
		return "lists"
	}
	return "texts"
}

// mark begins the strings that stand for bare words: a bell is not allowed in JSON strings but as an escape.
const mark = "\a"

// notFinite are the words that Python's json module writes for numbers that JSON cannot hold.
var notFinite = map[string]float64{mark + "NaN": math.NaN(), mark + "Infinity": math.Inf(1), mark + "-Infinity": math.Inf(-1)}

// words puts the bare words of notFinite into marked quotes while they are read.
type words struct {
	in        *bufio.Reader
	pending   []byte
	isString  bool
	isEscaped bool
}

func newWords(in io.Reader) io.Reader { return &words{in: bufio.NewReaderSize(in, 1<<16)} }

// Read reads a part of the text.
func (w *words) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(w.pending) > 0 {
			copied := copy(p[n:], w.pending)
			n, w.pending = n+copied, w.pending[copied:]
			continue
		}
		b, err := w.in.ReadByte()
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
		if p[n] = b; !w.isString && (b == 'N' || b == 'I' || b == '-') && w.take(b) {
			continue
		}
		n++
		w.follow(b)
	}
	return n, nil
}

// follow keeps track of strings.
func (w *words) follow(b byte) {
	switch {
	case w.isEscaped:
		w.isEscaped = false
	case w.isString && b == '\\':
		w.isEscaped = true
	case b == '"':
		w.isString = !w.isString
	}
}

// take replaces the word that begins with a byte, if one does.
func (w *words) take(first byte) bool {
	for marked := range notFinite {
		word := marked[len(mark):]
		if word[0] != first {
			continue
		}
		if rest, _ := w.in.Peek(len(word) - 1); string(rest) == word[1:] {
			_, _ = w.in.Discard(len(word) - 1) // what was peeked is there
			w.pending = append(w.pending[:0], `"\u0007`+word+`"`...)
			return true
		}
	}
	return false
}
