package table

import (
	"context"
	"fmt"
	"strings"
)

// Example is one row of a table and where it stands.
type Example struct {
	File   string
	Row    int64 // the data record in its own file, from 1, header not counted
	Values []Value
}

// Aggregate evaluates expressions over the whole table in one scan and gives one value each.
func (t *Table) Aggregate(ctx context.Context, expressions ...string) ([]Value, error) {
	if len(expressions) == 0 {
		return nil, nil
	}
	result, err := t.engine.Query(ctx, "SELECT "+strings.Join(expressions, ", ")+" FROM "+t.Relation())
	if err != nil {
		return nil, fmt.Errorf("summarize table %s: %w", t.name, t.settle(ctx, err))
	}
	if len(result.Rows) != 1 {
		return nil, fmt.Errorf("summarize table %s: %d rows came back where aggregates give one", t.name, len(result.Rows))
	}
	return result.Rows[0], nil
}

// CountWhere counts the rows for which each condition holds, all in one scan.
func (t *Table) CountWhere(ctx context.Context, conditions ...string) ([]int64, error) {
	expressions := make([]string, len(conditions))
	for i, condition := range conditions {
		expressions[i] = "count(*) FILTER (WHERE " + condition + ")"
	}
	values, err := t.Aggregate(ctx, expressions...)
	if err != nil {
		return nil, err
	}
	counts := make([]int64, len(values))
	for i, v := range values {
		counts[i] = int64(v.Number)
	}
	return counts, nil
}

// Search says which rows to look for.
type Search struct {
	Where   string   // SQL condition; it may name Relation in a subquery, and Window
	Window  string   // SQL expression over the rows of one file in their order, for Where; "" where it needs none
	Columns []string // whose values are wanted; none: all
	Limit   int
}

// Window is the name by which a condition knows the value of a Search's window expression.
const Window = `"assay window"`

// rowNumber names the column that numbers the rows; no header is likely to hold it.
const rowNumber = `"assay row number"`

// numbered is the SQL of one file's rows with their numbers, and with the window's value where there is one.
func (t *Table) numbered(l layout, path, window string) string {
	extra := ""
	if window != "" {
		extra = ", " + window + " AS " + Window
	}
	return fmt.Sprintf("(SELECT row_number() OVER () AS %s%s, * FROM (%s)) AS %s", rowNumber, extra, l.one(path), t.Relation())
}

// Examples gives the first rows, in file and row order, that a search finds. The files are read again one at a time, since
// the engine numbers no rows of CSV.
func (t *Table) Examples(ctx context.Context, search Search) ([]Example, error) {
	var examples []Example
	for _, f := range t.files {
		if len(examples) >= search.Limit {
			break
		}
		rest := search
		rest.Limit -= len(examples)
		found, err := t.examplesOf(ctx, f, rest)
		if err != nil {
			return nil, err
		}
		examples = append(examples, found...)
	}
	return examples, nil
}

// examplesOf gives the first rows of one file that a search finds.
func (t *Table) examplesOf(ctx context.Context, f file, search Search) ([]Example, error) {
	picked, err := t.pick(search.Columns)
	if err != nil {
		return nil, err
	}
	fields := []string{rowNumber}
	for _, c := range picked {
		fields = append(fields, Identifier(c.Name))
	}
	result, err := t.engine.Query(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s LIMIT %d",
		strings.Join(fields, ", "), t.numbered(t.reading(), f.path, search.Window), search.Where, search.Limit))
	if err != nil {
		return nil, fmt.Errorf("find examples in table %s: %w", t.name, t.settle(ctx, err))
	}
	examples := make([]Example, len(result.Rows))
	for i, row := range result.Rows {
		examples[i] = Example{File: f.path, Row: int64(row[0].Number), Values: row[1:]}
	}
	return examples, nil
}

// CountOrdered counts the rows for which a condition holds that knows the value of a window expression over the rows of one
// file in their order.
func (t *Table) CountOrdered(ctx context.Context, where, window string) (int64, error) {
	l := t.reading()
	var total int64
	for _, f := range t.files {
		n, err := t.count(ctx, t.numbered(l, f.path, window), where)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// CountRows counts the rows for which one condition holds; unlike those of CountWhere it may have a subquery.
func (t *Table) CountRows(ctx context.Context, where string) (int64, error) {
	return t.count(ctx, t.Relation(), where)
}

// CountResult counts the rows that a SELECT returns.
func (t *Table) CountResult(ctx context.Context, query string) (int64, error) {
	return t.count(ctx, "(\n"+query+"\n)", "true")
}

// Results gives the first rows that a SELECT returns.
func (t *Table) Results(ctx context.Context, query string, limit int) ([][]Value, error) {
	result, err := t.engine.Query(ctx, fmt.Sprintf("SELECT * FROM (\n%s\n) LIMIT %d", query, limit))
	if err != nil {
		return nil, fmt.Errorf("run a query on table %s: %w", t.name, t.settle(ctx, err))
	}
	return result.Rows, nil
}

func (t *Table) count(ctx context.Context, relation, where string) (int64, error) {
	result, err := t.engine.Query(ctx, "SELECT count(*) FROM "+relation+" WHERE "+where)
	if err != nil {
		return 0, fmt.Errorf("count rows of table %s: %w", t.name, t.settle(ctx, err))
	}
	return int64(result.Rows[0][0].Number), nil
}
