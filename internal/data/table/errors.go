package table

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

// NotFoundError says that a table's path leads to no file. It is the user's to mend: it unwraps to source.Problems.
type NotFoundError struct {
	Path string // as the engine looked for it
	Pos  source.Pos
}

func (e *NotFoundError) Error() string { return e.Unwrap().Error() }

// Unwrap shows the error as a problem at its place in the configuration.
func (e *NotFoundError) Unwrap() error {
	return source.Problems{{Pos: e.Pos, Message: "no file at " + e.Path, Hint: "check the path; relative paths start at the configuration file's folder"}}
}

// MalformedError says that a file's content cannot be read as a table. It speaks of data, not of the configuration.
type MalformedError struct {
	File   string
	Row    int64  // the data record in its own file, from 1, header not counted; 0: not one record
	Line   int64  // the physical line in the (decompressed) file, from 1; 0: unknown
	Column string // "" where it is not one column
	Value  string // that Reason is about, quoted; "" where it is not about one
	Reason string
	Hint   string // the remedy; may be empty
}

func (e *MalformedError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Row > 0 {
		fmt.Fprintf(&b, "row %d: ", e.Row)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, "column %s: ", quoted(e.Column))
	}
	if e.Value != "" {
		b.WriteString(e.Value + " ")
	}
	b.WriteString(e.Reason)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Without hides the value where it may be one of these columns.
func (e *MalformedError) Without(sensitive []string) *MalformedError {
	if e.Value == "" || len(sensitive) == 0 || e.Column != "" && !slices.Contains(sensitive, e.Column) {
		return e
	}
	hidden := *e
	hidden.Value = "a sensitive value"
	return &hidden
}

// RetypedError says that a later row did not fit the types that the first rows of a large file showed. The table has been
// given wider types (a number became text, say); what was read so far is void. Read Columns again and start over.
type RetypedError struct {
	Table string
	Cause *MalformedError // the row that did not fit
}

func (e *RetypedError) Error() string {
	return fmt.Sprintf("table %s has new column types since its first rows: %v", e.Table, e.Cause)
}

func (e *RetypedError) Unwrap() error { return e.Cause }

// Settled runs work, and runs it again from its beginning each time a table that it reads turns out to need wider types,
// which happens at most once for each table. Work must therefore ask for the columns itself and keep nothing of a run
// that ended in an error.
func Settled(work func() error) error {
	for {
		err := work()
		var retyped *RetypedError
		if !errors.As(err, &retyped) {
			return err
		}
	}
}

// maxQuoted bounds how much of a hostile text a message repeats, in bytes.
const maxQuoted = 120

// quoted shows a text in a message: quoted, escaped, cut.
func quoted(s string) string {
	if len(s) > maxQuoted {
		return strconv.Quote(s[:maxQuoted]) + "…"
	}
	return strconv.Quote(s)
}
