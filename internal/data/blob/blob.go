// Package blob speaks of objects that lie outside of this machine: where they are (Location), how they are listed and read
// (Store), and what may be wrong (Error). Edges implement the interfaces, and blobtest holds them to what is
// written here. It knows no tables and no cache.
package blob

import (
	"context"
	"io"
)

// Object is one version of one object.
type Object struct {
	Key     string
	Size    int64
	Version string // differs whenever the bytes do, such as an ETag; "" where the store has no such thing
	Whole   bool   // the store reads it from its beginning only
	Sums    []Sum  // what the store says of the bytes; List may leave them out
}

// Store is where objects lie. Its methods may be called from several goroutines at once, and every error of them that is
// not the context's is an *Error.
type Store interface {
	// List gives the objects whose keys begin with prefix, ordered by the bytes of their keys; none is no error. More
	// than MaxListed are one, and so is a store that cannot list.
	List(ctx context.Context, prefix string) ([]Object, error)
	// Stat looks at the object of a key without reading it.
	Stat(ctx context.Context, key string) (Object, error)
	// ReadRange reads length bytes from offset on, of the version that object names and of no other: where the key has
	// another one by now, the error's cause is Changed. It may give fewer bytes, where a connection breaks, and never
	// more. The caller closes the reader. Length is above 0, and the range lies inside of the object.
	ReadRange(ctx context.Context, object Object, offset, length int64) (io.ReadCloser, error)
}

// MaxListed bounds a listing: a prefix that holds more is a mistake far more often than a table.
const MaxListed = 100_000
