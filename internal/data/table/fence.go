package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fence makes the engine fit for SQL that a stranger wrote: from now on it reads the files of the tables that are open, and
// its own spill folder, and nothing else; it loads no extension, and its settings stay as they are. It cannot be undone.
// Query runs nothing but one SELECT in any case. An engine that has swept a table is refused: its sink could be called.
func (e *Engine) Fence(ctx context.Context) error {
	files, err := e.fencedFiles()
	if err != nil {
		return fmt.Errorf("fence the table engine: %w", err)
	}
	// The order matters: paths can no longer be allowed once external access is off (duckdb.org, Securing DuckDB).
	for _, statement := range []string{
		"SET allowed_directories=[" + Literal(e.spill) + "]",
		"SET allowed_paths=[" + strings.Join(files, ", ") + "]",
		"SET enable_external_access=false",
		"SET lock_configuration=true",
	} {
		if err := e.exec(ctx, statement); err != nil {
			return fmt.Errorf("fence the table engine: %w", err)
		}
	}
	return nil
}

// fencedFiles marks the engine as fenced and lists what it may read from then on.
func (e *Engine) fencedFiles() ([]string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hasSink {
		return nil, errors.New("it has swept a table")
	}
	e.fenced = true
	files := make([]string, 0, len(e.files))
	for file := range e.files {
		files = append(files, Literal(file))
	}
	slices.Sort(files)
	return files, nil
}
