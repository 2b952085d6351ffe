// Package shape outlines tables and parameters in a few numbers, which are kept with a commit, and says what changed since
// the base's. It judges nothing: a change of the data is for people to see.
package shape

import (
	"context"
	"fmt"
	"math"

	"github.com/assay-ml/assay/internal/data/table"
)

// Outline is one table in a few numbers. It holds no value of a text and none of a sensitive column.
type Outline struct {
	Table   string   `json:"table"`
	Rows    int64    `json:"rows"`
	Columns []Column `json:"columns"`
}

// Column is one column of an outline.
type Column struct {
	Name  string   `json:"name"`
	Type  string   `json:"type"`
	Nulls int64    `json:"nulls,omitempty"`
	Min   *float64 `json:"min,omitempty"` // of finite numbers; dates and times as in table.Kind.HasNumbers
	Max   *float64 `json:"max,omitempty"`
}

// maxColumns bounds what is outlined of a table: the digest has little room.
const maxColumns = 200

// Look outlines a table in one scan.
func Look(ctx context.Context, t *table.Table) (Outline, error) {
	var outline Outline
	err := table.Settled(func() error {
		var err error
		outline, err = look(ctx, t)
		return err
	})
	if err != nil {
		return Outline{}, fmt.Errorf("outline table %s: %w", t.Name(), err)
	}
	return outline, nil
}

func look(ctx context.Context, t *table.Table) (Outline, error) {
	columns := t.Columns()
	columns = columns[:min(len(columns), maxColumns)]
	expressions := []string{"count(*)"}
	for _, c := range columns {
		id := table.Identifier(c.Name)
		low, high := "NULL", "NULL"
		if hasRange(c.Kind) && !t.IsSensitive(c.Name) {
			finite := ""
			if c.Kind != table.Integer && c.Kind != table.Decimal {
				finite = " FILTER (WHERE isfinite(" + id + "))"
			}
			low, high = "min("+id+")"+finite, "max("+id+")"+finite
		}
		expressions = append(expressions, "count("+id+")", low, high)
	}
	values, err := t.Aggregate(ctx, expressions...)
	if err != nil {
		return Outline{}, err
	}
	outline := Outline{Table: t.Name(), Rows: int64(values[0].Number), Columns: make([]Column, len(columns))}
	for i, c := range columns {
		counted, low, high := values[1+3*i], values[2+3*i], values[3+3*i]
		outline.Columns[i] = Column{Name: c.Name, Type: c.SQLType, Nulls: outline.Rows - int64(counted.Number), Min: bound(low), Max: bound(high)}
	}
	return outline, nil
}

// hasRange reports whether the smallest and the largest value say something of a column.
func hasRange(kind table.Kind) bool {
	return kind.IsNumeric() || kind == table.Date || kind == table.Timestamp
}

func bound(v table.Value) *float64 {
	if !v.Valid || math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
		return nil
	}
	return &v.Number
}
