package table

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// fault is an error of the engine: its whole message, which is for parsing and never for reading.
type fault struct{ message string }

func engineError(message string) error { return &fault{message} }

// Error is the first line of the message, cut: what follows are options, hints at options, and the statement.
func (f *fault) Error() string {
	first, _, _ := strings.Cut(strings.TrimSpace(f.message), "\n")
	if first = strings.ToValidUTF8(first, "\uFFFD"); len(first) > maxFault {
		first = strings.ToValidUTF8(first[:maxFault], "") + "…"
	}
	if first == "" {
		return "the table engine gave no reason"
	}
	return first
}

// IsRefusal reports whether the engine refused what it was asked, and neither a file's content nor the caller's context is
// the reason.
func IsRefusal(err error) bool {
	var f *fault
	var malformed *MalformedError
	return errors.As(err, &f) && !errors.As(err, &malformed)
}

// Reason is the engine's own word for an error, without the names of what was being done.
func Reason(err error) error {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	return err
}

// maxFault bounds what is shown of a message, in bytes.
const maxFault = 300

// trouble is what a fault says about the content of a file.
type trouble struct {
	kind   troubleKind
	file   string // as the engine knows it; "" where it is not said
	line   int64  // the engine's count of records, header and empty lines included; 0 where it is not said
	column string // of a conversion
	value  string // of a conversion
	typ    string // of a conversion
	want   int    // columns
	got    int    // columns
}

type troubleKind int

const (
	noTrouble     troubleKind = iota // the fault is not about a file's content
	unreadable                       // it is, and what it is shows only in the file
	conversion                       // a value is not of its column's type
	columnCount                      // a record has too many or too few fields
	openQuote                        // a quoted field never ends
	badText                          // bytes are not UTF-8
	longRecord                       // a record is longer than the engine's buffer
	notCompressed                    // the bytes are not what the extension says
)

var (
	linePattern       = regexp.MustCompile(`CSV Error on Line: (\d+)`)
	filePattern       = regexp.MustCompile(`(?m)^  file = (.*)$`)
	namedFilePattern  = regexp.MustCompile(`(?i)file "([^"\n]*)"`)
	countPattern      = regexp.MustCompile(`Expected Number of Columns: (\d+) Found: (\d+)`)
	outgrownPattern   = regexp.MustCompile(`(?s)^(".*?[^\\]"|"") of type ([A-Z]+): (.*)$`)
	conversionPattern = regexp.MustCompile(`(?s)Error when converting column "(.*)"\. Could not convert string "(.*)" to '([^'\n]*)'`)
)

// signs are the words by which a message is recognized. The message repeats the offending line, which can hold any words,
// before it says what is wrong: so the last sign in it counts.
var signs = []struct {
	words string
	kind  troubleKind
}{
	{"Error when converting column ", conversion},
	{outgrown, conversion},
	{"Expected Number of Columns: ", columnCount},
	{"Value with unterminated quote found", openQuote},
	{"Invalid unicode (byte sequence mismatch) detected", badText},
	{"Maximum line size of ", longRecord},
	{"File is not utf-8 encoded", badText},
	{"Error when sniffing file ", unreadable},
	{"Malformed JSON in file ", unreadable},
	{"expected records, but got non-record JSON", unreadable},
	{"JSON transform error in file ", conversion},
	{"Failed to cast value: ", conversion},
	{"No magic bytes found at end of file ", unreadable},
	{" too small to be a Parquet file", unreadable},
	{"Input is not a GZIP stream", notCompressed},
	{"Unknown frame descriptor", notCompressed},
}

// readMessage makes out what a message of the engine says about a file's content. Any text is allowed.
func readMessage(message string) trouble {
	t := trouble{}
	last := -1
	for _, sign := range signs {
		if at := strings.LastIndex(message, sign.words); at > last {
			t.kind, last = sign.kind, at
		}
	}
	if match := linePattern.FindStringSubmatch(message); match != nil {
		t.line, _ = strconv.ParseInt(match[1], 10, 64)
		t.kind = max(t.kind, unreadable)
	}
	t.file = lastMatch(filePattern, message)
	if t.file == "" {
		t.file = lastMatch(namedFilePattern, message)
	}
	if t.kind == columnCount {
		if all := countPattern.FindAllStringSubmatch(message, -1); len(all) > 0 {
			t.want, _ = strconv.Atoi(all[len(all)-1][1])
			t.got, _ = strconv.Atoi(all[len(all)-1][2])
		}
	}
	if t.kind == conversion {
		t.readConversion(message)
	}
	return t
}

func (t *trouble) readConversion(message string) {
	if _, rest, found := strings.Cut(message, outgrown); found {
		if match := outgrownPattern.FindStringSubmatch(rest); match != nil {
			t.column, _ = strconv.Unquote(match[1])
			t.typ, t.value = match[2], strings.TrimRight(match[3], "\n")
			return
		}
	}
	for _, at := range conversionPattern.FindAllStringSubmatch(message, -1) {
		t.column, t.value, t.typ = at[1], at[2], at[3]
	}
}

func lastMatch(pattern *regexp.Regexp, s string) string {
	all := pattern.FindAllStringSubmatch(s, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}
