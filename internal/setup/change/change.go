// Package change is what somebody may do to files of a repository: it is shown as a diff first, and then written as a whole or
// not at all. It knows bytes and lines, and nothing of what they mean.
package change

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/rogpeppe/go-internal/diff"
)

// File is one file as it is and as it would be. Path starts at the repository's root and has slashes.
type File struct {
	Path string
	Old  []byte // nil: there is none
	New  []byte
}

// Diff is the change in the unified form, nil for none.
func (f File) Diff() []byte {
	old := "a/" + f.Path
	if f.Old == nil {
		old = "/dev/null"
	}
	return diff.Diff(old, f.Old, "b/"+f.Path, f.New)
}

// Write does what the diffs show. A file that came, went or changed since then is left alone, and is an error; nothing is
// written outside of root, through links neither.
func Write(root *os.Root, files ...File) error {
	for _, f := range files {
		write := replace
		if f.Old == nil {
			write = create
		}
		if err := write(root, f); err != nil {
			return fmt.Errorf("write %s: %w", f.Path, err)
		}
	}
	return nil
}

// create never overwrites.
func create(root *os.Root, f File) error {
	if err := root.MkdirAll(path.Dir(f.Path), 0o755); err != nil {
		return err
	}
	return fill(root, f.Path, f.New, 0o644)
}

// fill makes a file that is not there yet. One that could not be written to its end does not stay.
func fill(root *os.Root, name string, data []byte, mode fs.FileMode) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, root.Remove(name))
	}
	return nil
}

// replace writes beside the file and renames, so that a reader sees the old text or the new one.
func replace(root *os.Root, f File) error {
	info, err := root.Lstat(f.Path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is no regular file")
	}
	now, err := root.ReadFile(f.Path)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, f.Old) {
		return errors.New("it was changed in the meantime: look again")
	}
	beside := path.Join(path.Dir(f.Path), "."+path.Base(f.Path)+".assay")
	if err := fill(root, beside, f.New, info.Mode().Perm()); err != nil {
		return err
	}
	if err := root.Rename(beside, f.Path); err != nil {
		return errors.Join(err, root.Remove(beside))
	}
	return nil
}
