package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/assay-ml/assay/internal/data/blob"
)

// Load puts the files of a snapshot into a folder that is not there yet, whole or not at all. Every byte is checked: an error
// whose cause is Corrupt or NotFound says that the snapshot is no good, and any other that it could not be told.
func Load(ctx context.Context, store blob.Store, prefix, digest, dir string) (Manifest, error) {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, errors.Join(fmt.Errorf("%s is there already", dir), err)
	}
	l := loader{store, prefix}
	m, err := l.manifest(ctx, digest)
	if err != nil {
		return Manifest{}, err
	}
	beside, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-*")
	if err != nil {
		return Manifest{}, err
	}
	defer os.RemoveAll(beside)
	if err := l.files(ctx, m, beside); err != nil {
		return Manifest{}, err
	}
	return m, os.Rename(beside, dir)
}

type loader struct {
	store  blob.Store
	prefix string
}

func (l loader) manifest(ctx context.Context, digest string) (Manifest, error) {
	if !isDigest(digest) {
		return Manifest{}, fmt.Errorf("%q names no snapshot", digest)
	}
	text, err := l.object(ctx, digest, maxManifest)
	if err != nil {
		return Manifest{}, err
	}
	m, err := decode(text, digest)
	if err != nil {
		return Manifest{}, l.corrupt(digest, err.Error())
	}
	return m, nil
}

// files writes all files below a folder.
func (l loader) files(ctx context.Context, m Manifest, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range m.Files {
		if err := root.MkdirAll(filepath.Dir(filepath.FromSlash(f.Path)), 0o755); err != nil {
			return err
		}
		if err := l.file(ctx, root, f); err != nil {
			return err
		}
	}
	return nil
}

func (l loader) file(ctx context.Context, root *os.Root, f File) error {
	file, err := root.OpenFile(filepath.FromSlash(f.Path), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	for _, c := range f.Chunks {
		content, err := l.object(ctx, c.Digest, c.Size)
		if err != nil {
			return err
		}
		if int64(len(content)) != c.Size || digestOf(content) != c.Digest {
			return l.corrupt(c.Digest, "its bytes are not those that were kept")
		}
		if _, err := file.Write(content); err != nil {
			return err
		}
	}
	return errors.Join(file.Chmod(fs.FileMode(f.Mode).Perm()), file.Sync(), file.Close())
}

// object reads an object of a bounded size.
func (l loader) object(ctx context.Context, digest string, most int64) ([]byte, error) {
	key := keyOf(l.prefix, digest)
	object, err := l.store.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	if object.Size < 1 || object.Size > most {
		return nil, l.corrupt(digest, fmt.Sprintf("it has %d bytes", object.Size))
	}
	body, err := l.store.ReadRange(ctx, object, 0, object.Size)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var content bytes.Buffer
	content.Grow(int(object.Size))
	_, err = io.Copy(&content, io.LimitReader(body, object.Size))
	return content.Bytes(), err
}

func (l loader) corrupt(digest, reason string) error {
	return &blob.Error{Cause: blob.Corrupt, Where: keyOf(l.prefix, digest), Reason: reason, Hint: "take an older snapshot"}
}
