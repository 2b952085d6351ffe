package table

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"

	duckdb "github.com/duckdb/duckdb-go-bindings"
)

// Options bound what an engine takes from its machine.
type Options struct {
	Threads     int    // 0: as many as the Go runtime uses, which follows the container's CPU limit
	MemoryLimit int64  // bytes; 0: 60 % of the container's limit, or of the machine's memory
	TempDir     string // where the spill folder is made; empty: the system's folder for temporary files
}

// Engine is one in-memory database with its spill folder. It never opens a network connection and never installs or
// loads an extension: Parquet and JSON are linked in.
type Engine struct {
	database duckdb.Database
	spill    string
	memory   int64

	mu      sync.RWMutex
	closed  bool
	fenced  bool            // SQL of a stranger may run
	hasSink bool            // sweeps may run
	tables  map[string]bool // lower-cased: the engine's names ignore case
	files   map[string]bool // what the engine reads for them
}

// NewEngine starts an engine. Close it in every case: it owns a folder on disk.
func NewEngine(ctx context.Context, options Options) (*Engine, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	spill, err := os.MkdirTemp(options.TempDir, "assay-table-")
	if err != nil {
		return nil, fmt.Errorf("make the table engine's spill folder: %w", err)
	}
	e := &Engine{spill: spill, tables: map[string]bool{}, files: map[string]bool{}}
	if err := e.start(options); err != nil {
		return nil, errors.Join(fmt.Errorf("start the table engine: %w", err), os.RemoveAll(spill))
	}
	return e, nil
}

func (e *Engine) start(options Options) error {
	var config duckdb.Config
	defer duckdb.DestroyConfig(&config)
	if duckdb.CreateConfig(&config) == duckdb.StateError {
		return errors.New("create its configuration")
	}
	for _, setting := range e.settings(options) {
		if duckdb.SetConfig(config, setting[0], setting[1]) == duckdb.StateError {
			return fmt.Errorf("set %s to %q", setting[0], setting[1])
		}
	}
	var message string
	if duckdb.OpenExt("", &e.database, config, &message) == duckdb.StateError {
		duckdb.Close(&e.database)
		return engineError(message)
	}
	// Times with a zone print the same on every machine.
	if err := e.exec(context.Background(), "SET GLOBAL TimeZone = 'UTC'"); err != nil {
		duckdb.Close(&e.database)
		return err
	}
	return nil
}

func (e *Engine) settings(options Options) [][2]string {
	if options.Threads < 1 {
		options.Threads = runtime.GOMAXPROCS(0)
	}
	if options.MemoryLimit < 1 {
		options.MemoryLimit = ShareOf(0)
	}
	settings := [][2]string{
		{"threads", strconv.Itoa(options.Threads)},
		{"temp_directory", e.spill},
		{"autoinstall_known_extensions", "false"},
		{"autoload_known_extensions", "false"},
		// Rows keep the order of their files: row numbers and samples depend on it, and sums of floats come out the same each time.
		{"preserve_insertion_order", "true"},
		{"allow_community_extensions", "false"},
	}
	if e.memory = options.MemoryLimit; e.memory > 0 {
		settings = append(settings, [2]string{"memory_limit", strconv.FormatInt(options.MemoryLimit, 10) + "B"})
	}
	return settings
}

// MemoryLimit is what the engine may take, in bytes; 0 where nothing is known. What reads its columns into memory keeps to a
// part of it.
func (e *Engine) MemoryLimit() int64 { return e.memory }

// Close ends the engine and removes its spill folder. It may be called twice.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	duckdb.Close(&e.database)
	if err := os.RemoveAll(e.spill); err != nil {
		return fmt.Errorf("remove the table engine's spill folder: %w", err)
	}
	return nil
}

// claim takes a table's name, or reports that it is taken.
func (e *Engine) claim(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := strings.ToLower(name)
	if e.tables[key] {
		return false
	}
	e.tables[key] = true
	return true
}

// allow notes the files of a table for the fence.
func (e *Engine) allow(files []file) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range files {
		e.files[f.stored] = true
	}
}

func (e *Engine) release(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.tables, strings.ToLower(name))
}
