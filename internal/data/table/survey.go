package table

import (
	"bytes"
	"context"
	"errors"
	"slices"
)

// sheet is one file and what a look at it showed.
type sheet struct {
	file    file
	dialect dialect
	sampled bool // not every value was looked at
	columns []Column
}

// fullSniffBytes is the size up to which every value of a CSV file is looked at before its types are settled (0.1 s); of
// larger files the first 20480 rows are, and a later value that does not fit widens the types then (RetypedError).
const fullSniffBytes = 32 << 20

// survey looks at every file once and settles how the table is read. With full, all values of all files are looked at.
func (e *Engine) survey(ctx context.Context, files []file, format string, spec Spec, full bool) (layout, error) {
	sheets := make([]sheet, len(files))
	for i, f := range files {
		s, err := e.look(ctx, f, format, spec, full)
		if err != nil {
			return layout{}, err
		}
		sheets[i] = s
	}
	for _, s := range sheets[1:] {
		if err := sameNames(sheets[0], s); err != nil {
			return layout{}, err
		}
	}
	if format != "parquet" {
		if err := e.mergeTypes(ctx, format, sheets); err != nil {
			return layout{}, err
		}
	} else {
		for i := range sheets {
			sheets[i].columns = sheets[0].columns // the engine finds the common types itself
		}
	}
	l := group(format, sheets)
	for i := range l.readers {
		l.readers[i].partitions = partitionColumns(files, l.readers[i].columns)
	}
	return l, nil
}

func (e *Engine) look(ctx context.Context, f file, format string, spec Spec, full bool) (sheet, error) {
	switch format {
	case "csv":
		return e.lookCSV(ctx, f, spec, full)
	case "jsonl":
		return e.lookJSON(ctx, f)
	}
	columns, err := e.describe(ctx, "SELECT * FROM read_parquet("+f.literal()+", hive_partitioning=false)")
	if err != nil {
		return sheet{}, malformed(sheet{file: f}, format, err)
	}
	return sheet{file: f, columns: columns}, nil
}

func (e *Engine) lookJSON(ctx context.Context, f file) (sheet, error) {
	start, err := head(f)
	if err != nil {
		return sheet{}, unreadableFile(f, err)
	}
	switch start = bytes.TrimSpace(start); {
	case len(start) == 0:
		return sheet{}, emptyFile(f)
	case start[0] == '[':
		return sheet{}, &MalformedError{File: f.path, Reason: "is a JSON array", Hint: "write one record a line (JSON lines)"}
	}
	columns, err := e.describe(ctx, "SELECT * FROM read_json("+f.literal()+
		", format='newline_delimited', records=true, hive_partitioning=false, sample_size=-1, compression="+Literal(f.compression)+")")
	if err != nil {
		err = malformed(sheet{file: f}, "jsonl", err)
		if bad := (*MalformedError)(nil); errors.As(err, &bad) && bad.Row == 0 && !bytes.Contains(start, []byte(`"`)) {
			bad.Reason = "its records have no fields"
		}
		return sheet{}, err
	}
	return sheet{file: f, columns: columns}, nil
}

func emptyFile(f file) error {
	return &MalformedError{File: f.path, Reason: "is empty: it has neither a header nor rows"}
}

// mergeTypes gives a column the same type in all sheets: equal ones stay, whole numbers and fractions become fractions,
// anything else becomes text. A column without a single value in one file takes the type that it has in the others.
func (e *Engine) mergeTypes(ctx context.Context, format string, sheets []sheet) error {
	for _, c := range sheets[0].columns {
		if !slices.ContainsFunc(sheets, func(s sheet) bool { return s.typeOf(c.Name) != c.SQLType }) {
			continue
		}
		merged := ""
		for _, s := range sheets {
			typ := s.typeOf(c.Name)
			if typ == "VARCHAR" {
				empty, err := e.isEmptyColumn(ctx, format, s, c.Name)
				if err != nil {
					return err
				}
				if empty {
					continue
				}
			}
			merged = commonType(merged, typ)
		}
		for _, s := range sheets {
			s.columns[s.index(c.Name)] = Column{Name: c.Name, SQLType: merged, Kind: kindOf(merged)}
		}
	}
	return nil
}

func (s sheet) typeOf(name string) string { return s.columns[s.index(name)].SQLType }

func (s sheet) index(name string) int {
	return slices.IndexFunc(s.columns, func(c Column) bool { return c.Name == name })
}

func commonType(a, b string) string {
	switch {
	case a == b || a == "":
		return b
	case kindOf(a).IsNumeric() && kindOf(b).IsNumeric():
		return "DOUBLE"
	}
	return "VARCHAR"
}

func (e *Engine) isEmptyColumn(ctx context.Context, format string, s sheet, name string) (bool, error) {
	l := group(format, []sheet{s})
	result, err := e.Query(ctx, "SELECT count("+Identifier(name)+") FROM ("+l.sql()+")")
	if err != nil {
		return false, malformed(s, format, err)
	}
	return result.Rows[0][0].Number == 0, nil
}
