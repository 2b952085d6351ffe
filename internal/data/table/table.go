// Package table is the table engine: it opens CSV, Parquet and JSON-lines files with DuckDB, gives their columns types,
// and hands values out a vector at a time, as aggregates, as example rows, or as a sampled file. It answers with data or
// with a typed error about data; it must not know of findings, verdicts, reports or configuration files.
package table

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// Column is one column as the engine sees it.
type Column struct {
	Name    string
	Kind    Kind
	SQLType string // the engine's own name of the type, such as BIGINT or DECIMAL(9,2)
}

// Kind is what a column's values are, as far as checks and statistics care.
type Kind int

// The kinds of values. Other is everything that has only a text: intervals, bit strings, blobs.
const (
	Other Kind = iota
	Boolean
	Integer
	Float
	Decimal
	String
	Date
	Timestamp
	Time
	Nested
)

var kindNames = [...]string{"other", "boolean", "integer", "float", "decimal", "string", "date", "timestamp", "time", "nested"}

// String is the kind in lower case, as a contract file names it.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "other"
	}
	return kindNames[k]
}

// ParseKind reads what String gives.
func ParseKind(name string) (Kind, bool) {
	i := slices.Index(kindNames[:], name)
	return Kind(max(i, 0)), i >= 0
}

// IsNumeric reports whether values of k are numbers that can be summed: Integer, Float or Decimal.
func (k Kind) IsNumeric() bool { return k == Integer || k == Float || k == Decimal }

// HasNumbers reports whether values of k come out as numbers: the numeric kinds, Boolean as 0 and 1, Date as days since
// 1970-01-01, Timestamp as seconds since 1970-01-01 (UTC where it has a zone), Time as seconds since midnight.
func (k Kind) HasNumbers() bool {
	return k.IsNumeric() || k == Boolean || k == Date || k == Timestamp || k == Time
}

var kindsByType = map[string]Kind{
	"BOOLEAN": Boolean,
	"TINYINT": Integer, "SMALLINT": Integer, "INTEGER": Integer, "BIGINT": Integer, "HUGEINT": Integer, "BIGNUM": Integer,
	"UTINYINT": Integer, "USMALLINT": Integer, "UINTEGER": Integer, "UBIGINT": Integer, "UHUGEINT": Integer,
	"FLOAT": Float, "DOUBLE": Float, "DECIMAL": Decimal,
	"VARCHAR": String, "JSON": String, "UUID": String, "ENUM": String,
	"DATE": Date, "TIME": Time, "TIME_NS": Time, "TIME WITH TIME ZONE": Time,
	"TIMESTAMP": Timestamp, "TIMESTAMP_S": Timestamp, "TIMESTAMP_MS": Timestamp, "TIMESTAMP_NS": Timestamp,
	"TIMESTAMP WITH TIME ZONE": Timestamp,
	"STRUCT":                   Nested, "MAP": Nested, "UNION": Nested, "VARIANT": Nested,
}

// kindOf maps the engine's name of a type to its kind. Lists and arrays end in a bracket: INTEGER[], DOUBLE[3].
func kindOf(sqlType string) Kind {
	if strings.HasSuffix(sqlType, "]") {
		return Nested
	}
	base, _, _ := strings.Cut(sqlType, "(")
	return kindsByType[strings.TrimSpace(base)]
}

// Table is an open table: a view over its files, or a copy of them inside the engine. Its methods may be called from
// several goroutines at once. Every method that reads values may answer with a *RetypedError; see Settled.
type Table struct {
	engine       *Engine
	name         string
	spec         Spec
	files        []file
	materialized bool

	mu      sync.Mutex // guards what a wider typing replaces
	layout  layout
	columns []Column
}

// Name is the name under which the table was opened.
func (t *Table) Name() string { return t.name }

// Engine is where the table is open.
func (t *Table) Engine() *Engine { return t.engine }

// Spec is the declaration that the table was opened with.
func (t *Table) Spec() Spec { return t.spec }

// IsSensitive reports whether one of the columns holds values that may not be shown.
func (t *Table) IsSensitive(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(t.spec.Sensitive, name) })
}

// Files are the paths that were read, in order; of a glob or a folder by name.
func (t *Table) Files() []string {
	names := make([]string, len(t.files))
	for i, f := range t.files {
		names[i] = f.path
	}
	return names
}

// Relation is the quoted name of the table, for FROM.
func (t *Table) Relation() string { return Identifier(t.name) }

// Format is csv, parquet or jsonl.
func (t *Table) Format() string { return t.reading().format }

// DateFormats are the forms, in strptime's letters, in which the files hold the values that are read as dates or as times of
// this kind. Parquet and ISO 8601 have none.
func (t *Table) DateFormats(kind Kind) []string {
	var forms []string
	for _, r := range t.reading().readers {
		form := r.dialect.dateFormat
		if kind == Timestamp {
			form = r.dialect.timestampFormat
		}
		if form != "" {
			forms = append(forms, form)
		}
	}
	return forms
}

// reading is how the files are read as of now.
func (t *Table) reading() layout {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.layout
}

// IsColumnar reports whether one column is read without the others.
func (t *Table) IsColumnar() bool { return t.materialized || t.Format() == "parquet" }

// Columns are the columns in file order; partition columns come last.
func (t *Table) Columns() []Column {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.columns)
}

// Column finds a column by its exact name.
func (t *Table) Column(name string) (Column, bool) {
	for _, c := range t.Columns() {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// Rows counts the rows.
func (t *Table) Rows(ctx context.Context) (int64, error) {
	values, err := t.Aggregate(ctx, "count(*)")
	if err != nil {
		return 0, err
	}
	return int64(values[0].Number), nil
}
