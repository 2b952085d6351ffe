package metric

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"

	"github.com/assay-ml/assay/internal/source"
)

// notFinite are the words that Python's json module writes for numbers that JSON cannot hold, and their values.
var notFinite = []struct {
	word  string
	value float64
}{{"-Infinity", math.Inf(-1)}, {"Infinity", math.Inf(1)}, {"NaN", math.NaN()}}

// quotedWord marks a bare word that was put in quotes so that encoding/json reads on; no metrics file holds it, since
// a bell is not allowed in JSON strings but as an escape.
const (
	quotedWord = "\a"
	openWord   = `"\u0007`
	closeWord  = `"`
)

func parseJSON(data []byte, into *Set) error {
	decoder := newJSONReader(data)
	decoder.UseNumber()
	first, err := decoder.Token()
	if err != nil {
		return describe(err, data)
	}
	if first != json.Delim('{') {
		return errors.New("the top level is no object of names and values")
	}
	if err := flattenJSON("", decoder, 0, into); err != nil {
		return describe(err, data)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the end of the object")
	}
	return nil
}

// jsonReader is a decoder that knows where in the file it stands.
type jsonReader struct {
	*json.Decoder
	quoted  []byte // what it reads
	words   []int  // where in that quotes were put in
	locator locator
}

func newJSONReader(data []byte) *jsonReader {
	quoted, words := quoteWords(data)
	return &jsonReader{json.NewDecoder(bytes.NewReader(quoted)), quoted, words, newLocator(data)}
}

// place is that of the value that comes next, after its name.
func (r *jsonReader) place() source.Pos {
	start := int(r.InputOffset())
	for start < len(r.quoted) && bytes.IndexByte([]byte(": \t\r\n"), r.quoted[start]) >= 0 {
		start++
	}
	before := sort.SearchInts(r.words, start)
	return r.locator.at(start - before*(len(openWord)+len(closeWord)))
}

// quoteWords puts NaN and the infinities outside of strings into marked quotes, and tells where in the new text they begin.
func quoteWords(data []byte) (out []byte, words []int) {
	for i := 0; i < len(data); {
		if data[i] == '"' {
			end := stringEnd(data, i)
			out = append(out, data[i:end]...)
			i = end
			continue
		}
		if word := wordAt(data[i:]); word != "" {
			words = append(words, len(out))
			out = append(out, openWord+word+closeWord...)
			i += len(word)
			continue
		}
		out = append(out, data[i])
		i++
	}
	return out, words
}

// stringEnd is the index after the JSON string that starts at i, or the end of data.
func stringEnd(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

func wordAt(data []byte) string {
	for _, w := range notFinite {
		if bytes.HasPrefix(data, []byte(w.word)) {
			return w.word
		}
	}
	return ""
}

// flattenJSON reads the members of an object whose opening brace is read, to its closing brace.
func flattenJSON(prefix string, decoder *jsonReader, depth int, into *Set) error {
	if depth > maxDepth {
		return fmt.Errorf("nested more than %d deep", maxDepth)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return err
		}
		if err := addJSON(join(prefix, key.(string)), decoder, depth, into); err != nil {
			return err
		}
	}
	_, err := decoder.Token()
	return err
}

func addJSON(name string, decoder *jsonReader, depth int, into *Set) error {
	place := decoder.place()
	value, err := decoder.Token()
	if err != nil {
		return err
	}
	switch v := value.(type) {
	case json.Delim:
		if v == '{' {
			return flattenJSON(name, decoder, depth+1, into)
		}
		into.ignore(name, place)
		return skipList(decoder)
	case json.Number:
		f, err := strconv.ParseFloat(v.String(), 64)
		if err != nil && !math.IsInf(f, 0) {
			return err
		}
		return into.add(name, f, place)
	case string:
		for _, w := range notFinite {
			if v == quotedWord+w.word {
				return into.add(name, w.value, place)
			}
		}
	}
	into.ignore(name, place)
	return nil
}

func skipList(decoder *jsonReader) error {
	for depth := 1; depth > 0; {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	return nil
}

// describe turns the decoder's end of input into words.
func describe(err error, data []byte) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the object does not end; it was cut off after line %d", bytes.Count(data, []byte("\n"))+1)
	}
	return err
}
