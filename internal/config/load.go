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
		return nil, source.Errorf("assay init drafts one; --config names another", "no config at %s", path)
	}
	if err != nil {
		return nil, source.Errorf("name another with --config", "%v", err)
	}
	return Parse(path, data, inFolder(filepath.Dir(path)))
}

// Parse reads the content of the config file at path; read gives the contracts that it names, whose paths start at the
// config's folder.
func Parse(path string, data []byte, read func(name string) ([]byte, error)) (*Config, error) {
	c := &Config{File: path, Dir: filepath.Dir(path)}
	doc := strict.Parse(path, data)
	if err := doc.Decode(c); err != nil && !doc.HasRoot() {
		return nil, err
	}
	c.fillDefaults()
	checker{doc, c}.config()
	problems := append(doc.Problems(), c.loadContracts(doc, read)...)
	if err := problems.OrNil(); err != nil {
		return nil, err
	}
	return c, nil
}

// LoadNames reads Names of a file.
func LoadNames(path string) (model, name string) {
	data, _ := readBounded(func() (*os.File, error) { return os.OpenFile(path, readOnly, 0) })
	return Names(path, data)
}

// Names are the model and the name that a config gives itself, however broken it is otherwise; "" where that cannot be told.
func Names(path string, data []byte) (model, name string) {
	var c Config
	_ = strict.Decode(path, data, &c) // its problems are told by Parse
	usable := func(value string) string {
		if fault, _ := nameFault(value); fault != "" {
			return ""
		}
		return value
	}
	return usable(c.Model), usable(c.Name)
}

// loadContracts reads the contract of each check. Contracts lie in the folder of the config: a link that leads out of it is
// refused, since an error shows the lines of what it reads.
func (c *Config) loadContracts(doc *strict.Document, read func(string) ([]byte, error)) source.Problems {
	var problems source.Problems
	for i, check := range c.Validate {
		name := check.Contract
		if check.Leakage != nil || !filepath.IsLocal(name) || !doc.IsSound("validate", i) {
			continue
		}
		contract, declared, err := c.readContract(check.Use, read)
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
		c.Validate[i].Promises = contract
		problems = append(problems, c.undeclared(contract)...)
		problems = append(problems, misused(doc, i, check.Use, contract, declared)...)
	}
	return unique(problems)
}

// unique leaves out what two checks with the same contract both say.
func unique(problems source.Problems) source.Problems {
	seen := map[source.Problem]bool{}
	return slices.DeleteFunc(problems, func(p source.Problem) bool {
		again := seen[p]
		seen[p] = true
		return again
	})
}

// misused are the variables and tags of a check that its contract does not know: a word misspelt would pick nothing.
func misused(doc *strict.Document, i int, use schema.Use, contract *schema.Contract, variables []string) source.Problems {
	var problems source.Problems
	if contract == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(use.Variables)) {
		if !slices.Contains(variables, name) {
			problems = append(problems, doc.ProblemAt(fmt.Sprintf("%s has no variable %q", use.Contract, name),
				strict.Suggest(name, variables, "its variables: "+orNone(variables)), "validate", i, "variables", name))
		}
	}
	if wrong := CheckTags(use.Tags, *contract, use.Contract); wrong != nil {
		problems = append(problems, doc.ProblemAt(wrong[0].Message, wrong[0].Hint, "validate", i, "tags"))
	}
	return problems
}

// CheckTags finds the first tag that no rule of a contract has.
func CheckTags(tags []string, contract schema.Contract, file string) source.Problems {
	known := contract.AllTags()
	for _, tag := range tags {
		if !slices.Contains(known, tag) {
			return source.Problems{{Message: fmt.Sprintf("no rule of %s has the tag %q", file, tag), Hint: strict.Suggest(tag, known, "its tags: "+orNone(known))}}
		}
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
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

// inFolder reads files of a folder, and nothing that a link leads to outside of it.
func inFolder(dir string) func(name string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, err
		}
		defer root.Close()
		return readBounded(func() (*os.File, error) { return root.OpenFile(filepath.FromSlash(name), readOnly, 0) })
	}
}

func (c *Config) readContract(use schema.Use, read func(string) ([]byte, error)) (contract *schema.Contract, variables []string, err error) {
	data, err := read(use.Contract)
	if err != nil {
		return nil, nil, err
	}
	return parseContract(filepath.Join(c.Dir, use.Contract), data, use.Variables)
}

// LoadContract reads a contract file.
func LoadContract(path string) (*schema.Contract, error) { return LoadContractWith(path, nil) }

// LoadContractWith reads a contract file, with values for its variables in place of its own.
func LoadContractWith(path string, variables map[string]string) (*schema.Contract, error) {
	data, err := readBounded(func() (*os.File, error) { return os.OpenFile(path, readOnly, 0) })
	if err != nil {
		return nil, source.Errorf("name a contract file", "%v", err)
	}
	return ParseContractWith(path, data, variables)
}

// ParseContract reads the content of a contract file at path.
func ParseContract(path string, data []byte) (*schema.Contract, error) {
	return ParseContractWith(path, data, nil)
}

// ParseContractWith reads the content of a contract file at path, with values for its variables in place of its own.
func ParseContractWith(path string, data []byte, variables map[string]string) (*schema.Contract, error) {
	contract, declared, err := parseContract(path, data, variables)
	for name := range variables {
		if err == nil && !slices.Contains(declared, name) {
			return nil, source.Errorf(strict.Suggest(name, declared, "its variables: "+orNone(declared)), "%s has no variable %q", path, name)
		}
	}
	return contract, err
}

// parseContract also names the variables that the contract declares.
func parseContract(path string, data []byte, given map[string]string) (contract *schema.Contract, variables []string, err error) {
	contract = &schema.Contract{}
	doc := strict.Parse(path, data)
	variables = doc.Expand("variables", given)
	if err := doc.Decode(contract); err != nil && !doc.HasRoot() {
		return nil, nil, err
	}
	contractChecker{doc, contract}.check()
	if err := doc.Problems().OrNil(); err != nil {
		return nil, nil, err
	}
	return contract, variables, nil
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
