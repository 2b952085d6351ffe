package suite

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The bounds of what is read: one item, and all files of a run, unpacked.
const (
	maxItem = 64 << 20
	maxRun  = 2 << 30
)

var errTooLarge = errors.New("larger than what is read")

// budget is a reader that fails where one item takes more than it may, or all of a run. It reads ahead of the item by a buffer.
type budget struct {
	in   io.Reader
	item int64 // what is left for it
	run  *int64
}

// Read reads a part, if the budget allows for it.
func (b *budget) Read(p []byte) (int, error) {
	if b.item <= 0 || *b.run <= 0 {
		return 0, errTooLarge
	}
	n, err := b.in.Read(p[:min(int64(len(p)), b.item, *b.run)])
	b.item, *b.run = b.item-int64(n), *b.run-int64(n)
	return n, err
}

// stream walks through a JSON text that does not fit into memory as a whole.
type stream struct {
	*json.Decoder
	budget *budget
}

// newStream reads from in; left is what is left of the run's budget.
func newStream(in io.Reader, left *int64) *stream {
	b := &budget{in: in, item: maxItem, run: left}
	return &stream{Decoder: json.NewDecoder(newWords(b)), budget: b}
}

// take decodes the next value, which may be as large as one item.
func (s *stream) take(into any) error {
	s.budget.item = maxItem
	return s.Decode(into)
}

// skip passes over the next value.
func (s *stream) skip() error { return s.take(new(json.RawMessage)) }

// members calls do for each member of the object that comes next; do takes or skips its value.
func (s *stream) members(do func(key string) error) error {
	return s.inside('{', func() error {
		token, err := s.Token()
		key, isKey := token.(string)
		if err != nil || !isKey {
			return cmp.Or(err, errNoKey)
		}
		return do(key)
	})
}

var errNoKey = errors.New("no key where one is expected")

// elements calls do for each element of the list that comes next.
func (s *stream) elements(do func() error) error {
	return s.inside('[', do)
}

// inside walks through an object or a list. null is an empty one.
func (s *stream) inside(opening json.Delim, do func() error) error {
	s.budget.item = maxItem
	first, err := s.Token()
	if err != nil || first == nil {
		return err
	}
	if first != opening {
		return fmt.Errorf("no %c where one is expected, at byte %d", rune(opening), s.InputOffset())
	}
	for s.More() {
		if err := do(); err != nil {
			return err
		}
	}
	_, err = s.Token()
	return err
}

// describe says where a JSON text is wrong.
func (s *stream) describe(file string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s ends early, at byte %d", file, s.InputOffset())
	}
	return fmt.Errorf("%s: at byte %d: %w", file, s.InputOffset(), err)
}

// lines calls do for each line of a JSON lines text that is not blank. Lines that are no JSON are counted, and the first is named.
func lines(file string, in io.Reader, left *int64, do func(line []byte) error) error {
	scanner := bufio.NewScanner(newWords(&budget{in: in, item: maxRun, run: left}))
	scanner.Buffer(make([]byte, 1<<16), maxItem)
	number, wrong, first := 0, 0, error(nil)
	for scanner.Scan() {
		number++
		if strings.TrimSpace(scanner.Text()) == "" {
			continue
		}
		if err := do(scanner.Bytes()); err != nil {
			if wrong++; first == nil {
				first = fmt.Errorf("%s:%d: %w", file, number, err)
			}
		}
	}
	switch err := scanner.Err(); {
	case err != nil:
		return fmt.Errorf("%s:%d: %w", file, number+1, err)
	case wrong > 1:
		return fmt.Errorf("%d lines cannot be read, the first is %w", wrong, first)
	}
	return first
}
