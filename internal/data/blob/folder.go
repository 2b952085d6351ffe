package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Folder is a Store whose objects are the files below a folder of this machine. The version of a file is its size and
// its time. Links that lead out of the folder are not followed.
type Folder struct{ root *os.Root }

// OpenFolder opens a folder. Close it.
func OpenFolder(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{root}, nil
}

// Close gives the folder back.
func (f *Folder) Close() error { return f.root.Close() }

// List walks the folder.
func (f *Folder) List(ctx context.Context, prefix string) ([]Object, error) {
	var found []Object
	err := fs.WalkDir(f.root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if !entry.Type().IsRegular() || !strings.HasPrefix(path, prefix) {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		found = append(found, describe(path, info))
		return nil
	})
	if err != nil {
		return nil, f.explain(prefix, err)
	}
	slices.SortFunc(found, func(a, b Object) int { return strings.Compare(a.Key, b.Key) })
	if len(found) > MaxListed {
		return nil, TooManyError(f.name(prefix))
	}
	return found, nil
}

// Stat looks at a file.
func (f *Folder) Stat(ctx context.Context, key string) (Object, error) {
	if ctx.Err() != nil {
		return Object{}, context.Cause(ctx)
	}
	info, err := f.root.Stat(filepath.FromSlash(key))
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Object{}, f.explain(key, err)
	}
	return describe(key, info), nil
}

// ReadRange opens a file.
func (f *Folder) ReadRange(_ context.Context, object Object, offset, length int64) (io.ReadCloser, error) {
	file, err := f.root.Open(filepath.FromSlash(object.Key))
	if err != nil {
		return nil, f.explain(object.Key, err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(f.explain(object.Key, err), file.Close())
	}
	if describe(object.Key, info).Version != object.Version {
		return nil, errors.Join(ChangedError(f.name(object.Key)), file.Close())
	}
	return section{io.NewSectionReader(file, offset, length), file}, nil
}

// Put writes a file beside its place and links it there: a link, unlike a renaming, does not take what lies there away.
func (f *Folder) Put(ctx context.Context, key string, content io.ReadSeeker, size int64) error {
	name := filepath.FromSlash(key)
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := f.root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return f.explainWrite(key, err)
	}
	beside := fmt.Sprintf("%s.%s.part", name, rand.Text())
	file, err := f.root.OpenFile(beside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return f.explainWrite(key, err)
	}
	defer func() { _ = f.root.Remove(beside) }() // what is left over has a name that nobody looks for
	written, err := io.Copy(file, content)
	if err == nil && written != size {
		err = io.ErrUnexpectedEOF
	}
	if err = errors.Join(err, file.Sync(), file.Close(), ctx.Err()); err == nil {
		err = f.root.Link(beside, name)
	}
	if errors.Is(err, fs.ErrExist) {
		return TakenError(f.name(key))
	}
	return f.explainWrite(key, err)
}

// Delete removes a file.
func (f *Folder) Delete(ctx context.Context, key string) error {
	if err := f.root.Remove(filepath.FromSlash(key)); !errors.Is(err, fs.ErrNotExist) {
		return f.explainWrite(key, err)
	}
	return ctx.Err()
}

// explainWrite is the error of a write, nil for none.
func (f *Folder) explainWrite(key string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	e := &Error{Writes: true, Where: f.name(key), Reason: "it cannot be written", Err: err}
	switch {
	case errors.Is(err, fs.ErrPermission):
		e.Cause, e.Reason, e.Hint = Denied, "permission denied", "give this user the right to write there"
	case errors.Is(err, syscall.ENOSPC):
		e.Reason, e.Hint = "the disk is full", "make room there"
	}
	return e
}

type section struct {
	io.Reader
	io.Closer
}

func describe(key string, info fs.FileInfo) Object {
	return Object{Key: key, Size: info.Size(), Version: fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())}
}

func (f *Folder) name(key string) string {
	return filepath.Join(f.root.Name(), filepath.FromSlash(key))
}

func (f *Folder) explain(key string, err error) error {
	e := &Error{Where: f.name(key), Reason: "it cannot be read", Err: err}
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, fs.ErrNotExist):
		e.Cause, e.Reason, e.Hint = NotFound, "there is no such file", "check the path"
	case errors.Is(err, fs.ErrPermission):
		e.Cause, e.Reason, e.Hint = Denied, "permission denied", "give this user the right to read it"
	}
	return e
}
