package gittag

import (
	"slices"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Outcome is where the refs of an update are after it.
type Outcome int

// The outcomes.
const (
	AsBefore  Outcome = iota // nothing moved
	AsMeant                  // the update was made
	Elsewhere                // somebody else moved them
)

// OutcomeOf looks where refs are now whose update ended nobody knows how: made are the objects that they were to point at, now those
// that they point at, by full name. It was made where its tags are there: no two updates make the same tag, and what else it moved
// somebody may have moved on since. One without tags was made where all its refs are as it meant; where somebody has moved them on,
// nobody can tell, and that counts as Elsewhere.
func OutcomeOf(moves []Move, made []string, now map[string]string) Outcome {
	hasTags := slices.ContainsFunc(moves, func(m Move) bool { return m.Tag != nil })
	isBefore, isMeant := true, true
	for i, m := range moves {
		isBefore = isBefore && now[m.Ref] == m.Before
		isMeant = isMeant && (hasTags && m.Tag == nil || now[m.Ref] == made[i])
	}
	switch {
	case isMeant:
		return AsMeant
	case isBefore:
		return AsBefore
	}
	return Elsewhere
}

// Err is what the update ends in, where it is known.
func (o Outcome) Err() error {
	if o == Elsewhere {
		return registry.ErrMoved
	}
	return nil
}
