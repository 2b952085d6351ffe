package table

import (
	"bufio"
	"errors"
	"io"
	"unicode/utf8"
)

// record is one record of a CSV file as its bytes have it. The engine reads the data; records serve to look at a file's
// first lines, and to name the place of what the engine could not read.
type record struct {
	line    int64 // the physical line on which it starts, from 1
	blank   bool  // an empty line: no record, unless the table has one column
	fields  []field
	problem string // "" or what breaks the rules of CSV
}

type field struct {
	text   []byte // up to maxField bytes
	quoted bool
}

// isValid is meaningful for a field that was not cut.
func (f field) isValid() bool { return utf8.Valid(f.text) || len(f.text) >= maxField }

// maxField bounds what is kept of one field, so that an unterminated quote does not hold a whole file in memory.
const maxField = 1 << 16

// records reads CSV record by record; a record is good until the next one is read. Fields may be quoted, a doubled quote stands for one, lines end in LF, CRLF or CR.
type records struct {
	in               *bufio.Reader
	delimiter, quote byte
	line             int64
	fields           []field // memory for a record
}

func newRecords(in io.Reader, d dialect) *records {
	return &records{in: bufio.NewReaderSize(in, 1<<16), delimiter: d.delimiter, quote: d.quote, line: 1}
}

// next reads one record; io.EOF where there is none left.
func (r *records) next() (record, error) {
	rec := record{line: r.line}
	for n := 0; ; n++ {
		if n == len(r.fields) {
			r.fields = append(r.fields, field{})
		}
		f := &r.fields[n]
		*f = field{text: f.text[:0]}
		end, err := r.field(f, &rec)
		if err != nil && !(errors.Is(err, io.EOF) && (n > 0 || len(f.text) > 0 || f.quoted)) {
			return rec, err
		}
		if end || err != nil {
			rec.fields = r.fields[:n+1]
			rec.blank = n == 0 && len(f.text) == 0 && !f.quoted
			return rec, nil
		}
	}
}

// field reads up to a delimiter or, with end, to the end of the record.
func (r *records) field(f *field, rec *record) (end bool, err error) {
	inside := false
	for {
		c, err := r.in.ReadByte()
		if err != nil {
			if inside && errors.Is(err, io.EOF) {
				rec.problem = "a quoted field has no closing quote"
			}
			return true, err
		}
		switch {
		case inside && c == r.quote:
			if inside = r.follows(r.quote); inside {
				f.keep(c)
			}
			continue
		case !inside && c == r.delimiter:
			return false, nil
		case c == '\n' || c == '\r':
			r.line++
			if c == '\r' {
				r.follows('\n')
			}
			if !inside {
				return true, nil
			}
		case c == r.quote && len(f.text) == 0 && !f.quoted:
			inside, f.quoted = true, true
			continue
		case !inside && f.quoted && rec.problem == "":
			rec.problem = "text follows a closing quote"
		}
		f.keep(c)
	}
}

// follows consumes the next byte if it is c.
func (r *records) follows(c byte) bool {
	if next, err := r.in.Peek(1); err != nil || next[0] != c {
		return false
	}
	r.in.Discard(1)
	return true
}

func (f *field) keep(c byte) {
	if len(f.text) < maxField {
		f.text = append(f.text, c)
	}
}
