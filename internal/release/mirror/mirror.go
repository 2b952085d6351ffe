// Package mirror holds registries of other systems to a record: their logs, and what they show to those who know nothing of
// Assay. The record is what counts; nothing that a mirror alone remembers is taken from it. The package knows no system.
package mirror

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Mirror is a registry that also shows versions in its own words: as stages, aliases and tags that people and other programs
// use, and change by hand.
type Mirror interface {
	registry.Backend
	// Drift is where what the registry shows differs from what follows from a log, in the order in which it is to be mended.
	Drift(ctx context.Context, log registry.Log) ([]Drift, error)
	// Mend makes what is shown follow from the log. Doing it twice, or two at once, is the same as once.
	Mend(ctx context.Context, log registry.Log, drifts []Drift) error
}

// Kind is what is shown. Kinds are mended in their order: a stage needs its version.
type Kind int

// The kinds.
const (
	Version Kind = iota // that a version is there
	Tag                 // a text on a version
	Stage               // where a version stands
	Alias               // which version a name leads to
)

var kinds = [...]string{"version", "tag", "stage", "alias"}

// MarshalText is the kind's word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(kinds[k]), nil }

// Fact names something that is shown: a version, a stage or tag of a version, an alias.
type Fact struct {
	Kind    Kind   `json:"kind"`
	Version string `json:"version,omitempty"`
	Name    string `json:"name,omitempty"` // of the tag or alias
}

// Facts are what a registry shows; "" is nothing.
type Facts map[Fact]string

// Drift is a fact that differs.
type Drift struct {
	Fact
	Have string `json:"have"`
	Want string `json:"want"`
}

// String names the fact to a person.
func (f Fact) String() string {
	switch f.Kind {
	case Tag:
		return "tag " + f.Name + " of " + f.Version
	case Stage:
		return "stage of " + f.Version
	case Alias:
		return "alias " + f.Name
	}
	return "version " + f.Version
}

// String says to a person what differs.
func (d Drift) String() string {
	return fmt.Sprintf("%s is %s, and should be %s", d.Fact, cmp.Or(d.Have, "nothing"), cmp.Or(d.Want, "nothing"))
}

// Diff lists the facts that are not as they should be, in the order of mending. What nobody wants in a certain way may be as it is.
func Diff(have, want Facts) []Drift {
	var drifts []Drift
	for fact, text := range want {
		if have[fact] != text {
			drifts = append(drifts, Drift{Fact: fact, Have: have[fact], Want: text})
		}
	}
	slices.SortFunc(drifts, func(a, b Drift) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), registry.Compare(a.Version, b.Version), cmp.Compare(a.Name, b.Name))
	})
	return drifts
}

// Align makes what a mirror shows follow from a log, and answers with what it mended.
func Align(ctx context.Context, m Mirror, log registry.Log) ([]Drift, error) {
	drifts, err := m.Drift(ctx, log)
	if err != nil || len(drifts) == 0 {
		return nil, err
	}
	return drifts, m.Mend(ctx, log, drifts)
}

// UnshownError says that events are in a registry's log, and that what it shows does not follow from them yet.
type UnshownError struct{ Err error }

func (e *UnshownError) Error() string {
	return fmt.Sprintf("the change is recorded, but what the registry shows could not be brought in line: %v; assay registry reconcile does it later", e.Err)
}

func (e *UnshownError) Unwrap() error { return e.Err }

// Holders is the version that holds each stage, "" where none does: of Staging, Production, and the stages of other names that the
// log speaks of. None and Archived are no stages that a version holds alone.
func Holders(state registry.State, stages registry.Stages) map[string]string {
	holders := map[string]string{stages.Staging: "", stages.Production: ""}
	for _, version := range state.Versions {
		for _, stage := range version.Given() {
			holders[stage] = ""
		}
	}
	delete(holders, stages.Archived)
	delete(holders, stages.None)
	for stage := range holders {
		if holder := state.Holder(stage); holder != nil {
			holders[stage] = holder.Name
		}
	}
	return holders
}
