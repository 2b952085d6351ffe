package registry

import (
	"fmt"
	"strings"
)

// Latest is the word that stands for the highest version.
const Latest = "latest"

// Ref names a version as people write it: name@v1.2.0, name@latest or name#production; a bare name has neither.
type Ref struct {
	Model   string
	Version string
	Stage   string
}

// ParseRef reads a Ref. The stage is as it was written.
func ParseRef(text string) (Ref, error) {
	var ref Ref
	at := strings.IndexAny(text, "@#")
	if at < 0 {
		ref.Model = text
		return ref, CheckModel(ref.Model)
	}
	ref.Model = text[:at]
	if err := CheckModel(ref.Model); err != nil {
		return Ref{}, err
	}
	var err error
	if text[at] == '#' {
		ref.Stage = text[at+1:]
		err = CheckStage(ref.Stage)
	} else if ref.Version = text[at+1:]; ref.Version != Latest {
		err = CheckVersion(ref.Version)
	}
	if err != nil {
		return Ref{}, err
	}
	return ref, nil
}

// String is the Ref as ParseRef reads it.
func (r Ref) String() string {
	switch {
	case r.Version != "":
		return r.Model + "@" + r.Version
	case r.Stage != "":
		return r.Model + "#" + r.Stage
	}
	return r.Model
}

// Resolve finds the version that a ref names.
func (s State) Resolve(ref Ref) (*Version, error) {
	var found *Version
	switch {
	case ref.Stage != "":
		found = s.Holder(ref.Stage)
	case ref.Version == Latest:
		found = s.Latest()
	default:
		found = s.Version(ref.Version)
	}
	switch {
	case found == nil && ref.Stage != "":
		return nil, refuse("promote one to it", "no version of %s holds %s", ref.Model, ref.Stage)
	case found == nil && ref.Version == "":
		return nil, refuse("write NAME@v1.2.0, NAME@latest or NAME#STAGE", "%s names no version", ref.Model)
	case found == nil:
		return nil, refuse("assay registry show NAME lists those that are", "%s has no version %s", ref.Model, ref.Version)
	case !found.Active:
		return nil, refuse("register it anew under another version", "%s@%s was taken back", ref.Model, found.Name)
	}
	return found, nil
}

// Refusal is why something is not done that was asked for: the registry's state does not allow it.
type Refusal struct {
	Message string
	Hint    string // what to do about it
}

func (r *Refusal) Error() string {
	if r.Hint == "" {
		return r.Message
	}
	return r.Message + "; " + r.Hint
}

// refuse words a Refusal.
func refuse(hint, format string, args ...any) error {
	return &Refusal{fmt.Sprintf(format, args...), hint}
}
