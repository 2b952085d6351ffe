package mirror

import (
	"context"
	"errors"
	"fmt"

	"github.com/assay-ml/assay/internal/release/ledger"
	"github.com/assay-ml/assay/internal/release/registry"
)

// Finding is what one look at a model in a mirror found.
type Finding struct {
	Model   string           `json:"model"`
	Missing []registry.Event `json:"missing,omitempty"` // from the mirror's log
	Unknown []registry.Event `json:"unknown,omitempty"` // to the record; nobody but a person can tell what became of them
	Drifts  []Drift          `json:"drifts,omitempty"`  // in what the mirror shows
	Mended  bool             `json:"mended"`            // all of Missing and Drifts is as it should be now
}

// IsClean reports whether there was nothing to do.
func (f Finding) IsClean() bool { return len(f.Missing)+len(f.Unknown)+len(f.Drifts) == 0 }

// Compare lists the events that only one of two logs has.
func Compare(record, mirror registry.Log) (missing, unknown []registry.Event) {
	return without(record.Events, mirror.Events), without(mirror.Events, record.Events)
}

// without are the events of one list that another does not have.
func without(events, other []registry.Event) []registry.Event {
	known := map[string]bool{}
	for _, e := range other {
		known[ledger.Identity(e)] = true
	}
	var rest []registry.Event
	for _, e := range events {
		if !known[ledger.Identity(e)] {
			rest = append(rest, e)
		}
	}
	return rest
}

// Look compares a model in a mirror with the record, and changes nothing.
func Look(ctx context.Context, record registry.Backend, m Mirror, model string) (Finding, error) {
	finding, _, _, err := look(ctx, record, m, model)
	return finding, err
}

func look(ctx context.Context, record registry.Backend, m Mirror, model string) (finding Finding, want, have registry.Log, err error) {
	if want, err = record.Read(ctx, model); err != nil {
		return finding, want, have, fmt.Errorf("read the record of %s: %w", model, err)
	}
	if have, err = m.Read(ctx, model); err != nil {
		return finding, want, have, fmt.Errorf("read the mirror of %s: %w", model, err)
	}
	finding.Model = model
	finding.Missing, finding.Unknown = Compare(want, have)
	if finding.Drifts, err = m.Drift(ctx, want); err != nil {
		return finding, want, have, fmt.Errorf("look at %s: %w", model, err)
	}
	return finding, want, have, nil
}

// tries bounds how often a model is looked at anew because somebody else wrote to the record or mended the mirror meanwhile.
const tries = 5

// Reconcile makes a model in a mirror follow the record, and answers with what the first look found. Missing events are written
// first, then what is shown is mended. It may be stopped at any point, and run by several at once. Where the mirror remembers what
// the record does not, it mends only if told to do so anyway: the record may have lost it, and a clone without tags knows nothing.
func Reconcile(ctx context.Context, record registry.Backend, m Mirror, model string, anyway bool) (Finding, error) {
	first, want, have, err := look(ctx, record, m, model)
	if err != nil || len(first.Unknown) > 0 && !anyway {
		return first, err
	}
	for found, try := first, 0; len(found.Missing)+len(found.Drifts) > 0; try++ {
		if try == tries {
			return first, fmt.Errorf("%s is changed as fast as it is mended: run again later", model)
		}
		if err := mend(ctx, m, found, want, have); err != nil {
			return first, err
		}
		if found, want, have, err = look(ctx, record, m, model); err != nil {
			return first, err
		}
	}
	first.Mended = true
	return first, nil
}

// mend does what a look found. Another's write in between is no error: the next look tells what is left.
func mend(ctx context.Context, m Mirror, found Finding, want, have registry.Log) error {
	var unshown *UnshownError
	err := m.Write(ctx, found.Model, have.Revision, found.Missing)
	if err != nil && !errors.Is(err, registry.ErrMoved) && !errors.Is(err, registry.ErrRaced) && !errors.As(err, &unshown) {
		return fmt.Errorf("write to the mirror of %s: %w", found.Model, err)
	}
	if _, err := Align(ctx, m, want); err != nil {
		return fmt.Errorf("mend %s: %w", found.Model, err)
	}
	return nil
}
