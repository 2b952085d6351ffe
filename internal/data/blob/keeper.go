package blob

import (
	"context"
	"io"
)

// Keeper is a Store that also takes objects.
type Keeper interface {
	Store
	// Put writes an object of at most MaxPut bytes, whole or not at all. Where the key is taken, nothing is written and the
	// error's cause is Taken: what lies there stays as it is. Content is read from its beginning, again where a try failed.
	Put(ctx context.Context, key string, content io.ReadSeeker, size int64) error
	// Delete takes an object away; one that is not there is no error.
	Delete(ctx context.Context, key string) error
}

// MaxPut is how large an object may be: what a store takes in one piece, with room to spare (S3 takes 5 GiB).
const MaxPut = 1 << 30

// SteadyKeeper is a Steady that also writes. Where a try whose answer was lost did write, the next one finds the key taken:
// that is right for keys that name their content.
type SteadyKeeper struct {
	Steady
	Keeper Keeper // the one that Steady reads from
}

// Steadily makes a keeper steady.
func Steadily(k Keeper, at Location) SteadyKeeper {
	return SteadyKeeper{Steady{Store: k, At: at}, k}
}

// Put tries again from the beginning.
func (s SteadyKeeper) Put(ctx context.Context, key string, content io.ReadSeeker, size int64) error {
	return s.again(ctx, func() error { return s.Keeper.Put(ctx, key, content, size) })
}

// Delete tries again.
func (s SteadyKeeper) Delete(ctx context.Context, key string) error {
	return s.again(ctx, func() error { return s.Keeper.Delete(ctx, key) })
}
