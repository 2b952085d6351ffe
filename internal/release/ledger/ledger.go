// Package ledger writes events as small texts under keys, for registries that can keep nothing larger: the tags of MLflow,
// the properties of SageMaker. It knows neither.
package ledger

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Form is what a registry can keep.
type Form struct {
	Limit  int  // characters of a text
	Packed bool // its texts hold letters, digits, '-' and '_' alone: they are compressed and hard to read
}

// maxEvents bounds what is unpacked of one text.
const maxEvents = 4 << 20 // bytes

// Write cuts events into texts. Their keys are the prefix, the page and the number of pages, as in "log.2-3".
func (f Form) Write(prefix string, events []registry.Event) (map[string]string, error) {
	text, err := f.encode(events)
	if err != nil {
		return nil, err
	}
	pages := (len(text) + f.Limit - 1) / f.Limit
	texts := make(map[string]string, pages)
	for page := range pages {
		texts[fmt.Sprintf("%s%d-%d", prefix, page+1, pages)] = text[page*f.Limit : min(len(text), (page+1)*f.Limit)]
	}
	return texts, nil
}

// Read puts the events of a prefix together. Where a page is missing there are none: who wrote them was stopped before the end.
func (f Form) Read(prefix string, texts map[string]string) ([]registry.Event, error) {
	var text strings.Builder
	pages := 1
	for page := 1; page <= pages; page++ {
		found := false
		for key, part := range texts {
			if number, of, ok := pageOf(prefix, key); ok && number == page {
				text.WriteString(part)
				pages, found = of, true
			}
		}
		if !found {
			return nil, nil
		}
	}
	events, err := f.decode(text.String())
	if err != nil {
		return nil, fmt.Errorf("%s*: %w", prefix, err)
	}
	return events, nil
}

// pageOf reads a key of a page.
func pageOf(prefix, key string) (page, pages int, ok bool) {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return 0, 0, false
	}
	left, right, _ := strings.Cut(rest, "-")
	page, err := strconv.Atoi(left)
	if err != nil {
		return 0, 0, false
	}
	pages, err = strconv.Atoi(right)
	return page, pages, err == nil && 1 <= page && page <= pages
}

func (f Form) encode(events []registry.Event) (string, error) {
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(events); err != nil {
		return "", err
	}
	text := ascii(strings.TrimSuffix(plain.String(), "\n"))
	if !f.Packed {
		return text, nil
	}
	var packed bytes.Buffer
	writer, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(writer, text); err != nil {
		return "", err
	}
	if err := writer.Close(); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(packed.Bytes()), nil
}

func (f Form) decode(text string) ([]registry.Event, error) {
	data := []byte(text)
	if f.Packed {
		packed, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			return nil, err
		}
		data, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxEvents))
		if err != nil {
			return nil, err
		}
	}
	var events []registry.Event
	if err := json.Unmarshal(data, &events); err != nil {
		return nil, err
	}
	return events, nil
}

// ascii escapes what is not ASCII in a JSON text: a character is then a byte, wherever it is cut and whatever the database takes.
func ascii(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch high, low := utf16.EncodeRune(r); {
		case r < 0x7f:
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
