package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// session is what the steps of one run share.
type session struct {
	options Options
	config  *config.Config
	steps   []string
	engine  *table.Engine
	tables  map[string]*table.Table
	spoiled map[string]finding.Answer // tables that cannot be read
	fenced  *table.Engine             // for users' SQL, nil until needed
	behind  map[string]*table.Table   // the same tables in it
	scratch string                    // a temporary folder, "" until needed
	metrics *metric.Set               // what training reported, nil until then
	skip    string                    // why later steps that need metrics cannot run
}

func newSession(options Options, names []string) *session {
	return &session{options: options, config: options.Config, steps: names, skip: options.Untrained,
		tables: map[string]*table.Table{}, spoiled: map[string]finding.Answer{}}
}

// openTables opens each table that the steps read, once. A table that several of them read, or a search for leakage rule by
// rule, is loaded; one that is read once is scanned where it lies. A table that is not there is an error before any step starts; one that cannot be read
// spoils the steps that need it.
func (s *session) openTables(ctx context.Context) error {
	uses := map[string]int{}
	for _, step := range choose(s.steps) {
		for _, name := range step.tables(s.config) {
			uses[name]++
		}
	}
	if len(uses) == 0 {
		return nil
	}
	for _, check := range s.config.Validate {
		for _, name := range tablesOf(s.config, check) {
			if check.Leakage != nil && uses[name] > 0 {
				uses[name]++
			}
		}
	}
	var err error
	if s.engine, err = table.NewEngine(ctx, table.Options{}); err != nil {
		return err
	}
	var missing source.Problems // all of them at once
	for _, name := range sortedKeys(uses) {
		opened, err := s.engine.Open(ctx, name, s.config.Dir, s.spec(name), uses[name] > 1)
		var wrong source.Problems
		switch answer, isData := unreadable(name, s.config.Sensitive(), err); {
		case err == nil:
			s.tables[name] = opened
		case isData:
			s.spoiled[name] = answer
		case errors.As(err, &wrong):
			missing = append(missing, wrong...)
		default:
			return fmt.Errorf("open table %s: %w", name, err)
		}
	}
	return missing.OrNil()
}

// spec is a table as the config declares it. What one contract calls sensitive is so in every table: they share columns.
func (s *session) spec(name string) table.Spec {
	spec := s.config.Data[name]
	spec.Sensitive = s.config.Sensitive()
	return spec
}

// fencedTables are the tables in an engine of their own, which reads nothing else: for SQL that comes with a pull request.
func (s *session) fencedTables(ctx context.Context) (map[string]*table.Table, error) {
	if s.behind != nil {
		return s.behind, nil
	}
	var err error
	// Both engines are there at once; the other one has little to do in the meantime.
	if s.fenced, err = table.NewEngine(ctx, table.Options{MemoryLimit: table.DefaultMemoryLimit() / 2}); err != nil {
		return nil, err
	}
	behind := map[string]*table.Table{}
	for _, name := range sortedKeys(s.config.Data) {
		opened, err := s.fenced.Open(ctx, name, s.config.Dir, s.spec(name), false)
		switch {
		case err == nil:
			behind[name] = opened
		case s.tables[name] != nil:
			return nil, fmt.Errorf("open table %s for SQL: %w", name, err)
		default: // no step needs it; SQL that does says that there is no such table
		}
	}
	if err := s.fenced.Fence(ctx); err != nil {
		return nil, err
	}
	s.behind = behind
	return behind, nil
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// close ends the engine and removes the temporary folder.
func (s *session) close() {
	for _, engine := range []*table.Engine{s.engine, s.fenced} {
		if engine != nil {
			engine.Close()
		}
	}
	if s.scratch != "" {
		os.RemoveAll(s.scratch)
	}
}

// folder is a temporary folder that lives as long as the session. Other users may read it: the training command runs as
// one.
func (s *session) folder() (string, error) {
	if s.scratch != "" {
		return s.scratch, nil
	}
	dir, err := os.MkdirTemp("", "assay-run-")
	if err != nil {
		return "", err
	}
	s.scratch = dir
	return dir, os.Chmod(dir, 0o755)
}

// path is a path of the config as the file system has it.
func (s *session) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.config.Dir, name)
}

// metricsPath is where training writes the metrics and where the gates read them.
func (s *session) metricsPath() string { return s.path(s.config.MetricsPath()) }
