package blob

import (
	"errors"
	"fmt"
)

// Cause says why a store did not answer, as far as somebody has to act differently.
type Cause int

// The causes. Unknown ones are outside of the user's files.
const (
	Unknown       Cause = iota
	NotFound            // no such object, bucket or host name
	Denied              // these credentials may not
	NoCredentials       // there are none
	Misplaced           // another region has it
	Refused             // Assay does not go there
	TooMany             // the listing is longer than MaxListed
	Changed             // the object has another version by now
	Corrupt             // the bytes are not what the store says they are
	Taken               // an object lies there already
	Unreachable         // the network, or a server that is busy: worth another try
)

// Error is a store's answer in a person's words.
type Error struct {
	Cause  Cause
	Writes bool   // something was to be written, and not read
	Where  string // the object or the place, without secrets
	Reason string // such as "403 Forbidden"
	Hint   string // what to do; may be empty
	Err    error  // what happened below, for errors.Is; it is not shown, since it may hold an address with its secrets
}

// Error leaves the hint out: it has a place of its own.
func (e *Error) Error() string {
	verb := "read"
	if e.Writes {
		verb = "write"
	}
	return fmt.Sprintf("%s %s: %s", verb, e.Where, e.Reason)
}

// Unwrap is what happened below.
func (e *Error) Unwrap() error { return e.Err }

// IsMendable reports whether the user can mend it here: with a path, a setting, or rights that they hand out.
func (e *Error) IsMendable() bool {
	switch e.Cause {
	case NotFound, Denied, NoCredentials, Misplaced, Refused, TooMany:
		return true
	}
	return false
}

// ChangedError says that an object has another version by now.
func ChangedError(where string) *Error {
	return &Error{Cause: Changed, Where: where, Reason: "it changed while it was read", Hint: "run again; write new data under a new name, then no run meets half of it"}
}

// TooManyError says that a listing is too long.
func TooManyError(where string) *Error {
	return &Error{Cause: TooMany, Where: where, Reason: fmt.Sprintf("there are more than %d objects below it", MaxListed), Hint: "narrow the path"}
}

// TakenError says that an object lies where another was to be written.
func TakenError(where string) *Error {
	return &Error{Cause: Taken, Writes: true, Where: where, Reason: "an object lies there already"}
}

// CauseOf is the cause of an error, Unknown for one that is none of ours.
func CauseOf(err error) Cause {
	var e *Error
	if errors.As(err, &e) {
		return e.Cause
	}
	return Unknown
}
