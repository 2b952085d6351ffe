package fetch

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/assay-ml/assay/internal/data/blob"
)

// partSize is what one request reads: large enough that its latency does not count, small enough that little is lost
// with a connection. The cache keeps files of parts: another size needs another version of its folder.
const partSize = 8 << 20

// parts is the ending of the file that says which parts are there: a byte for each, 1 where it is.
const parts = ".parts"

// transfer is one object on its way into the cache.
type transfer struct {
	*Fetcher
	store    blob.Store
	name     string // as people know it
	object   blob.Object
	declared blob.Sum // that the user declared; the zero Sum for none
	id       string
	link     string        // where the run wants it
	file     *os.File      // the partial object
	done     *os.File      // its parts
	slots    chan struct{} // bounds the requests of all transfers
}

// fetch leaves the object at its link, from the cache where it is there.
func (t *transfer) fetch(ctx context.Context) error {
	for {
		size, found, err := t.cache.take(t.id, t.link, t.object.Size)
		if err != nil {
			return err
		}
		if found {
			t.add(func(p *Progress) { p.Cached += size })
			return nil
		}
		mine, err := t.claim(ctx)
		if err != nil {
			return err
		}
		if mine {
			break
		}
	}
	defer t.file.Close()
	defer t.done.Close()
	if err := t.cache.reserve(t.file, t.object.Size); err != nil {
		return err
	}
	if err := t.transferParts(ctx); err != nil {
		return err
	}
	sums, err := t.sums(ctx)
	if err != nil {
		return err
	}
	return t.settle(sums)
}

// sums are the checksums that the object must have. A listing leaves them out.
func (t *transfer) sums(ctx context.Context) ([]blob.Sum, error) {
	if t.declared != (blob.Sum{}) {
		return []blob.Sum{t.declared}, nil
	}
	if t.object.Sums != nil {
		return t.object.Sums, nil
	}
	now, err := t.store.Stat(ctx, t.object.Key)
	if err == nil && now.Version != t.object.Version {
		err = blob.ChangedError(t.name)
	}
	return now.Sums, err
}

// claim opens and locks the partial object. It is not ours where another process had it and has finished it since.
func (t *transfer) claim(ctx context.Context) (mine bool, err error) {
	path := t.cache.partial(t.id)
	if t.file, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return false, err
	}
	if err := t.wait(ctx); err != nil {
		return false, err
	}
	here, err := t.file.Stat()
	if err != nil {
		return false, errors.Join(err, t.file.Close())
	}
	if there, err := os.Stat(path); err != nil || !os.SameFile(here, there) {
		return false, t.file.Close() //nolint:nilerr // gone: finished or removed
	}
	flags := os.O_CREATE | os.O_RDWR
	if here.Size() != t.object.Size { // what the parts speak of is gone
		flags |= os.O_TRUNC
	}
	if t.done, err = os.OpenFile(path+parts, flags, 0o600); err != nil {
		return false, errors.Join(err, t.file.Close())
	}
	return true, nil
}

// wait waits for the lock of the partial object: another process that fetches it saves us the work.
func (t *transfer) wait(ctx context.Context) error {
	locked := make(chan error, 1)
	file := t.file
	go func() { locked <- lockFile(file, unix.LOCK_EX) }()
	select {
	case err := <-locked:
		if err != nil {
			return errors.Join(fmt.Errorf("lock %s: %w", file.Name(), err), file.Close())
		}
		return nil
	case <-ctx.Done():
		go func() { _ = errors.Join(<-locked, file.Close()) }()
		return context.Cause(ctx)
	}
}

// transferParts reads the parts that are not there. Where one fails no more are begun, and those under way are kept.
func (t *transfer) transferParts(ctx context.Context) error {
	size := int64(partSize)
	if t.object.Whole {
		size = max(t.object.Size, 1)
	}
	have := make([]byte, (t.object.Size+size-1)/size)
	if _, err := t.done.ReadAt(have, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	var group errgroup.Group
	var failed atomic.Bool
	for i := range have {
		offset := int64(i) * size
		length := min(size, t.object.Size-offset)
		if have[i] == 1 {
			t.add(func(p *Progress) { p.Resumed += length })
			continue
		}
		group.Go(func() error {
			select {
			case t.slots <- struct{}{}:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			defer func() { <-t.slots }()
			if failed.Load() {
				return nil
			}
			err := t.part(ctx, i, offset, length)
			failed.CompareAndSwap(false, err != nil)
			return err
		})
	}
	return group.Wait()
}

// part reads one part, and notes it once it is on the disk.
func (t *transfer) part(ctx context.Context, i int, offset, length int64) error {
	body, err := t.store.ReadRange(ctx, t.object, offset, length)
	if err != nil {
		return err
	}
	defer body.Close()
	into := io.NewOffsetWriter(t.file, offset)
	n, err := io.Copy(into, io.TeeReader(io.LimitReader(body, length), &meter{t.Fetcher}))
	if err == nil && n < length {
		err = &blob.Error{Cause: blob.Unreachable, Where: t.name, Reason: fmt.Sprintf("%d bytes came where %d were asked for", n, length)}
	}
	if err == nil {
		err = t.file.Sync()
	}
	if err == nil {
		_, err = t.done.WriteAt([]byte{1}, int64(i))
	}
	return err
}

// settle checks the object and moves it into its place.
func (t *transfer) settle(sums []blob.Sum) error {
	partial := t.cache.partial(t.id)
	if err := t.verify(sums); err != nil {
		return errors.Join(err, os.Remove(partial), os.Remove(partial+parts))
	}
	if err := errors.Join(t.file.Chmod(0o444), t.file.Sync()); err != nil {
		return err
	}
	// The link comes first: an object that a run has is not removed.
	if err := errors.Join(os.Link(partial, t.link), os.Rename(partial, t.cache.object(t.id)), os.Remove(partial+parts)); err != nil {
		return fmt.Errorf("move %s into the cache: %w", t.name, err)
	}
	return nil
}

// verify holds the bytes against the checksums that are known.
func (t *transfer) verify(sums []blob.Sum) error {
	var hashes []hash.Hash
	var writers []io.Writer
	for _, sum := range sums {
		h := blob.NewHash(sum.Algorithm)
		hashes, writers = append(hashes, h), append(writers, h)
	}
	if len(hashes) == 0 {
		return nil
	}
	if _, err := io.Copy(io.MultiWriter(writers...), io.NewSectionReader(t.file, 0, t.object.Size)); err != nil {
		return err
	}
	for i, sum := range sums {
		if got := hex.EncodeToString(hashes[i].Sum(nil)); got != sum.Hex {
			return t.corrupt(sum, got)
		}
	}
	return nil
}

func (t *transfer) corrupt(want blob.Sum, got string) error {
	e := &blob.Error{Cause: blob.Corrupt, Where: t.name, Hint: "run again: nothing of it was kept",
		Reason: fmt.Sprintf("its %s is %s, and should be %s", want.Algorithm, got, want.Hex)}
	if want == t.declared {
		e.Hint = "if the new content is meant, declare its sum"
	}
	return e
}

// meter counts what comes over the network.
type meter struct{ f *Fetcher }

func (m *meter) Write(p []byte) (int, error) {
	m.f.add(func(progress *Progress) { progress.Fetched += int64(len(p)) })
	return len(p), nil
}
