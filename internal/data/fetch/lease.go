package fetch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// lease is the folder of one run in the cache: as long as it is there, nothing that it links to is removed.
type lease struct {
	dir  string
	lock *os.File
}

// lockName is the file of a lease that its process holds locked.
const lockName = "lock"

// lease makes a folder for a run, and removes those of processes that ended without doing so.
func (c *Cache) lease() (*lease, error) {
	var l *lease
	err := c.locked(func() error {
		if err := c.sweep(); err != nil {
			return err
		}
		dir, err := os.MkdirTemp(filepath.Join(c.dir, "runs"), "run-")
		if err != nil {
			return err
		}
		lock, err := os.Create(filepath.Join(dir, lockName))
		if err != nil {
			return err
		}
		l = &lease{dir: dir, lock: lock}
		return lockFile(lock, unix.LOCK_EX)
	})
	if err != nil {
		return nil, fmt.Errorf("use the cache: %w", err)
	}
	return l, nil
}

func (c *Cache) sweep() error {
	found, err := filepath.Glob(filepath.Join(c.dir, "runs", "run-*"))
	if err != nil {
		return err
	}
	for _, dir := range found {
		if isLocked(filepath.Join(dir, lockName)) {
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

// close gives up the run's hold on what it read.
func (l *lease) close() error { return errors.Join(os.RemoveAll(l.dir), l.lock.Close()) }
