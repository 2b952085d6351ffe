package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// malformed turns what the engine said while it read a file into a *MalformedError with the place. The engine's own count
// of lines takes empty lines and line ends within quotes differently from what an editor shows, and of several bad rows it
// reports whichever thread met one first; so the file is read again, in order, and the first bad record is named.
// Errors that are not about the content of files are returned as they are.
func malformed(s sheet, format string, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	t := readMessage(f.message)
	if t.kind == noTrouble {
		return err
	}
	found := &MalformedError{File: s.file.path, Reason: reasonOf(t, format), Column: t.column, Hint: hints[t.kind]}
	if t.kind == conversion && t.typ != "" {
		found.Value = quoted(t.value)
	}
	in, openErr := openText(s.file)
	if openErr != nil {
		return found
	}
	defer in.Close()
	switch format {
	case "csv":
		locateCSV(found, newRecords(in, s.dialect), s, t)
	case "jsonl":
		locateJSON(found, in)
	}
	return found
}

var hints = map[troubleKind]string{
	badText:    "if the file is not UTF-8, declare its encoding, for example encoding: latin-1",
	openQuote:  "close the quote, or declare another one with quote",
	longRecord: "split the record",
}

func reasonOf(t trouble, format string) string {
	switch t.kind {
	case conversion:
		if t.typ != "" {
			return fmt.Sprintf("does not fit the column's type, %s", kindOf(t.typ))
		}
		return "a value does not have the type of its column"
	case columnCount:
		return countReason(t.want, t.got)
	case openQuote:
		return "a quoted field has no closing quote"
	case badText:
		return "the text is not valid UTF-8"
	case longRecord:
		return "a record is longer than 2 MB"
	case notCompressed:
		return "is not compressed as its name says"
	}
	return "is not readable as " + format
}

func countReason(want, got int) string {
	return fmt.Sprintf("has %d fields where the table has %d columns", got, want)
}

// locateCSV finds the record that the engine stumbled over.
func locateCSV(found *MalformedError, in *records, s sheet, t trouble) {
	var row, engineLine int64
	for header := s.dialect.header; ; {
		rec, err := in.next()
		if err != nil {
			return
		}
		engineLine++
		if rec.blank && (len(s.columns) != 1 || engineLine <= int64(s.dialect.skip)) {
			continue
		}
		if !header {
			row++
		}
		header = false
		if t.kind == conversion {
			if engineLine == t.line || t.line == 0 && s.holds(rec, t) {
				found.Row, found.Line = row, rec.line
				return
			}
			continue
		}
		if s.blame(found, rec) {
			found.Row, found.Line = row, rec.line
			return
		}
	}
}

// holds reports whether a record has the value that t names.
func (s sheet) holds(rec record, t trouble) bool {
	at := s.index(t.column)
	return at >= 0 && at < len(rec.fields) && string(rec.fields[at].text) == t.value
}

// blame fills in what is wrong with a record, or reports that nothing is.
func (s sheet) blame(found *MalformedError, rec record) bool {
	for i, f := range rec.fields {
		if f.isValid() {
			continue
		}
		found.Value, found.Reason, found.Hint = "", reasonOf(trouble{kind: badText}, "csv"), hints[badText]
		if i < len(s.columns) {
			found.Column = s.columns[i].Name
		}
		return true
	}
	switch {
	case rec.problem != "":
		found.Reason, found.Hint = rec.problem, hints[openQuote]
	case len(rec.fields) != len(s.columns):
		found.Reason, found.Hint = countReason(len(s.columns), len(rec.fields)), ""
	default:
		return false
	}
	return true
}

// locateJSON finds the first line that is not one JSON record.
func locateJSON(found *MalformedError, in io.Reader) {
	lines := bufio.NewReader(in)
	for row, line := int64(0), int64(1); ; line++ {
		text, err := lines.ReadBytes('\n')
		text = bytes.TrimSpace(text)
		if len(text) > 0 {
			row++
			if text[0] != '{' || !json.Valid(text) {
				found.Row, found.Line, found.Reason = row, line, "is not one JSON record"
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// explain says of an error of a table's query which file and row it comes from, where it comes from a file. Where the
// engine does not name the file, it is the first in which such a row is found.
func (l layout) explain(err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	t := readMessage(f.message)
	if t.kind == noTrouble {
		return err
	}
	var found *MalformedError
	for _, r := range l.readers {
		for _, file := range r.files {
			if t.file != "" && file.stored != t.file {
				continue
			}
			bad := (*MalformedError)(nil)
			if errors.As(malformed(sheet{file: file, dialect: r.dialect, columns: r.columns}, l.format, err), &bad) && (found == nil || bad.Row > 0) {
				found = bad
			}
			if bad != nil && bad.Row > 0 {
				return bad
			}
		}
	}
	if found == nil {
		return err
	}
	return found
}
