package table

import (
	"context"
	"fmt"
	"strings"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// Chunk is a run of consecutive rows: up to 2048 of them. It and its Numbers point into the engine's memory and are gone
// when the consumer returns: copy what must stay. Strings of a Scan may be kept, those of a Sweep may not.
type Chunk struct {
	Len     int
	Columns []Vector // in the order that was asked for
}

// Vector is one column of a chunk: its values, and which of them are there.
type Vector struct {
	Kind Kind
	// Numbers holds the values where Kind.HasNumbers, NaN and infinities as they are; whole numbers beyond 2^53 are
	// rounded. The entry of a null is arbitrary.
	Numbers []float64
	// Strings holds the values of every other kind, as the engine prints them; "" for a null.
	Strings []string
	// Mask has bit i%64 of word i/64 set where row i has a value; nil where all rows have one.
	Mask []uint64
}

// Valid reports whether row i has a value.
func (v *Vector) Valid(i int) bool {
	return v.Mask == nil || v.Mask[i/64]&(1<<(i%64)) != 0
}

// Scan reads columns in one pass and hands them out a vector at a time, in the order of the rows, from one goroutine.
// No column names means all. Several scans may run at once. An error of consume ends the scan and is returned.
func (t *Table) Scan(ctx context.Context, columns []string, consume func(*Chunk) error) error {
	picked, err := t.pick(columns)
	if err != nil {
		return err
	}
	s, err := t.engine.open()
	if err != nil {
		return err
	}
	defer s.close()
	chunk := Chunk{Columns: make([]Vector, len(picked))}
	err = s.stream(ctx, "SELECT "+strings.Join(fieldsOf(picked), ", ")+" FROM "+t.Relation(), func(data duckdb.DataChunk) error {
		chunk.fill(data, picked)
		return consume(&chunk)
	})
	if err != nil {
		return fmt.Errorf("scan table %s: %w", t.name, t.settle(ctx, err))
	}
	return nil
}

// fieldsOf is the SQL by which columns come out as vectors: numbers as DOUBLE, everything else as text.
func fieldsOf(columns []Column) []string {
	fields := make([]string, len(columns))
	for i, c := range columns {
		if name := Identifier(c.Name); c.Kind.HasNumbers() {
			fields[i] = numberOf(c, name)
		} else {
			fields[i] = "CAST(" + name + " AS VARCHAR)"
		}
	}
	return fields
}

// pick finds columns by name. An unknown one is the caller's error, told with what there is.
func (t *Table) pick(names []string) ([]Column, error) {
	all := t.Columns()
	if len(names) == 0 {
		return all, nil
	}
	picked := make([]Column, len(names))
	for i, name := range names {
		c, found := t.Column(name)
		if !found {
			known := make([]string, len(all))
			for i, c := range all {
				known[i] = c.Name
			}
			return nil, fmt.Errorf("table %s has no column %s; its columns: %s", t.name, quoted(name), nameList(known))
		}
		picked[i] = c
	}
	return picked, nil
}

func (c *Chunk) fill(data duckdb.DataChunk, columns []Column) {
	c.Len = int(duckdb.DataChunkGetSize(data))
	for i, column := range columns {
		if column.Kind.HasNumbers() {
			c.Columns[i] = numberVector(data, i, c.Len)
		} else {
			c.Columns[i] = stringVector(data, i, c.Len)
		}
		c.Columns[i].Kind = column.Kind
	}
}

// numberVector is a view of a DOUBLE column.
func numberVector(data duckdb.DataChunk, column, size int) Vector {
	vector := duckdb.DataChunkGetVector(data, duckdb.IdxT(column))
	return Vector{Numbers: unsafe.Slice((*float64)(duckdb.VectorGetData(vector)), size), Mask: mask(vector, size)}
}

// text is the engine's own form of a string: up to 12 bytes stand in place, longer ones behind a pointer.
type text struct {
	length  uint32
	prefix  [4]byte
	pointer *byte
}

const inlineText = 12

func (t *text) bytes() []byte {
	if t.length <= inlineText {
		return unsafe.Slice((*byte)(unsafe.Pointer(&t.prefix)), t.length)
	}
	return unsafe.Slice(t.pointer, t.length)
}

// stringVector copies a VARCHAR column: all its strings share one piece of memory.
func stringVector(data duckdb.DataChunk, column, size int) Vector {
	vector := duckdb.DataChunkGetVector(data, duckdb.IdxT(column))
	v := Vector{Strings: make([]string, size), Mask: mask(vector, size)}
	texts := unsafe.Slice((*text)(duckdb.VectorGetData(vector)), size)
	total := 0
	for i := range texts {
		if v.Valid(i) {
			total += int(texts[i].length)
		}
	}
	all := make([]byte, 0, total)
	for i := range texts {
		if v.Valid(i) && texts[i].length > 0 {
			start := len(all)
			all = append(all, texts[i].bytes()...)
			v.Strings[i] = unsafe.String(&all[start], len(all)-start)
		}
	}
	return v
}

func mask(vector duckdb.Vector, size int) []uint64 {
	words := (*uint64)(duckdb.VectorGetValidity(vector))
	if words == nil {
		return nil
	}
	return unsafe.Slice(words, (size+63)/64)
}
