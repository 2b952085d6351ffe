package blobtest

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
)

// RunKeeper runs the contract of a blob.Keeper. They may all be given one keeper: each part has keys of its own.
func RunKeeper(t *testing.T, open func(t *testing.T) blob.Keeper) {
	parts := map[string]func(*testing.T, blob.Keeper){
		"what was put is read":              puts,
		"a key that is taken stays":         isTaken,
		"of many writers one wins":          hasOneWinner,
		"what is cut short is not there":    isWhole,
		"what is deleted is gone":           deletes,
		"content is read from its start on": rewinds,
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) { part(t, open(t)) })
	}
}

func put(t *testing.T, k blob.Keeper, key, content string) error {
	return k.Put(t.Context(), key, strings.NewReader(content), int64(len(content)))
}

func get(t *testing.T, k blob.Keeper, key string) string {
	object, err := k.Stat(t.Context(), key)
	require.NoError(t, err)
	return string(read(t, k, object, 0, object.Size))
}

func puts(t *testing.T, k blob.Keeper) {
	large := string(content(5 << 20))
	for key, want := range map[string]string{"a/b/one": "1", "large": large} {
		require.NoError(t, put(t, k, key, want))
		require.True(t, get(t, k, key) == want)
	}
}

func isTaken(t *testing.T, k blob.Keeper) {
	require.NoError(t, put(t, k, "taken/key", "first"))
	err := put(t, k, "taken/key", "second")
	require.Equal(t, blob.Taken, blob.CauseOf(err), "%v", err)
	require.ErrorContains(t, err, "write ")
	require.Equal(t, "first", get(t, k, "taken/key"))
}

func hasOneWinner(t *testing.T, k blob.Keeper) {
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() { errs[i] = put(t, k, "raced/key", strings.Repeat(string(rune('a'+i)), 1000)) })
	}
	all.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			require.Equal(t, strings.Repeat(string(rune('a'+i)), 1000), get(t, k, "raced/key"))
		} else {
			require.Equal(t, blob.Taken, blob.CauseOf(err), "%v", err)
		}
	}
	require.Equal(t, 1, won)
}

// failing breaks off after some bytes.
type failing struct{ whole *strings.Reader }

var errBroke = errors.New("the source broke")

func (f failing) Read(p []byte) (int, error) {
	if f.whole.Len() < 10 {
		return 0, errBroke
	}
	return f.whole.Read(p[:min(len(p), 10)])
}

func (f failing) Seek(offset int64, whence int) (int64, error) { return f.whole.Seek(offset, whence) }

func isWhole(t *testing.T, k blob.Keeper) {
	text := strings.Repeat("x", 105)
	require.Error(t, k.Put(t.Context(), "cut/key", failing{strings.NewReader(text)}, int64(len(text))))
	_, err := k.Stat(t.Context(), "cut/key")
	require.Equal(t, blob.NotFound, blob.CauseOf(err), "%v", err)
	found, err := k.List(t.Context(), "cut/")
	require.NoError(t, err)
	require.Empty(t, found)
}

func deletes(t *testing.T, k blob.Keeper) {
	require.NoError(t, put(t, k, "gone/key", "1"))
	require.NoError(t, k.Delete(t.Context(), "gone/key"))
	require.NoError(t, k.Delete(t.Context(), "gone/key"), "twice does no harm")
	_, err := k.Stat(t.Context(), "gone/key")
	require.Equal(t, blob.NotFound, blob.CauseOf(err))
	require.NoError(t, put(t, k, "gone/key", "2"))
}

func rewinds(t *testing.T, k blob.Keeper) {
	content := bytes.NewReader([]byte("whole"))
	_, err := content.Seek(3, 0)
	require.NoError(t, err)
	require.NoError(t, k.Put(t.Context(), "rewound/key", content, 5))
	require.Equal(t, "whole", get(t, k, "rewound/key"))
}
