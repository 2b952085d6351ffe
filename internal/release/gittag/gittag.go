// Package gittag keeps a registry in the tags of a git repository, in the format of GTO: each event is an annotated tag, whose
// name says what happened and whose message says the rest. GTO reads what it wrote, and it reads what GTO wrote. It knows git
// only as a set of refs that can be moved all at once (Repository).
//
// Beside its tags each model has a ref, refs/assay/registry/NAME, which every write moves together with its new tags, from where the
// writer saw it: so of two writers one is refused. It points at a small blob, since a blob is made by one request and names
// nothing but its content: what the last write wrote, and a digest of all tags, by which a lost or changed one is noticed.
package gittag

import (
	"context"
	"time"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Repository is a git repository as the registry needs it.
type Repository interface {
	// TagNames lists the full names of all refs below refs/tags/.
	TagNames(ctx context.Context) ([]string, error)
	// Refs lists the refs whose full names begin with one of some texts, with what they point at.
	Refs(ctx context.Context, prefixes ...string) ([]Ref, error)
	// Update makes objects and points refs at them: all of them, or none. Where a ref is not where its Move saw it, nothing is moved
	// and the error is registry.ErrMoved; where nobody can say whether they moved, registry.ErrUnsure.
	Update(ctx context.Context, moves []Move) error
}

// Ref is a name for an object.
type Ref struct {
	Name string // in full
	OID  string // of the object that it points at
	Tag  *Tag   // nil: it points at no tag
	Text string // of the blob that it points at
}

// Tag is an annotated tag.
type Tag struct {
	Commit  string    // full sha of the commit that it is on; "" where it is on something else
	Name    string    // of the tagger
	Email   string    // of the tagger
	At      time.Time // whole seconds; zero where nobody says
	Message string    // the first part of a long one
}

// Move points a ref at an object that is to be made: a tag, a blob, or nothing.
type Move struct {
	Ref    string // full name
	Before string // object that it points at; "" for none
	Tag    *Tag
	Blob   string
}

// Deletes reports a move that takes its ref away.
func (m Move) Deletes() bool { return m.Tag == nil && m.Blob == "" }

// Registry implements registry.Backend in a repository.
type Registry struct{ repository Repository }

// New makes a registry of a repository.
func New(repository Repository) *Registry { return &Registry{repository} }

var _ registry.Backend = (*Registry)(nil)
