package table

import (
	"context"
	"fmt"
	"strings"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// ScanTexts is Scan, but the values of CSV come as the texts that stand in the files, for those who give them types by other
// rules than the engine's. An empty field is null, quoted or not. Other formats than CSV are as in Scan.
func (t *Table) ScanTexts(ctx context.Context, columns []string, consume func(*Chunk) error) error {
	read := t.reading()
	if read.format != "csv" {
		return t.Scan(ctx, columns, consume)
	}
	picked, err := t.pick(columns)
	if err != nil {
		return err
	}
	fields := make([]string, len(picked))
	for i, c := range picked {
		fields[i] = "CAST(" + Identifier(c.Name) + " AS VARCHAR)"
		picked[i].Kind = String
	}
	s, err := t.engine.open()
	if err != nil {
		return err
	}
	defer s.close()
	chunk := Chunk{Columns: make([]Vector, len(picked))}
	err = s.stream(ctx, "SELECT "+strings.Join(fields, ", ")+" FROM ("+read.raw()+")", func(data duckdb.DataChunk) error {
		chunk.fill(data, picked)
		return consume(&chunk)
	})
	if err != nil {
		return fmt.Errorf("scan the texts of table %s: %w", t.name, t.settle(ctx, err))
	}
	return nil
}
