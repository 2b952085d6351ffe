package table

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (e *Engine) lookCSV(ctx context.Context, f file, spec Spec, full bool) (sheet, error) {
	start, err := head(f)
	if err != nil {
		return sheet{}, unreadableFile(f, err)
	}
	if len(bytes.TrimSpace(start)) == 0 {
		return sheet{}, emptyFile(f)
	}
	s := sheet{file: f, dialect: guessDialect(start, spec, f), sampled: !full && f.plainSize() > fullSniffBytes}
	first, blank := firstRecord(start, s.dialect)
	s.dialect.skip = blank
	if err := e.sniff(ctx, &s, spec); err != nil {
		return sheet{}, malformed(s.supposed(first, spec), "csv", err)
	}
	if s.sampled && s.hasUnseen(start) {
		return e.lookCSV(ctx, f, spec, true)
	}
	if !s.dialect.header || len(first.fields) != len(s.columns) {
		return s, nil
	}
	return s, s.nameBy(first)
}

// supposed gives a sheet that the engine could not make out the header and columns that its first record suggests, so
// that the bad record can be counted and named.
func (s sheet) supposed(first record, spec Spec) sheet {
	s.dialect.header = !slices.ContainsFunc(first.fields, func(f field) bool {
		_, err := strconv.ParseFloat(string(f.text), 64)
		return err == nil
	})
	if spec.Header != nil {
		s.dialect.header = *spec.Header
	}
	s.columns = make([]Column, len(first.fields))
	for i, f := range first.fields {
		if s.dialect.header {
			s.columns[i].Name = string(f.text)
		} else {
			s.columns[i].Name = "column" + strconv.Itoa(i)
		}
	}
	return s
}

// firstRecord is the first that is not an empty line, and the number of empty lines before it; it has no fields where
// there is none.
func firstRecord(start []byte, d dialect) (first record, blank int) {
	for in := newRecords(bytes.NewReader(start), d); ; blank++ {
		if rec, err := in.next(); err != nil || !rec.blank {
			return rec, blank
		}
	}
}

// hasUnseen reports whether a column of a sampled file is text for want of any value in its first rows: values may well
// follow, as in a file ordered by time to which a column was added.
func (s sheet) hasUnseen(start []byte) bool {
	seen := make([]bool, len(s.columns))
	in := newRecords(bytes.NewReader(start), s.dialect)
	for header := s.dialect.header; ; {
		rec, err := in.next()
		if err != nil {
			break
		}
		if rec.blank {
			continue
		}
		for i, f := range rec.fields[:min(len(rec.fields), len(seen))] {
			seen[i] = seen[i] || !header && len(f.text) > 0
		}
		header = false
	}
	for i, c := range s.columns {
		if c.Kind == String && !seen[i] {
			return true
		}
	}
	return false
}

// csvTypes are the types that a CSV column may be found to have. BOOLEAN is none of them: the engine takes yes and no, t and f
// for truth values, and a contract or a category would no longer find what stands in the file.
var csvTypes = []string{"NULL", "BIGINT", "DOUBLE", "TIME", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "VARCHAR"}

// sniff asks the engine for the header and the types of a CSV file whose form is known.
func (e *Engine) sniff(ctx context.Context, s *sheet, spec Spec) error {
	options := append([]string{s.file.literal()}, s.dialect.options()...)
	options = append(options, bufferSize, "compression="+Literal(s.file.compression), "auto_type_candidates=['"+strings.Join(csvTypes, "', '")+"']")
	if !s.sampled {
		options = append(options, "sample_size=-1")
	}
	if spec.Header != nil {
		options = append(options, fmt.Sprintf("header=%t", *spec.Header))
	}
	result, err := e.Query(ctx, `SELECT HasHeader, CAST(DateFormat AS VARCHAR), CAST(TimestampFormat AS VARCHAR), c.name, c.type
		FROM (SELECT *, unnest(Columns) AS c FROM sniff_csv(`+strings.Join(options, ", ")+"))")
	if err != nil {
		return err
	}
	for _, row := range result.Rows {
		s.dialect.header = row[0].Number == 1
		s.dialect.dateFormat, s.dialect.timestampFormat = row[1].Text, row[2].Text
		s.columns = append(s.columns, Column{Name: row[3].Text, SQLType: row[4].Text, Kind: kindOf(row[4].Text)})
	}
	return nil
}

// nameBy takes the names as they stand in the header. The engine renames what it cannot tell apart; a check on a renamed
// column would be a check on another column, so that is refused.
func (s *sheet) nameBy(header record) error {
	seen := map[string]string{}
	for i, f := range header.fields {
		name := string(f.text)
		if name == "" || !f.isValid() {
			continue // the engine's own name stands, such as column0
		}
		if earlier, twice := seen[strings.ToLower(name)]; twice {
			reason := "two columns are named " + quoted(name)
			if earlier != name {
				reason = fmt.Sprintf("the columns %s and %s differ only in case", quoted(earlier), quoted(name))
			}
			return &MalformedError{File: s.file.path, Line: header.line, Reason: reason, Hint: "give every column its own name"}
		}
		seen[strings.ToLower(name)] = name
		s.columns[i].Name = name
	}
	return nil
}

// delimiters in order of preference where a first line has as many of two of them.
const delimiters = ",;\t|"

// guessDialect is the declared form, and what the first line shows where nothing is declared.
func guessDialect(start []byte, spec Spec, f file) dialect {
	d := dialect{delimiter: ',', quote: '"'}
	if spec.Quote != "" {
		d.quote = spec.Quote[0]
	}
	if spec.Delimiter != "" {
		d.delimiter = spec.Delimiter[0]
	} else if ext, _ := extensions(f.path); ext == ".tsv" {
		d.delimiter = '\t'
	} else {
		most := 1
		for _, candidate := range []byte(delimiters) {
			rec, _ := firstRecord(start, dialect{delimiter: candidate, quote: d.quote})
			if len(rec.fields) > most {
				most, d.delimiter = len(rec.fields), candidate
			}
		}
	}
	if spec.Quote == "" && singleQuoted(start, d) {
		d.quote = '\''
	}
	return d
}

// singleQuoted reports whether single quotes enclose every field of the first line.
func singleQuoted(start []byte, d dialect) bool {
	d.quote = '\''
	rec, _ := firstRecord(start, d)
	return rec.problem == "" && !slices.ContainsFunc(rec.fields, func(f field) bool { return !f.quoted })
}
