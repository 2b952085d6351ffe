package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run"
)

// What a result may be. The largest honest one in the tests, with a contract and drift of 1,000 columns, has less than a tenth of each.
const (
	MaxFile   = 16 << 20  // bytes, as it is kept and as it is
	maxTokens = 1_000_000 // names, values and brackets
	maxDepth  = 32
	maxString = 64 << 10 // bytes
)

// Read decodes a result that a stranger may have written: JSON as Assay writes it and nothing else. Verdicts and findings in it do not count;
// they are derived again.
func Read(data []byte) (finding.Result, error) {
	if len(data) > MaxFile {
		return finding.Result{}, fmt.Errorf("the result has more than %d bytes", MaxFile)
	}
	if !utf8.Valid(data) {
		return finding.Result{}, errors.New("the result is not UTF-8")
	}
	if err := scan(data); err != nil {
		return finding.Result{}, err
	}
	result, err := finding.Decode(data, run.Decoders)
	if err != nil {
		return finding.Result{}, err
	}
	return result, checkNames(data, result)
}

// scan walks through the JSON once, without building anything of it.
func scan(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	s := scanner{decoder: decoder, left: maxTokens}
	if err := s.value(0); err != nil {
		return fmt.Errorf("the result is no JSON that Assay writes: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the result is no JSON that Assay writes: something follows it")
	}
	return nil
}

type scanner struct {
	decoder *json.Decoder
	left    int
}

// token is the next one, within the limits.
func (s *scanner) token() (json.Token, error) {
	token, err := s.decoder.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if s.left--; s.left < 0 {
		return nil, fmt.Errorf("it has more than %d parts", maxTokens)
	}
	if text, isText := token.(string); isText && len(text) > maxString {
		return nil, fmt.Errorf("a text in it has more than %d bytes", maxString)
	}
	return token, err
}

func (s *scanner) value(depth int) error {
	token, err := s.token()
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	switch token {
	case json.Delim('{'):
		return s.object(depth)
	case json.Delim('['):
		for s.decoder.More() {
			if err := s.value(depth + 1); err != nil {
				return err
			}
		}
		_, err = s.token()
	}
	return err
}

func (s *scanner) object(depth int) error {
	names := map[string]bool{}
	for s.decoder.More() {
		token, err := s.token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if names[name] {
			return fmt.Errorf("it has %.40q twice", name)
		}
		names[name] = true
		if err := s.value(depth + 1); err != nil {
			return err
		}
	}
	_, err := s.token()
	return err
}

// checkNames refuses a field that Assay would not have written. Go's decoder also takes names in another case.
func checkNames(data []byte, result finding.Result) error {
	again, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("the result cannot be written again: %w", err)
	}
	var given, known any
	if err := errors.Join(json.Unmarshal(data, &given), json.Unmarshal(again, &known)); err != nil {
		return err
	}
	if name := stranger(given, known); name != "" {
		return fmt.Errorf("the result has the field %.40q, which this version of Assay does not know", name)
	}
	return nil
}

// derived are the fields that other programs read and Assay derives again.
var derived = []string{"verdict", "red", "findings"}

// stranger is the name of a field that only the first tree has, "" where there is none.
func stranger(given, known any) string {
	switch given := given.(type) {
	case map[string]any:
		fields, _ := known.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(given)) {
			value, ok := fields[name]
			switch {
			case slices.Contains(derived, name) && ok:
				continue
			case !ok && !isZero(given[name]):
				return name
			}
			if found := stranger(given[name], value); found != "" {
				return found
			}
		}
	case []any:
		list, _ := known.([]any)
		for i := range min(len(given), len(list)) {
			if found := stranger(given[i], list[i]); found != "" {
				return found
			}
		}
	}
	return ""
}

// isZero reports a value that says as little as its absence.
func isZero(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case bool:
		return !value
	case float64:
		return value == 0
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}
