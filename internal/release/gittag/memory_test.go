package gittag_test

import (
	"context"
	"crypto/sha1"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/release/registry/registrytest"
)

// memory is a repository that is none: refs, and what they point at. between is called before an update's refs move, where it is set.
type memory struct {
	mutex   sync.Mutex
	refs    map[string]gittag.Ref
	between func()
	ends    error // of updates that move their refs all the same
}

func newMemory() *memory { return &memory{refs: map[string]gittag.Ref{}} }

func (m *memory) TagNames(ctx context.Context) ([]string, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var names []string
	for name := range m.refs {
		if strings.HasPrefix(name, "refs/tags/") {
			names = append(names, name)
		}
	}
	return names, ctx.Err()
}

func (m *memory) Refs(ctx context.Context, prefixes ...string) ([]gittag.Ref, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	var found []gittag.Ref
	for name, ref := range m.refs {
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				found = append(found, ref)
			}
		}
	}
	return found, ctx.Err()
}

func (m *memory) Update(ctx context.Context, moves []gittag.Move) error {
	if m.between != nil {
		m.between()
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, move := range moves {
		if m.refs[move.Ref].OID != move.Before {
			return registry.ErrMoved
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, move := range moves {
		m.move(move)
	}
	return m.ends
}

// move moves one ref.
func (m *memory) move(move gittag.Move) {
	delete(m.refs, move.Ref)
	if !move.Deletes() {
		oid := fmt.Sprintf("%x", sha1.Sum(fmt.Append(nil, move.Blob, move.Tag)))
		m.refs[move.Ref] = gittag.Ref{Name: move.Ref, OID: oid, Tag: move.Tag, Text: move.Blob}
	}
}

// commits makes names of commits.
func commits() func(*testing.T) string {
	n := 0
	return func(*testing.T) string {
		n++
		return fmt.Sprintf("%040x", n)
	}
}

func TestTagsKeepTheContract(t *testing.T) {
	registrytest.Run(t, func(*testing.T) registrytest.Bench {
		return registrytest.Bench{Backend: gittag.New(newMemory()), Commit: commits()}
	})
}

// read reads a model, and fails the test where it cannot.
func read(t *testing.T, m *memory) registry.Log {
	t.Helper()
	log, err := gittag.New(m).Read(t.Context(), "clf")
	require.NoError(t, err)
	return log
}
