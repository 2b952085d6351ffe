package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// layout is how the files of a table are read: one reader for each run of files that are alike.
type layout struct {
	format  string
	readers []reader
}

// reader is a run of files of one form, and what the engine is told about them so that it need not look again.
type reader struct {
	files      []file
	dialect    dialect  // of CSV
	sampled    bool     // the types of CSV were settled by the first rows
	columns    []Column // in the order of the files
	partitions []Column
}

// dialect is the form of a CSV file.
type dialect struct {
	delimiter, quote byte
	skip             int // empty lines before the first record
	header           bool
	// dateFormat and timestampFormat are in strptime's letters; "" for ISO.
	dateFormat, timestampFormat string
}

// sql is the whole table as one query.
func (l layout) sql() string {
	parts := make([]string, len(l.readers))
	for i, r := range l.readers {
		parts[i] = l.query(r, r.files, false)
	}
	return strings.Join(parts, " UNION ALL ")
}

// isSampled reports whether types were settled without looking at every value.
func (l layout) isSampled() bool {
	return slices.ContainsFunc(l.readers, func(r reader) bool { return r.sampled })
}

// raw is the table as sql gives it, but with the values of CSV as the text that stands in the files.
func (l layout) raw() string {
	parts := make([]string, len(l.readers))
	for i, r := range l.readers {
		parts[i] = l.query(r, r.files, true)
	}
	return strings.Join(parts, " UNION ALL ")
}

// query reads some files of one reader. Every reader selects the columns in the order of the first.
func (l layout) query(r reader, files []file, raw bool) string {
	var fields []string
	for _, c := range l.readers[0].columns {
		field := Identifier(c.Name)
		if r.isGuarded(c) && !raw {
			field = guarded(c) + " AS " + field
		}
		fields = append(fields, field)
	}
	for _, c := range l.readers[0].partitions {
		fields = append(fields, Identifier(c.Name))
	}
	return "SELECT " + strings.Join(fields, ", ") + " FROM " + l.function(r, files, raw)
}

// isGuarded reports whether a value that does not fit c would be bent to it instead of refused: the engine rounds 1.5 to a
// BIGINT and cuts the hour off a DATE.
func (r reader) isGuarded(c Column) bool {
	return r.sampled && (c.SQLType == "BIGINT" || c.SQLType == "DATE" && r.dialect.dateFormat == "")
}

// guarded converts the text of a column to its type, and stops at a value that does not fit.
func guarded(c Column) string {
	name := Identifier(c.Name)
	cast := fmt.Sprintf("TRY_CAST(%s AS %s)", name, c.SQLType)
	fits := fmt.Sprintf("TRY_CAST(%s AS DOUBLE) = CAST(%s AS DOUBLE)", name, cast)
	if c.SQLType == "DATE" {
		fits = fmt.Sprintf("%s IS NOT NULL AND strlen(%s) <= %d", cast, name, len(time.DateOnly))
	}
	return fmt.Sprintf("CASE WHEN %s THEN %s WHEN %s IS NULL THEN NULL ELSE error(%s || %[3]s) END",
		fits, cast, name, Literal(fmt.Sprintf("%s%q of type %s: ", outgrown, c.Name, c.SQLType)))
}

// outgrown begins the message of a guard; the quoted name of the column, its type and the value follow.
const outgrown = "Value outgrows column "

// one is the query of a single file of the table.
func (l layout) one(path string) string {
	for _, r := range l.readers {
		for i, f := range r.files {
			if f.path == path {
				return l.query(r, r.files[i:i+1], false)
			}
		}
	}
	panic("table: no file " + path + " in this table")
}

func (l layout) function(r reader, files []file, raw bool) string {
	stored := make([]string, len(files))
	for i, f := range files {
		stored[i] = f.literal()
	}
	options := []string{"[" + strings.Join(stored, ", ") + "]"}
	switch l.format {
	case "csv":
		options = append(options, r.dialect.options()...)
		options = append(options, "auto_detect=false", bufferSize, "header="+strconv.FormatBool(r.dialect.header), "columns="+columnTypes(r.columns, func(c Column) bool { return raw || r.isGuarded(c) }))
		options = append(options, r.dialect.formats()...)
	case "jsonl":
		options = append(options, "format='newline_delimited'", "records=true", "columns="+columnTypes(r.columns, never))
	case "parquet":
		options = append(options, "union_by_name=true")
	}
	if l.format != "parquet" {
		options = append(options, "compression="+Literal(files[0].compression))
	}
	options = append(options, "hive_partitioning="+strconv.FormatBool(len(r.partitions) > 0))
	if len(r.partitions) > 0 {
		options = append(options, "hive_types="+columnTypes(r.partitions, never))
	}
	return functions[l.format] + "(" + strings.Join(options, ", ") + ")"
}

// bufferSize is how many bytes of a CSV file a thread takes at a time: twice the longest record that the engine reads. The engine's
// own, 32 MB, is no faster.
const bufferSize = "buffer_size=4194304"

var functions = map[string]string{"csv": "read_csv", "jsonl": "read_json", "parquet": "read_parquet"}

// options fix all of the form that the engine would otherwise guess: a guess hides malformed rows by calling them a
// preamble, a comment, or one wide column.
func (d dialect) options() []string {
	return []string{
		"delim=" + Literal(string(d.delimiter)), "quote=" + Literal(string(d.quote)), "escape=" + Literal(string(d.quote)),
		"skip=" + strconv.Itoa(d.skip), "comment=''", "strict_mode=true", "null_padding=false",
	}
}

func (d dialect) formats() []string {
	var options []string
	if d.dateFormat != "" {
		options = append(options, "dateformat="+Literal(d.dateFormat))
	}
	if d.timestampFormat != "" {
		options = append(options, "timestampformat="+Literal(d.timestampFormat))
	}
	return options
}

// columnTypes is {'a': 'BIGINT', …}; columns for which asText holds are VARCHAR.
func columnTypes(columns []Column, asText func(Column) bool) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		typ := c.SQLType
		if asText(c) {
			typ = "VARCHAR"
		}
		parts[i] = Literal(c.Name) + ": " + Literal(typ)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func never(Column) bool { return false }

// partitionColumns gives the partition keys that are not columns of the files themselves, with the narrowest of BIGINT,
// DATE and VARCHAR that all their values fit.
func partitionColumns(files []file, columns []Column) []Column {
	var found []Column
	for i, p := range files[0].partitions {
		if slices.ContainsFunc(columns, func(c Column) bool { return strings.EqualFold(c.Name, p.key) }) {
			continue
		}
		values := make([]string, len(files))
		for j, f := range files {
			values[j] = f.partitions[i].value
		}
		typ := partitionType(values)
		found = append(found, Column{Name: p.key, Kind: kindOf(typ), SQLType: typ})
	}
	return found
}

// nullPartition is how Hive names the folder of the rows whose key is null.
const nullPartition = "__HIVE_DEFAULT_PARTITION__"

func partitionType(values []string) string {
	all := func(fits func(string) error) bool {
		return !slices.ContainsFunc(values, func(v string) bool { return v != nullPartition && fits(v) != nil })
	}
	switch {
	case all(func(v string) error { _, err := strconv.ParseInt(v, 10, 64); return err }):
		return "BIGINT"
	case all(func(v string) error { _, err := time.Parse(time.DateOnly, v); return err }):
		return "DATE"
	}
	return "VARCHAR"
}

// sameNames refuses files whose columns are not those of the first, in whatever order.
func sameNames(first, other sheet) error {
	missing, extra := difference(first.columns, other.columns), difference(other.columns, first.columns)
	if len(missing) == 0 && len(extra) == 0 {
		return nil
	}
	return &MalformedError{
		File:   other.file.path,
		Reason: fmt.Sprintf("its columns are not those of %s: missing %s; additional %s", first.file.path, nameList(missing), nameList(extra)),
		Hint:   "files of one table need the same column names",
	}
}

// difference is the names of a that are not in b.
func difference(a, b []Column) []string {
	var names []string
	for _, c := range a {
		if !slices.ContainsFunc(b, func(other Column) bool { return other.Name == c.Name }) {
			names = append(names, c.Name)
		}
	}
	return names
}

// group joins neighbouring sheets that one reader can read.
func group(format string, sheets []sheet) layout {
	l := layout{format: format}
	for _, s := range sheets {
		last := len(l.readers) - 1
		if last >= 0 && l.readers[last].takes(s) {
			l.readers[last].files = append(l.readers[last].files, s.file)
			continue
		}
		l.readers = append(l.readers, reader{files: []file{s.file}, dialect: s.dialect, sampled: s.sampled, columns: s.columns})
	}
	return l
}

func (r reader) takes(s sheet) bool {
	return r.dialect == s.dialect && r.sampled == s.sampled && r.files[0].compression == s.file.compression && slices.Equal(r.columns, s.columns)
}
