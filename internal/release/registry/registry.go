// Package registry speaks of a model's versions: which there are, which stages they hold, and what moved them. What happened is
// a list of events that is only ever added to, and what is follows from it. Backends keep the list (Backend); registrytest
// holds each of them to what is written here. The package knows no git, no server and no policy.
package registry

import (
	"context"
	"errors"
	"time"
)

// Backend keeps what happened to models. Its methods may be called from several goroutines and processes at once.
type Backend interface {
	// Models lists the names of the models that have a version, sorted.
	Models(ctx context.Context) ([]string, error)
	// Read gives what happened to a model; one that nobody registered has an empty log, and that is no error.
	Read(ctx context.Context, model string) (Log, error)
	// Write adds events to the log that was read at a revision: all of them or none, in their order. Where somebody has written
	// since, the error is ErrMoved and nothing was written. A backend that cannot compare and swap reads again after it
	// wrote, and answers ErrRaced where another's write came between: then both may stand, and a person has to look.
	// An error that leaves open whether the events were written is ErrUnsure: reading again tells.
	Write(ctx context.Context, model string, after Revision, events []Event) error
}

// What a Write may end in besides what the outside world answers.
var (
	ErrMoved  = errors.New("somebody changed the registry in the meantime")
	ErrRaced  = errors.New("somebody else wrote to the registry at the same moment")
	ErrUnsure = errors.New("it is not known whether the registry took the change")
)

// Revision names a state of a log; "" is that of an empty one.
type Revision string

// Log is what happened to one model, the oldest first.
type Log struct {
	Model    string
	Events   []Event
	Revision Revision
	Highest  int // number that is taken, also by what is no event; the next one is above it
}

// Kind is what happened.
type Kind string

// The kinds of events.
const (
	Registered   Kind = "registered"   // a version came to be
	Deregistered Kind = "deregistered" // it was taken back, as if it had never been
	Assigned     Kind = "assigned"     // a stage got a version
	Unassigned   Kind = "unassigned"   // a version left a stage
	Deprecated   Kind = "deprecated"   // nobody should use the model or the version any more
	Annotated    Kind = "annotated"    // something was noted on a version
)

// Event is one thing that happened.
type Event struct {
	Kind    Kind              `json:"kind"`
	Version string            `json:"version,omitempty"` // such as v1.2.0; "" for the whole model
	Stage   string            `json:"stage,omitempty"`
	Number  int               `json:"number,omitempty"` // one above the highest of the model before it; 0 of what registers and deregisters
	Commit  string            `json:"commit,omitempty"` // full sha that the version stands on; "" where the backend has none
	At      time.Time         `json:"at"`               // whole seconds, in UTC; later than that of the event before
	By      string            `json:"by,omitempty"`     // who did it: a login, or a name and an address
	Reason  string            `json:"reason,omitempty"`
	Record  *Record           `json:"record,omitempty"` // of a registration
	Notes   map[string]string `json:"notes,omitempty"`  // of an annotation; an empty value takes a note away
}

// Record is what a version is. It is written once, with the registration. What later work adds, such as a model card or a
// signature, gets a field of its own.
type Record struct {
	Location string             `json:"location,omitempty"` // where the model lies: a path in the commit or a URL
	Digest   string             `json:"digest,omitempty"`   // sha256:… of the model's bytes
	Data     map[string]string  `json:"data,omitempty"`     // name of a table → digest of the bytes that it was trained on
	Run      string             `json:"run,omitempty"`      // address of the workflow run, or id of the tracked run
	Trained  string             `json:"trained,omitempty"`  // full sha of the commit that it was trained from
	Metrics  map[string]float64 `json:"metrics,omitempty"`
	Profile  string             `json:"profile,omitempty"` // where the profile of its training data lies
}
