// Package fetch brings objects of a blob.Store onto this machine: in ranges, several at once, into a cache that several
// processes share and that keeps within a bound. It knows no tables: it answers with files and their names.
package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assay-ml/assay/internal/source"
)

// Cache is a folder of fetched objects, named by what identifies their bytes. Inside of it
//
//	objects/ID   is an object, whole and checked
//	partial/ID   is one that is being fetched, locked by who fetches it; ID.parts says which parts of it are there
//	runs/NAME    are links to the objects that a run reads, locked as long as it lives
//
// An object to which a run has a link is never removed. All processes agree by the locks of the file system; nothing
// is kept in memory.
type Cache struct {
	dir   string
	bound int64 // bytes that objects and partial ones may take together
}

// OpenCache opens the cache in a folder, which is made where it is not there, for this user alone; "" is no folder.
func OpenCache(dir string, bound int64) (*Cache, error) {
	if dir == "" {
		return nil, noCache(errors.New("this user has no folder for caches"))
	}
	c := &Cache{dir: filepath.Join(dir, "v1"), bound: bound}
	for _, name := range []string{"objects", "partial", "runs"} {
		if err := os.MkdirAll(filepath.Join(c.dir, name), 0o700); err != nil {
			return nil, noCache(err)
		}
	}
	return c, nil
}

func noCache(err error) error {
	return source.Errorf("name a folder that can be written with --cache-dir or ASSAY_CACHE_DIR", "no cache: %v", err)
}

// id names the bytes of an object: the same place, key, version and size are the same bytes.
func id(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (c *Cache) object(id string) string  { return filepath.Join(c.dir, "objects", id) }
func (c *Cache) partial(id string) string { return filepath.Join(c.dir, "partial", id) }

// anySize is the size of an object that is known by its sum.
const anySize = -1

// take links an object into a run and answers with its size, or reports that it is not here. One of another size is none.
func (c *Cache) take(id, link string, size int64) (int64, bool, error) {
	info, err := os.Stat(c.object(id))
	if err != nil || size != anySize && info.Size() != size {
		return 0, false, nil //nolint:nilerr // it is fetched then, which says what is wrong
	}
	now := time.Now()
	err = os.Link(c.object(id), link)
	if errors.Is(err, fs.ErrNotExist) { // removed in the meantime
		return 0, false, nil
	}
	if err = errors.Join(err, os.Chtimes(link, now, now)); err != nil {
		return 0, false, fmt.Errorf("link from the cache %s: %w", c.dir, err)
	}
	return info.Size(), true, nil
}

// lockFile takes the lock of a file that is open; the lock goes with the file.
func lockFile(file *os.File, how int) error {
	for {
		if err := unix.Flock(int(file.Fd()), how); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// locked runs work while no other process reckons with the room of the cache.
func (c *Cache) locked(work func() error) error {
	file, err := os.OpenFile(filepath.Join(c.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := lockFile(file, unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock the cache %s: %w", c.dir, err)
	}
	return work()
}

// reserve makes a partial object as large as it will be, so that every process counts it, once there is room for it.
func (c *Cache) reserve(file *os.File, size int64) error {
	return c.locked(func() error {
		info, err := file.Stat()
		if err != nil || info.Size() == size {
			return err
		}
		if err := c.makeRoom(size - info.Size()); err != nil {
			return err
		}
		return file.Truncate(size)
	})
}

// entry is something that takes room.
type entry struct {
	path string
	size int64
	used time.Time
	busy bool // a run or a fetch has it
}

// makeRoom removes what was used least recently until need more bytes fit.
func (c *Cache) makeRoom(need int64) error {
	entries, err := c.entries()
	if err != nil {
		return err
	}
	var total, busy int64
	for _, e := range entries {
		total += e.size
		if e.busy {
			busy += e.size
		}
	}
	if busy+need > c.bound {
		return c.full(need, busy)
	}
	slices.SortFunc(entries, func(a, b entry) int { return a.used.Compare(b.used) })
	for _, e := range entries {
		if total+need <= c.bound {
			break
		}
		if e.busy {
			continue
		}
		os.Remove(e.path + parts)
		if err := os.Remove(e.path); err != nil {
			return fmt.Errorf("make room in the cache: %w", err)
		}
		total -= e.size
	}
	return nil
}

func (c *Cache) full(need, busy int64) error {
	return source.Errorf("allow more with --cache-size or ASSAY_CACHE_SIZE, name a larger disk with --cache-dir, or narrow the path",
		"the cache %s may hold %s: %s are in use, and %s more are needed", filepath.Dir(c.dir), Bytes(c.bound), Bytes(busy), Bytes(need))
}

func (c *Cache) entries() ([]entry, error) {
	var entries []entry
	for _, folder := range []string{"objects", "partial"} {
		found, err := os.ReadDir(filepath.Join(c.dir, folder))
		if err != nil {
			return nil, fmt.Errorf("list the cache: %w", err)
		}
		for _, f := range found {
			if e, ok := look(filepath.Join(c.dir, folder, f.Name()), folder == "partial"); ok {
				entries = append(entries, e)
			}
		}
	}
	return entries, nil
}

// look describes one file of the cache, unless it is gone or belongs to another.
func look(path string, isPartial bool) (entry, bool) {
	info, err := os.Stat(path)
	if err != nil || filepath.Ext(path) == parts {
		return entry{}, false
	}
	e := entry{path: path, size: info.Size(), used: info.ModTime()}
	if isPartial {
		e.busy = isLocked(path)
	} else {
		e.busy = links(path) > 1
	}
	return e, true
}

// links counts the names of a file.
func links(path string) uint64 {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return 0
	}
	return uint64(stat.Nlink) //nolint:unconvert // narrower on macOS
}

// isLocked reports whether somebody holds the lock of a file.
func isLocked(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	return lockFile(file, unix.LOCK_EX|unix.LOCK_NB) != nil
}
