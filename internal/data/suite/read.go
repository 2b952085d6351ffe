package suite

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Options say how a run is read.
type Options struct {
	Format   string // "" to tell it by the content
	Category string // field of the items' categories; "" for category
	Model    string // whose answers are read, where several models' stand at a path; "" for all
}

func (o Options) category() string {
	if o.Category == "" {
		return "category"
	}
	return o.Category
}

// The bounds of a folder: how deep its files may lie, and how many are looked at.
const (
	maxDepth = 4
	maxFiles = 10_000
)

// ErrNotFound says that nothing lies at a path.
var ErrNotFound = errors.New("there is no file or folder")

// Read reads the run that a file or a folder holds. A relative path starts at dir, and no link leads out of it.
func Read(dir, name string, options Options) (Run, error) {
	if !filepath.IsLocal(name) {
		absolute, err := filepath.Abs(filepath.Join(dir, name))
		if filepath.IsAbs(name) {
			absolute, err = name, nil
		}
		if err != nil {
			return Run{}, err
		}
		dir, name = filepath.Dir(absolute), filepath.Base(absolute)
	}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Run{}, fmt.Errorf("%w at %s", ErrNotFound, name)
	}
	if err != nil {
		return Run{}, err
	}
	defer root.Close()
	r := &reader{root: root, options: options, claimed: map[string]bool{}, left: maxRun}
	files, err := r.list(filepath.ToSlash(filepath.Clean(name)))
	if err != nil {
		return Run{}, err
	}
	return r.read(files)
}

// reader reads one run.
type reader struct {
	root    *os.Root
	options Options
	left    int64           // bytes that may still be read
	claimed map[string]bool // files that were read with another one
	ignored []string
	others  []string // models that were not asked for
	suites  []Suite
}

// list is the files at a path that may hold suites.
func (r *reader) list(name string) ([]string, error) {
	info, err := r.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w at %s", ErrNotFound, name)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return []string{name}, nil
	}
	var files []string
	err = fs.WalkDir(r.root.FS(), name, func(found string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.Count(found, "/") > strings.Count(name, "/")+maxDepth:
			return fs.SkipDir
		case entry.Type().IsRegular() && slices.Contains([]string{".json", ".jsonl", ".eval"}, path.Ext(found)):
			files = append(files, found)
		}
		if len(files) > maxFiles {
			return fmt.Errorf("%s holds more than %d files", name, maxFiles)
		}
		return nil
	})
	return files, err
}

// read reads all files: those that say what others hold come first.
func (r *reader) read(files []string) (Run, error) {
	kinds := make([]kind, len(files))
	for i, file := range files {
		var err error
		if kinds[i], err = r.detect(file); err != nil {
			return Run{}, err
		}
	}
	for _, isSecond := range []bool{false, true} {
		for i, file := range files {
			if k := kinds[i]; k.isSecond == isSecond && k.read != nil && !r.claimed[file] {
				r.open(file, k)
			}
		}
	}
	for i, file := range files {
		if kinds[i].read == nil && !r.claimed[file] {
			r.ignored = append(r.ignored, file)
		}
	}
	run := Run{Suites: r.unique(), Notes: r.notes()}
	switch {
	case len(run.Suites) > maxSuites:
		return run, fmt.Errorf("more than %d suites are in it", maxSuites)
	case len(run.Suites) == 0 && len(r.others) > 0:
		slices.Sort(r.others)
		return run, fmt.Errorf("nothing in it is of %s; there are: %s", r.options.Model, strings.Join(slices.Compact(r.others), ", "))
	case len(run.Suites) == 0:
		return run, fmt.Errorf("no evaluation suite is known in it: formats are %s", strings.Join(Formats(), ", "))
	}
	return run, nil
}

// open reads one file. One that cannot be read is a suite of which nothing is known but why.
func (r *reader) open(file string, k kind) {
	in, err := r.root.Open(file)
	var suites []Suite
	if err == nil {
		defer in.Close()
		suites, err = k.read(r, file, in)
	}
	if err != nil && len(suites) == 0 {
		suites = []Suite{{}}
	}
	for i := range suites {
		s := &suites[i]
		s.Format, s.File, s.Name = k.format, cmp.Or(s.File, file), cmp.Or(s.Name, strings.TrimSuffix(path.Base(file), path.Ext(file)))
		if err != nil {
			s.Why = err.Error()
		}
		s.forgetEmpty()
		if r.options.Model != "" && s.Model != "" && s.Model != r.options.Model {
			r.others = append(r.others, s.Model)
			continue
		}
		r.suites = append(r.suites, *s)
	}
}

// unique are the suites, of which one that stands in two files may not be judged: nobody can tell which one is meant.
func (r *reader) unique() []Suite {
	var all []Suite
	index := map[string]int{}
	for _, s := range r.suites {
		i, again := index[s.Name]
		if !again {
			index[s.Name] = len(all)
			all = append(all, s)
			continue
		}
		all[i].Why = fmt.Sprintf("%s stands in %s and in %s: name one of the files", s.Name, all[i].File, s.File)
	}
	return all
}

// maxNamed bounds the files that a note names.
const maxNamed = 5

func (r *reader) notes() []string {
	if len(r.ignored) == 0 {
		return nil
	}
	names := strings.Join(r.ignored[:min(len(r.ignored), maxNamed)], ", ")
	if len(r.ignored) > maxNamed {
		names += ", …"
	}
	return []string{"no items of a known form in " + names}
}

// kind is what a file holds.
type kind struct {
	format   string
	isSecond bool // read after the others, which may claim it
	read     func(r *reader, file string, in *os.File) ([]Suite, error)
}

// maxHead is how much of a file is looked at to tell its format.
const maxHead = 1 << 20

// detect tells the format of a file by its content; the zero kind is none that is known.
func (r *reader) detect(file string) (kind, error) {
	in, err := r.root.Open(file)
	if err != nil {
		return kind{}, err
	}
	defer in.Close()
	head, err := io.ReadAll(io.LimitReader(in, maxHead))
	if err != nil {
		return kind{}, err
	}
	k := kindOf(head)
	if r.options.Format != "" && r.options.Format != k.format {
		return kind{}, nil
	}
	return k, nil
}

// signs are the keys at the top of a file by which its format is known, and those of the lines of one.
var signs = []struct {
	keys []string
	kind kind
}{
	{[]string{"version", "status", "eval"}, kind{format: Inspect, read: (*reader).inspectLog}},
	{[]string{"evalId", "results"}, kind{format: Promptfoo, read: (*reader).promptfoo}},
	{[]string{"benchmark", "sdk_version"}, kind{format: NeMo, read: (*reader).bundle}},
	{[]string{"results", "configs"}, kind{format: LMEval, read: (*reader).lmEval}},
	{[]string{"doc_id", "metrics", "filter"}, kind{LMEval, true, (*reader).lmEvalSamples}},
	{[]string{"problem_idx", "reward", "metadata"}, kind{NeMo, true, (*reader).nemoResults}},
	{[]string{"id", "score"}, kind{Lines, true, (*reader).jsonLines}},
}

// kindOf tells a format by the beginning of a file.
func kindOf(head []byte) kind {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return kind{format: Inspect, read: (*reader).inspectArchive}
	}
	keys := topKeys(head)
	for _, sign := range signs {
		if !slices.ContainsFunc(sign.keys, func(key string) bool { return !slices.Contains(keys, key) }) {
			return sign.kind
		}
	}
	return kind{}
}

// topKeys are the keys of the object that a text begins with, as far as the text goes.
func topKeys(head []byte) []string {
	left := int64(len(head)) + 1
	s := newStream(bytes.NewReader(head), &left)
	var keys []string
	_ = s.members(func(key string) error {
		keys = append(keys, key)
		return s.skip()
	})
	return keys
}

// decode reads one line.
func decode[T any](line []byte) (T, error) {
	var into T
	err := json.Unmarshal(line, &into)
	return into, err
}
