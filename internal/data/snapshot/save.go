package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/assay-ml/assay/internal/data/blob"
)

// ErrChanges: a file was written to while it was read. Wait until whoever writes is done.
var ErrChanges = errors.New("it changes while it is kept")

// Saved is what Save did.
type Saved struct {
	Digest string // names the snapshot
	Size   int64  // bytes of the files
	Sent   int64  // bytes that the store did not have
}

// atOnce is how many pieces travel at the same time.
const atOnce = 4

// Save keeps a folder below a prefix of a store, its manifest last: a snapshot that has a digest is whole. Links and what is
// neither file nor folder are left out of no snapshot in silence: they are an error. Known are the objects that lie there, as
// far as the caller knows; Save adds to them.
func Save(ctx context.Context, store blob.Keeper, prefix, dir string, known *Known) (Saved, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Saved{}, err
	}
	defer root.Close()
	s := &saver{store: store, prefix: prefix, root: root, known: known}
	m := Manifest{Version: version, Files: []File{}}
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		if len(m.Files) == maxFiles {
			return fmt.Errorf("%s holds more than %d files", dir, maxFiles)
		}
		file, err := s.file(ctx, name)
		m.Files = append(m.Files, file)
		return err
	})
	if err != nil {
		return Saved{}, err
	}
	text, digest, err := m.encode()
	if err != nil {
		return Saved{}, err
	}
	if err := m.check(); err != nil {
		return Saved{}, fmt.Errorf("keep %s: %w", dir, err)
	}
	err = s.put(ctx, digest, text)
	return Saved{Digest: digest, Size: m.Size(), Sent: s.sent}, err
}

// Known are the digests of objects that are known to lie in a store.
type Known struct {
	mutex   sync.Mutex
	digests map[string]bool
}

func (k *Known) has(digest string) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.digests[digest]
}

func (k *Known) add(digest string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.digests == nil {
		k.digests = map[string]bool{}
	}
	k.digests[digest] = true
}

type saver struct {
	store  blob.Keeper
	prefix string
	root   *os.Root
	known  *Known

	mutex sync.Mutex
	sent  int64
}

// file keeps one file and says what it holds.
func (s *saver) file(ctx context.Context, name string) (File, error) {
	before, err := s.root.Lstat(name)
	if err != nil {
		return File{}, err
	}
	if !before.Mode().IsRegular() {
		return File{}, fmt.Errorf("%s is no plain file (%v): leave it out of the folder", name, before.Mode().Type())
	}
	file, err := s.root.Open(name)
	if err != nil {
		return File{}, err
	}
	defer file.Close()
	kept := File{Path: name, Mode: uint32(before.Mode().Perm()), Chunks: make([]Chunk, (before.Size()+chunkSize-1)/chunkSize)}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range kept.Chunks {
		group.Go(func() (err error) {
			start := int64(i) * chunkSize
			kept.Chunks[i], err = s.chunk(ctx, io.NewSectionReader(file, start, min(chunkSize, before.Size()-start)))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return File{}, fmt.Errorf("keep %s: %w", name, err)
	}
	after, err := s.root.Lstat(name)
	if err != nil {
		return File{}, err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) || !os.SameFile(before, after) {
		return File{}, fmt.Errorf("keep %s: %w", name, ErrChanges)
	}
	return kept, nil
}

// chunk keeps one piece of a file.
func (s *saver) chunk(ctx context.Context, piece *io.SectionReader) (Chunk, error) {
	content := make([]byte, piece.Size())
	if _, err := io.ReadFull(piece, content); errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return Chunk{}, ErrChanges
	} else if err != nil {
		return Chunk{}, err
	}
	digest := digestOf(content)
	return Chunk{digest, piece.Size()}, s.put(ctx, digest, content)
}

func (s *saver) put(ctx context.Context, digest string, content []byte) error {
	if s.known.has(digest) {
		return nil
	}
	err := s.store.Put(ctx, keyOf(s.prefix, digest), bytes.NewReader(content), int64(len(content)))
	switch {
	case err == nil:
		s.mutex.Lock()
		s.sent += int64(len(content))
		s.mutex.Unlock()
	case blob.CauseOf(err) != blob.Taken:
		return err
	}
	s.known.add(digest)
	return nil
}
