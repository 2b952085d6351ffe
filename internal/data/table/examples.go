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

// Examples gives the first rows, in file and row order, for which the SQL condition where holds. The files are read again
// one at a time, since the engine numbers no rows of CSV. No column names means all. The condition may name Relation, also
// in a subquery.
func (t *Table) Examples(ctx context.Context, where string, columns []string, limit int) ([]Example, error) {
	picked, err := t.pick(columns)
	if err != nil {
		return nil, err
	}
	fields := []string{rowNumber}
	for _, c := range picked {
		fields = append(fields, Identifier(c.Name))
	}
	l := t.reading()
	var examples []Example
	for _, f := range t.files {
		if len(examples) >= limit {
			break
		}
		result, err := t.engine.Query(ctx, fmt.Sprintf("SELECT %s FROM (SELECT row_number() OVER () AS %s, * FROM (%s)) AS %s WHERE %s LIMIT %d",
			strings.Join(fields, ", "), rowNumber, l.one(f.path), t.Relation(), where, limit-len(examples)))
		if err != nil {
			return nil, fmt.Errorf("find examples in table %s: %w", t.name, t.settle(ctx, err))
		}
		for _, row := range result.Rows {
			examples = append(examples, Example{File: f.path, Row: int64(row[0].Number), Values: row[1:]})
		}
	}
	return examples, nil
}

// rowNumber names the column that numbers the rows; no header is likely to hold it.
const rowNumber = `"assay row number"`
