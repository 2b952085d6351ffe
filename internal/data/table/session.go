package table

import (
	"context"
	"errors"
	"time"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// session is one connection to the engine's database. It runs one statement at a time.
type session struct{ conn duckdb.Connection }

// open gives a fresh connection: they are cheap, and two of them run at once.
func (e *Engine) open() (*session, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return nil, errors.New("the table engine is closed")
	}
	s := &session{}
	if duckdb.Connect(e.database, &s.conn) == duckdb.StateError {
		return nil, errors.New("connect to the table engine")
	}
	return s, nil
}

func (s *session) close() { duckdb.Disconnect(&s.conn) }

// prepare binds a statement without running it. The caller destroys it.
func (s *session) prepare(sql string) (duckdb.PreparedStatement, error) {
	var statement duckdb.PreparedStatement
	if duckdb.Prepare(s.conn, sql, &statement) == duckdb.StateError {
		defer duckdb.DestroyPrepare(&statement)
		return statement, engineError(duckdb.PrepareError(statement))
	}
	return statement, nil
}

// stream runs one statement and hands its result out chunk by chunk while it is still being computed. A chunk and all
// memory that it points to is gone when consume returns.
func (s *session) stream(ctx context.Context, sql string, consume func(duckdb.DataChunk) error) error {
	defer s.interruptOn(ctx)()
	statement, err := s.prepare(sql)
	if err != nil {
		return orCanceled(ctx, err)
	}
	defer duckdb.DestroyPrepare(&statement)
	var pending duckdb.PendingResult
	defer duckdb.DestroyPending(&pending)
	if duckdb.PendingPreparedStreaming(statement, &pending) == duckdb.StateError {
		return orCanceled(ctx, engineError(duckdb.PendingError(pending)))
	}
	var result duckdb.Result
	defer duckdb.DestroyResult(&result)
	if duckdb.ExecutePending(pending, &result) == duckdb.StateError {
		return orCanceled(ctx, engineError(duckdb.ResultError(&result)))
	}
	return orCanceled(ctx, drain(ctx, &result, consume))
}

func drain(ctx context.Context, result *duckdb.Result, consume func(duckdb.DataChunk) error) error {
	for ctx.Err() == nil {
		chunk := duckdb.FetchChunk(*result)
		if chunk.Ptr == nil {
			if message := duckdb.ResultError(result); message != "" {
				return engineError(message)
			}
			return nil
		}
		err := consume(chunk)
		duckdb.DestroyDataChunk(&chunk)
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// exec runs one statement whose result nobody needs.
func (s *session) exec(ctx context.Context, sql string) error {
	return s.stream(ctx, sql, func(duckdb.DataChunk) error { return nil })
}

// interruptEvery: the engine forgets an interrupt that arrives just before a statement starts, so it is repeated.
const interruptEvery = 20 * time.Millisecond

// interruptOn stops the running statement when ctx ends. The returned function ends the watch and waits for it.
func (s *session) interruptOn(ctx context.Context) (release func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-done:
			return
		case <-ctx.Done():
		}
		ticker := time.NewTicker(interruptEvery)
		defer ticker.Stop()
		for {
			duckdb.Interrupt(s.conn)
			select {
			case <-done:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() { close(done); <-ended }
}

// orCanceled prefers the cause of a cancelled context over the engine's word for the interrupt.
func orCanceled(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
