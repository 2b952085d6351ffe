package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/assay-ml/assay/internal/check/schema"
	"github.com/assay-ml/assay/internal/config/strict"
	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/source"
)

// Load reads a config and the contracts that it names. An error of type source.Problems lists all that is wrong with
// them.
func Load(path string) (*Config, error) {
	data, err := readBounded(func() (*os.File, error) { return os.OpenFile(path, readOnly, 0) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil, source.Errorf("write one (assay demo makes an example), or name another with --config", "no config at %s", path)
	}
	if err != nil {
		return nil, source.Errorf("name another with --config", "%v", err)
	}
	return parse(path, data)
}

// parse reads the content of the config file at path.
func parse(path string, data []byte) (*Config, error) {
	c := &Config{File: path, Dir: filepath.Dir(path), Contracts: map[string]*schema.Contract{}}
	doc := strict.Parse(path, data)
	if err := doc.Decode(c); err != nil && !doc.HasRoot() {
		return nil, err
	}
	c.fillDefaults()
	checker{doc, c}.config()
	problems := append(doc.Problems(), c.loadContracts(doc)...)
	if err := problems.OrNil(); err != nil {
		return nil, err
	}
	return c, nil
}

// loadContracts reads each contract once. Contracts lie in the folder of the config: a link that leads out of it is
// refused, since an error shows the lines of what it reads.
func (c *Config) loadContracts(doc *strict.Document) source.Problems {
	var problems source.Problems
	seen := map[string]bool{}
	for i, check := range c.Validate {
		name := check.Contract
		if check.Leakage != nil || !filepath.IsLocal(name) || seen[name] || !doc.IsSound("validate", i) {
			continue
		}
		seen[name] = true
		contract, err := c.readContract(name)
		var wrong source.Problems
		switch {
		case errors.As(err, &wrong):
			problems = append(problems, wrong...)
		case errors.Is(err, fs.ErrNotExist):
			problems = append(problems, doc.ProblemAt("no contract at "+filepath.Join(c.Dir, name),
				"paths start at the folder of "+c.File, "validate", i, "contract"))
		case err != nil:
			problems = append(problems, doc.ProblemAt(fmt.Sprintf("cannot read contract %s: %v", name, err),
				"a contract lies in the folder of "+c.File, "validate", i, "contract"))
		}
		c.Contracts[name] = contract
		problems = append(problems, c.undeclared(contract)...)
	}
	return problems
}

// undeclared are the tables that a contract names beside its own and that the config does not declare.
func (c *Config) undeclared(contract *schema.Contract) source.Problems {
	if contract == nil {
		return nil
	}
	var problems source.Problems
	for _, other := range contract.Others() {
		if _, ok := c.Data[other.Value]; !ok {
			problems = append(problems, source.Problem{Pos: other.Pos, Message: fmt.Sprintf("table %q is not under data in %s", other.Value, c.File),
				Hint: strict.Suggest(other.Value, slices.Sorted(maps.Keys(c.Data)), "declare it there")})
		}
	}
	return problems
}

func (c *Config) readContract(name string) (*schema.Contract, error) {
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := readBounded(func() (*os.File, error) { return root.OpenFile(filepath.FromSlash(name), readOnly, 0) })
	if err != nil {
		return nil, err
	}
	return ParseContract(filepath.Join(c.Dir, name), data)
}

// LoadContract reads a contract file.
func LoadContract(path string) (*schema.Contract, error) {
	data, err := readBounded(func() (*os.File, error) { return os.OpenFile(path, readOnly, 0) })
	if err != nil {
		return nil, source.Errorf("name a contract file", "%v", err)
	}
	return ParseContract(path, data)
}

// ParseContract reads the content of a contract file at path.
func ParseContract(path string, data []byte) (*schema.Contract, error) {
	contract := &schema.Contract{}
	doc := strict.Parse(path, data)
	if err := doc.Decode(contract); err != nil && !doc.HasRoot() {
		return nil, err
	}
	contractChecker{doc, contract}.check()
	if err := doc.Problems().OrNil(); err != nil {
		return nil, err
	}
	return contract, nil
}

// readOnly does not wait for the writer of a named pipe.
const readOnly = os.O_RDONLY | syscall.O_NONBLOCK

// readBounded reads a file up to one byte more than a config may have: the reader then says that it is too large. What
// is no regular file is refused.
func readBounded(open func() (*os.File, error)) ([]byte, error) {
	file, err := open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", file.Name())
	}
	return io.ReadAll(io.LimitReader(file, strict.MaxSize+1))
}

// MissingData lists the tables whose path leads to no file, all at once. Patterns are left to
// the table engine, and what lies elsewhere or depends on the environment to the run.
func (c *Config) MissingData() source.Problems {
	var problems source.Problems
	for name, spec := range c.Data {
		if strings.ContainsAny(spec.Path, "*?[") || strings.Contains(spec.Path, variable) || blob.IsRemote(spec.Path) {
			continue
		}
		path := spec.Path
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.Dir, path)
		}
		if _, err := os.Stat(path); err != nil {
			problems = append(problems, source.Problem{Pos: spec.Pos, Message: fmt.Sprintf("table %s: no file at %s", name, path),
				Hint: "paths start at the folder of " + c.File})
		}
	}
	return problems
}
