package table

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/source"
)

// find lists the files of a spec in order, with their compression, encoding and partition folders, and their format.
func (e *Engine) find(ctx context.Context, dir string, spec Spec) (files []file, format string, err error) {
	base, paths, err := e.expand(ctx, dir, spec)
	if err != nil {
		return nil, "", err
	}
	for _, path := range paths {
		ext, compressed := extensions(path)
		own := spec.Format
		if own == "" {
			own = formatsByExtension[ext]
		}
		if own == "" {
			return nil, "", specProblem(spec, "cannot tell the format of "+path+" from its name", "add format: csv, parquet or jsonl")
		}
		if format != "" && own != format {
			return nil, "", specProblem(spec, fmt.Sprintf("%s is %s, but %s is %s", paths[0], format, path, own), "narrow the path to one format, or declare format")
		}
		format = own
		f := file{path: path, local: path, stored: path, compression: compressions[compressed], partitions: partitionsOf(base, path)}
		if f.compression == "" {
			f.compression = uncompressed
		}
		if spec.Fetched != nil {
			f.local, f.stored = spec.Fetched.Local[path], spec.Fetched.Local[path]
		}
		files = append(files, f)
	}
	return files, format, samePartitions(files)
}

// expand turns the path of a spec into existing files, and names the folder below which partition folders count.
func (e *Engine) expand(ctx context.Context, dir string, spec Spec) (base string, paths []string, err error) {
	if spec.Fetched != nil {
		return spec.Fetched.Base, slices.Sorted(maps.Keys(spec.Fetched.Local)), nil
	}
	path := spec.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		paths, err = filesBelow(path, spec.Format)
		base = path
	case err == nil:
		return filepath.Dir(path), []string{path}, nil
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(spec.Path, "*?["):
		base, paths, err = e.glob(ctx, dir, spec.Path)
	case errors.Is(err, fs.ErrNotExist):
		return "", nil, &NotFoundError{Path: path, Pos: spec.Pos}
	}
	if err != nil {
		return "", nil, specProblem(spec, "cannot read "+path+": "+err.Error(), "")
	}
	if len(paths) == 0 {
		return "", nil, &NotFoundError{Path: path, Pos: spec.Pos}
	}
	return base, paths, nil
}

// filesBelow lists a folder's data files, those in folders below it included, by path. Hidden ones and those of names
// such as _SUCCESS are skipped, as is everything of an unknown extension unless the format is declared.
func filesBelow(folder, format string) ([]string, error) {
	var paths []string
	folder += string(filepath.Separator) // follows the folder where it is a symbolic link
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != folder && (strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_")) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.IsDir() && isNamedAsData(path, format) {
			paths = append(paths, filepath.Clean(path))
		}
		return nil
	})
	return paths, err
}

// isNamedAsData reports whether the ending of a name is that of a data file; where the format is declared, every one is.
func isNamedAsData(path, format string) bool {
	ext, _ := extensions(path)
	return format != "" || formatsByExtension[ext] != ""
}

// IsDataFile reports whether a file below a folder, named by its path from there, belongs to the folder's table: hidden ones,
// those of names such as _SUCCESS, and those of unknown endings do not.
func IsDataFile(relative, format string) bool {
	for part := range strings.SplitSeq(relative, "/") {
		if strings.HasPrefix(part, ".") || strings.HasPrefix(part, "_") {
			return false
		}
	}
	return isNamedAsData(relative, format)
}

// glob expands a pattern with the engine's own glob, which knows ** as well; the folder itself is taken literally.
func (e *Engine) glob(ctx context.Context, dir, pattern string) (base string, paths []string, err error) {
	if base = dir; filepath.IsAbs(pattern) {
		base = ""
	} else {
		pattern = filepath.Join(literalGlob.Replace(dir), pattern)
	}
	result, err := e.Query(ctx, "SELECT file FROM glob("+Literal(pattern)+") ORDER BY file")
	if err != nil {
		return "", nil, err
	}
	for _, row := range result.Rows {
		paths = append(paths, filepath.Clean(row[0].Text))
	}
	slices.Sort(paths)
	return base, paths, nil
}

var literalGlob = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]")

// partitionsOf lists the key=value folders of path below base.
func partitionsOf(base, path string) []partition {
	relative, err := filepath.Rel(base, filepath.Dir(path))
	if err != nil {
		return nil
	}
	var partitions []partition
	for part := range strings.SplitSeq(filepath.ToSlash(relative), "/") {
		if key, value, found := strings.Cut(part, "="); found && key != "" {
			partitions = append(partitions, partition{key, value})
		}
	}
	return partitions
}

func samePartitions(files []file) error {
	for _, f := range files[1:] {
		if !slices.Equal(f.keys(), files[0].keys()) {
			return &MalformedError{File: f.path, Reason: fmt.Sprintf("its folders have the partition keys %s, those of %s have %s",
				nameList(f.keys()), files[0].path, nameList(files[0].keys()))}
		}
	}
	return nil
}

// prepare settles the encoding of text files and leaves behind what the engine can read.
func (e *Engine) prepare(files []file, format string, spec Spec) error {
	for i := range files {
		f := &files[i]
		info, err := os.Stat(f.local)
		if err != nil {
			return specProblem(spec, "cannot read "+f.path+": "+err.Error(), "")
		}
		f.size = info.Size()
		if format == "parquet" {
			continue
		}
		if f.encoding, err = encodingOf(*f, spec.Encoding); err != nil {
			return unreadableFile(*f, err)
		}
		if f.encoding != "utf-8" {
			if *f, err = storeUTF8(*f, e.spill); err != nil {
				return unreadableFile(*f, err)
			}
		}
	}
	return nil
}

func unreadableFile(f file, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	return &MalformedError{File: f.path, Reason: err.Error()}
}

func specProblem(spec Spec, message, hint string) error {
	return source.Problems{{Pos: spec.Pos, Message: message, Hint: hint}}
}

// maxNames bounds how many columns a message names.
const maxNames = 8

func nameList(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	var shown []string
	for _, name := range names[:min(len(names), maxNames)] {
		shown = append(shown, quoted(name))
	}
	if more := len(names) - maxNames; more > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(shown, ", ")
}
