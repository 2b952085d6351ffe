package table

import (
	"context"
	"errors"
	"fmt"
	"runtime/cgo"
	"runtime/debug"
	"strings"
	"sync"
	"unsafe"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// Consumer takes the chunks of a Sweep. One thread calls it at a time, not always the same one.
type Consumer func(*Chunk) error

// Sweep reads columns in one pass, by all threads of the engine at once and in no order. Each thread hands its chunks to a
// consumer of its own, which open makes and which later chunks of other threads use again; open is called by one thread at a
// time. What the consumers gathered is whole when Sweep returns nil. No column names means all.
//
// All of a chunk points into the engine's memory, its strings too: clone what must stay. An error of a consumer ends the
// sweep and is returned, and so is a panic.
//
// An engine that sweeps cannot be fenced, nor can a fenced one sweep.
func (t *Table) Sweep(ctx context.Context, columns []string, open func() Consumer) error {
	picked, err := t.pick(columns)
	if err != nil {
		return err
	}
	if err := t.engine.addSink(); err != nil {
		return fmt.Errorf("sweep table %s: %w", t.name, err)
	}
	s := &sweep{columns: picked, open: open}
	handle := cgo.NewHandle(s)
	defer handle.Delete()
	arguments := fmt.Sprintf("CAST(%d AS UBIGINT), %s", handle, strings.Join(fieldsOf(picked), ", "))
	err = t.engine.exec(ctx, "SELECT count(*) FROM "+t.Relation()+" WHERE "+sinkName+"("+arguments+")")
	if failed := s.failure(); failed != nil && ctx.Err() == nil {
		err = failed // the engine only repeats its words
	}
	if err != nil {
		return fmt.Errorf("sweep table %s: %w", t.name, t.settle(ctx, err))
	}
	return nil
}

// sweep is one Sweep under way.
type sweep struct {
	columns []Column
	open    func() Consumer

	mu     sync.Mutex
	free   []*worker
	failed error // the first error of a consumer
}

// worker is a consumer with the chunk that is refilled for it.
type worker struct {
	chunk   Chunk
	consume Consumer
}

// take hands a chunk of the engine to a consumer that no other thread holds.
func (s *sweep) take(data duckdb.DataChunk) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v\n%s", reason, debug.Stack())
		}
		if err != nil {
			s.fail(err)
		}
	}()
	w, err := s.borrow()
	if err != nil {
		return err
	}
	w.chunk.view(data, s.columns)
	if err := w.consume(&w.chunk); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, w)
	return nil
}

func (s *sweep) borrow() (*worker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return nil, s.failed
	}
	if last := len(s.free) - 1; last >= 0 {
		w := s.free[last]
		s.free = s.free[:last]
		return w, nil
	}
	return &worker{chunk: Chunk{Columns: make([]Vector, len(s.columns))}, consume: s.open()}, nil
}

func (s *sweep) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed == nil {
		s.failed = err
	}
}

// failure is the first error of a consumer. The lock also makes visible here what the consumers wrote on other threads.
func (s *sweep) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// view makes the chunk a view of the arguments of the sink: the handle is the first of them.
func (c *Chunk) view(data duckdb.DataChunk, columns []Column) {
	c.Len = int(duckdb.DataChunkGetSize(data))
	for i, column := range columns {
		if column.Kind.HasNumbers() {
			c.Columns[i] = numberVector(data, i+1, c.Len)
		} else {
			c.Columns[i] = textVector(data, i+1, c.Len, c.Columns[i].Strings)
		}
		c.Columns[i].Kind = column.Kind
	}
}

// textVector is a view of a VARCHAR column; into is the slice of an earlier one, used again.
func textVector(data duckdb.DataChunk, column, size int, into []string) Vector {
	vector := duckdb.DataChunkGetVector(data, duckdb.IdxT(column))
	v := Vector{Strings: append(into[:0], make([]string, size)...), Mask: mask(vector, size)}
	texts := unsafe.Slice((*text)(duckdb.VectorGetData(vector)), size)
	for i := range texts {
		if v.Valid(i) && texts[i].length > 0 {
			bytes := texts[i].bytes()
			v.Strings[i] = unsafe.String(&bytes[0], len(bytes))
		}
	}
	return v
}

// addSink makes the function that sweeps run on known to the engine, once. Whoever can call it can hand rows to a sweep, so
// it has no place beside SQL of a stranger.
func (e *Engine) addSink() error {
	s, err := e.open()
	if err != nil {
		return err
	}
	defer s.close()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fenced {
		return errors.New("the table engine is fenced")
	}
	if e.hasSink {
		return nil
	}
	if err := s.registerSink(); err != nil {
		return err
	}
	e.hasSink = true
	return nil
}
