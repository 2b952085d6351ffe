// Package blobtest holds every store to the contract of blob.Store.
package blobtest

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
)

// Bench is a store on trial, and a way to write into it.
type Bench struct {
	Store   blob.Store
	Put     func(t *testing.T, key string, content []byte)
	CanList bool
	SaysMD5 bool // the store says what the MD5 of a plain object is
}

// Run runs the contract. Each part has a bench of its own.
func Run(t *testing.T, open func(t *testing.T) Bench) {
	parts := map[string]func(*testing.T, Bench){
		"an object is what was written":           reads,
		"a key that is not there":                 isMissing,
		"a changed object is not read":            refusesChanged,
		"ranges are read at once":                 readsAtOnce,
		"a listing is ordered, and of one prefix": lists,
		"an empty object":                         isEmpty,
		"the end of a context ends a request":     obeysContext,
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) { part(t, open(t)) })
	}
}

// content is n bytes that differ from place to place.
func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i/251)
	}
	return b
}

func read(t *testing.T, s blob.Store, object blob.Object, offset, length int64) []byte {
	body, err := s.ReadRange(t.Context(), object, offset, length)
	require.NoError(t, err)
	defer body.Close()
	got, err := io.ReadAll(body)
	require.NoError(t, err)
	return got
}

func reads(t *testing.T, b Bench) {
	want := content(10_000)
	key := "folder/a b+c=d%20é.csv"
	b.Put(t, key, want)
	object, err := b.Store.Stat(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, int64(len(want)), object.Size)
	require.NotEmpty(t, object.Version)
	again, err := b.Store.Stat(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, object, again, "what did not change has one description")
	require.True(t, bytes.Equal(want, read(t, b.Store, object, 0, object.Size)))
	if !object.Whole {
		require.Equal(t, want[17:117], read(t, b.Store, object, 17, 100))
		require.Equal(t, want[9_999:], read(t, b.Store, object, 9_999, 1))
	}
	if b.SaysMD5 {
		digest := md5.Sum(want)
		require.Contains(t, object.Sums, blob.Sum{Algorithm: "md5", Hex: hex.EncodeToString(digest[:])})
	}
}

func isMissing(t *testing.T, b Bench) {
	_, err := b.Store.Stat(t.Context(), "none.csv")
	require.Equal(t, blob.NotFound, blob.CauseOf(err), "%v", err)
	var e *blob.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, e.Where, "none.csv")
	require.NotEmpty(t, e.Hint)
	require.True(t, e.IsMendable())
}

func refusesChanged(t *testing.T, b Bench) {
	b.Put(t, "a.csv", []byte("first"))
	object, err := b.Store.Stat(t.Context(), "a.csv")
	require.NoError(t, err)
	b.Put(t, "a.csv", []byte("second"))
	_, err = b.Store.ReadRange(t.Context(), object, 0, 5)
	require.Equal(t, blob.Changed, blob.CauseOf(err), "%v", err)
}

func readsAtOnce(t *testing.T, b Bench) {
	want := content(64_000)
	b.Put(t, "big.bin", want)
	object, err := b.Store.Stat(t.Context(), "big.bin")
	require.NoError(t, err)
	if object.Whole {
		return
	}
	var all sync.WaitGroup
	parts := make([][]byte, 8)
	for i := range parts {
		all.Go(func() { parts[i] = read(t, b.Store, object, int64(i)*8_000, 8_000) })
	}
	all.Wait()
	require.True(t, bytes.Equal(want, bytes.Join(parts, nil)))
}

func lists(t *testing.T, b Bench) {
	if !b.CanList {
		_, err := b.Store.List(t.Context(), "")
		require.Equal(t, blob.Refused, blob.CauseOf(err))
		return
	}
	for _, key := range []string{"p/b +%25.csv", "p/a&<b>.csv", "p/deep/year=2024/c.csv", "pq.csv", "other.csv"} {
		b.Put(t, key, []byte(key))
	}
	found, err := b.Store.List(t.Context(), "p/")
	require.NoError(t, err)
	var keys []string
	for _, object := range found {
		keys = append(keys, object.Key)
		require.Equal(t, int64(len(object.Key)), object.Size)
		stat, err := b.Store.Stat(t.Context(), object.Key)
		require.NoError(t, err)
		require.Equal(t, stat.Version, object.Version, "List and Stat agree on the version")
		require.Equal(t, object.Key, string(read(t, b.Store, object, 0, object.Size)))
	}
	require.Equal(t, []string{"p/a&<b>.csv", "p/b +%25.csv", "p/deep/year=2024/c.csv"}, keys)
	none, err := b.Store.List(t.Context(), strings.Repeat("none/", 3))
	require.NoError(t, err)
	require.Empty(t, none)
}

func isEmpty(t *testing.T, b Bench) {
	b.Put(t, "empty.csv", nil)
	object, err := b.Store.Stat(t.Context(), "empty.csv")
	require.NoError(t, err)
	require.Zero(t, object.Size)
}

func obeysContext(t *testing.T, b Bench) {
	b.Put(t, "a.csv", []byte("first"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.Store.Stat(ctx, "a.csv")
	require.ErrorIs(t, err, context.Canceled)
	require.NotEqual(t, blob.Unreachable, blob.CauseOf(err), "nobody tries that again")
}
