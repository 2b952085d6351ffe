package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/assay-ml/assay/internal/check/drift"
	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/data/profile"
	"github.com/assay-ml/assay/internal/data/table"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// session is what the steps of one run share.
type session struct {
	options  Options
	config   *config.Config
	steps    []string
	places   *Places
	specs    map[string]table.Spec // of tables that were found
	engine   *table.Engine
	tables   map[string]*table.Table
	profiles map[string]*profile.Profile // of the references of drift that are no tables
	spoiled  map[string]finding.Answer   // tables that cannot be read
	fenced   *table.Engine               // for users' SQL, nil until needed
	behind   map[string]*table.Table     // the same tables in it
	scratch  string                      // a temporary folder, "" until needed
	metrics  *metric.Set                 // what training reported, nil until then
	skip     string                      // why later steps that need metrics cannot run
}

func newSession(options Options, names []string) *session {
	return &session{options: options, config: options.Config, steps: names, skip: options.Untrained,
		places: NewPlaces(options.Remote, options.Config.S3), specs: map[string]table.Spec{},
		profiles: map[string]*profile.Profile{}, tables: map[string]*table.Table{}, spoiled: map[string]finding.Answer{}}
}

// openTables opens each table that the steps read, once. A table that several of them read, or a search for leakage rule by
// rule, is loaded; one that is read once is scanned where it lies. A table that is not there is an error before any step
// starts; one that cannot be read spoils the steps that need it.
func (s *session) openTables(ctx context.Context) error {
	uses := s.uses()
	missing, err := s.find(ctx, sortedKeys(uses)) // all of them at once
	if err != nil {
		return err
	}
	if err := s.openProfiles(ctx); err != nil {
		return err
	}
	if len(uses) == 0 {
		return missing.OrNil()
	}
	if err := s.startEngine(ctx); err != nil {
		return err
	}
	names := slices.DeleteFunc(sortedKeys(uses), func(name string) bool { _, found := s.specs[name]; return !found })
	tables, errs := make([]*table.Table, len(names)), make([]error, len(names))
	var opening sync.WaitGroup // side by side: finding out the types of one file keeps one thread busy
	for i, name := range names {
		opening.Go(func() {
			tables[i], errs[i] = s.engine.Open(ctx, name, s.config.Dir, s.spec(name), uses[name] > 1)
		})
	}
	opening.Wait()
	return s.keep(names, tables, errs, missing)
}

// uses counts how often the steps read each table; a search for leakage does so many times.
func (s *session) uses() map[string]int {
	uses := map[string]int{}
	for _, step := range choose(s.steps) {
		if s.isLate(step) {
			continue
		}
		for _, name := range step.tables(s.config) {
			uses[name]++
		}
	}
	for _, check := range s.config.Validate {
		for _, name := range tablesOf(s.config, check) {
			if check.Leakage != nil && uses[name] > 0 {
				uses[name]++
			}
		}
	}
	return uses
}

// openProfiles reads the profiles that drift takes in place of a reference, where it does.
func (s *session) openProfiles(ctx context.Context) error {
	if !slices.Contains(s.steps, "drift") {
		return nil
	}
	for _, spec := range []*drift.Spec{s.config.Drift, s.config.DriftOfBase} {
		if spec == nil || !s.config.Data[spec.Reference].IsProfile() || s.profiles[spec.Reference] != nil {
			continue
		}
		found, err := s.places.Find(ctx, s.config.Data[spec.Reference])
		if err != nil {
			return err
		}
		path := s.path(found.Path)
		if found.Fetched != nil {
			for _, path = range found.Fetched.Local { // a profile's place names one file
			}
		}
		if s.profiles[spec.Reference], err = profile.Load(path, found.Path); err != nil {
			return err
		}
	}
	return nil
}

// keep notes what came of opening the tables, besides the problems that there are already.
func (s *session) keep(names []string, tables []*table.Table, errs []error, missing source.Problems) error {
	for i, name := range names {
		var wrong source.Problems
		switch answer, isData := unreadable(name, s.config.Sensitive(), errs[i]); {
		case errs[i] == nil:
			s.tables[name] = tables[i]
		case isData:
			s.spoiled[name] = answer
		case errors.As(errs[i], &wrong):
			missing = append(missing, wrong...)
		default:
			return fmt.Errorf("open table %s: %w", name, errs[i])
		}
	}
	return missing.OrNil()
}

// find brings the tables that the steps read onto this machine, and those that others name: the training command, and SQL.
func (s *session) find(ctx context.Context, names []string) (source.Problems, error) {
	var missing source.Problems
	for _, name := range unique(slices.Concat(names, s.named())) {
		spec, err := s.places.Find(ctx, s.config.Data[name])
		var wrong source.Problems
		switch {
		case err == nil:
			s.specs[name] = spec
		case errors.As(err, &wrong):
			missing = append(missing, wrong...)
		default:
			return nil, fmt.Errorf("open table %s: %w", name, err)
		}
	}
	return missing, nil
}

// named are the tables that no step reads itself: those that the training command is given as they lie, and those whose
// names stand in the SQL of a contract.
func (s *session) named() []string {
	var names []string
	if t := s.config.Train; t != nil && slices.Contains(s.steps, "train") {
		for _, name := range []string{t.TrainTable, t.TestTable} {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	for _, check := range s.config.Validate {
		contract := check.Promises
		if contract == nil || !slices.Contains(s.steps, "validate") {
			continue
		}
		for name := range s.config.Data {
			if mentions(*contract, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// mentions reports whether a table's name stands in the SQL of a contract; there it may be written in any case.
func mentions(contract schema.Contract, table string) bool {
	return slices.ContainsFunc(contract.Rules, func(r schema.SQLRule) bool {
		text := strings.Join([]string{r.Query.Get(""), r.Rule.Get(""), r.Where.Get("")}, "\n")
		return strings.Contains(strings.ToLower(text), strings.ToLower(table))
	})
}

// spec is a table as the config declares it, and as it was found. What one contract calls sensitive is so in every table:
// they share columns.
func (s *session) spec(name string) table.Spec {
	spec, found := s.specs[name]
	if !found {
		spec = s.config.Data[name]
	}
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
	if s.fenced, err = table.NewEngine(ctx, table.Options{MemoryLimit: table.ShareOf(s.options.Memory) / 2}); err != nil {
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

// close ends the engine, gives up what was fetched and removes the temporary folder.
func (s *session) close() {
	for _, engine := range []*table.Engine{s.engine, s.fenced} {
		if engine != nil {
			engine.Close()
		}
	}
	if s.scratch != "" {
		os.RemoveAll(s.scratch)
	}
	s.places.Close()
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
