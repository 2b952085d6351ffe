package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
)

// broken is a store of one object whose connections give so many bytes and then end in an error; after the last entry they
// give all.
type broken struct {
	content []byte
	gives   []int
	opened  int
	whole   bool
	err     error // of opening, for as long as gives lasts
}

func (b *broken) List(context.Context, string) ([]blob.Object, error) {
	b.opened++
	return nil, b.err
}

func (b *broken) Stat(context.Context, string) (blob.Object, error) {
	return blob.Object{Key: "k", Size: int64(len(b.content)), Version: "v", Whole: b.whole}, nil
}

func (b *broken) ReadRange(ctx context.Context, _ blob.Object, offset, length int64) (io.ReadCloser, error) {
	b.opened++
	body := io.Reader(bytes.NewReader(b.content[offset : offset+length]))
	if b.opened <= len(b.gives) {
		if b.err != nil {
			return nil, b.err
		}
		body = io.MultiReader(io.LimitReader(body, int64(b.gives[b.opened-1])), hung{ctx})
	}
	return io.NopCloser(body), nil
}

// hung gives nothing until its context ends.
type hung struct{ ctx context.Context }

func (h hung) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

func readAll(t *testing.T, s blob.Store) ([]byte, error) {
	object, err := s.Stat(t.Context(), "k")
	require.NoError(t, err)
	body, err := s.ReadRange(t.Context(), object, 0, object.Size)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// A connection that gives nothing for a minute is cut, and the range is read on from there.
func TestARangeHeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &broken{content: []byte("0123456789"), gives: []int{3, 0, 4}}
		begin := time.Now()
		got, err := readAll(t, blob.Steady{Store: store})
		require.NoError(t, err)
		require.Equal(t, "0123456789", string(got))
		require.Equal(t, 4, store.opened)
		require.Equal(t, 3*time.Minute+3500*time.Millisecond, time.Since(begin), "three stalls, and waits of 0.5, 1 and 2 s")
	})
}

func TestARangeDoesNotHealForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &broken{content: []byte("0123456789"), gives: []int{1, 1, 1, 1, 1, 1, 1}}
		_, err := readAll(t, blob.Steady{Store: store})
		require.Equal(t, blob.Unreachable, blob.CauseOf(err))
		require.Equal(t, 6, store.opened)
	})
}

func TestWhatIsReadFromItsBeginningDoesNotHeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &broken{content: []byte("0123456789"), gives: []int{3}, whole: true}
		_, err := readAll(t, blob.Steady{Store: store})
		require.Equal(t, blob.Unreachable, blob.CauseOf(err))
		require.Equal(t, 1, store.opened)
	})
}

func TestOnlyOutagesAreTriedAgain(t *testing.T) {
	for cause, tries := range map[blob.Cause]int{blob.Unreachable: 6, blob.Denied: 1, blob.Changed: 1, blob.Unknown: 1} {
		synctest.Test(t, func(t *testing.T) {
			store := &broken{err: &blob.Error{Cause: cause, Where: "w", Reason: "r"}}
			_, err := blob.Steady{Store: store}.List(t.Context(), "")
			require.Equal(t, cause, blob.CauseOf(err))
			require.Equal(t, tries, store.opened)
		})
	}
}

func TestACancelledRunWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("stop")
		time.AfterFunc(100*time.Millisecond, func() { cancel(stop) })
		begin := time.Now()
		_, err := blob.Steady{Store: &broken{err: &blob.Error{Cause: blob.Unreachable}}}.List(ctx, "")
		require.ErrorIs(t, err, stop)
		require.Equal(t, 100*time.Millisecond, time.Since(begin))
	})
}
