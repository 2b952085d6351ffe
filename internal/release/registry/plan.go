package registry

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Deed is who does something, why, and when.
type Deed struct {
	By     string
	Reason string
	Now    time.Time
	// Expect is the version that the stage is believed to be held by, "" for none; where another holds it, nothing is done.
	// nil: whoever holds it.
	Expect *string
}

// Entry is a version that is to be.
type Entry struct {
	Version string // "" for the next one
	Bump    Bump   // which part the next one raises; "" for the patch
	Commit  string // full sha; "" where the backend has none
	Record  Record
}

// Each plan below is made of a log and answers with the events that Write adds to it, or with a Refusal, or with ErrMoved where the
// expectation does not hold. An empty plan means that what is asked for is so already. Plans change nothing.

// Register plans a new version.
func (l Log) Register(entry Entry, deed Deed) ([]Event, error) {
	if err := CheckModel(l.Model); err != nil {
		return nil, err
	}
	state := l.Of()
	version := entry.Version
	if version == "" {
		version = Next(state.highest(), entry.Bump)
	}
	if err := CheckVersion(version); err != nil {
		return nil, err
	}
	if old := state.Version(version); old != nil && old.Registered != nil {
		return nil, l.again(old, entry)
	}
	if other := state.at(entry.Commit); other != nil {
		return nil, refuse("commit the retrained model, or what tells it apart, and register it there",
			"commit %.12s is %s@%s already; two versions on one commit cannot be told apart", entry.Commit, l.Model, other.Name)
	}
	for name, value := range entry.Record.Metrics {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return nil, refuse("leave it out, or mend what computes it", "metric %s is %v, which is no measurement", name, value)
		}
	}
	return l.stamp(deed, Event{Kind: Registered, Version: version, Commit: entry.Commit, Record: &entry.Record}), nil
}

// again is what a version says that is registered once more: nothing where it is the same one.
func (l Log) again(old *Version, entry Entry) error {
	if old.Active && old.Commit == entry.Commit && old.Record() != nil && old.Record().Digest == entry.Record.Digest {
		return nil
	}
	return refuse("take another version", "%s@%s is registered already", l.Model, old.Name)
}

// highest is the highest version that ever was: one that was taken back does not come again.
func (s State) highest() string {
	if len(s.Versions) == 0 || s.Versions[0].Registered == nil {
		return ""
	}
	return s.Versions[0].Name
}

// at is the version that stands on a commit, also one that was taken back: GTO cannot read a second one there.
func (s State) at(commit string) *Version {
	for _, version := range s.Versions {
		if commit != "" && version.Commit == commit && version.Registered != nil {
			return version
		}
	}
	return nil
}

// Transition plans that a version moves to a stage: it leaves the stages that it was given before, and whoever holds the new
// one makes room, and is archived where archive says so. To the stage None it just leaves, to Archived it can never fall back
// from.
func (l Log) Transition(stages Stages, version, to string, archive bool, deed Deed) ([]Event, error) {
	state := l.Of()
	moved, err := state.Resolve(Ref{Model: l.Model, Version: version})
	if err != nil {
		return nil, err
	}
	if err := state.expect(to, deed.Expect); err != nil {
		return nil, err
	}
	if moved.Deprecated != nil && (to == stages.Staging || to == stages.Production) {
		return nil, refuse("promote another version", "%s@%s is deprecated: %s", l.Model, moved.Name, reasonOf(moved.Deprecated))
	}
	var events []Event
	if to == stages.Staging || to == stages.Production {
		events = state.makeRoom(stages, moved, to, archive)
	}
	events = append(events, state.move(stages, moved, to)...)
	return l.stamp(deed, events...), nil
}

// expect compares the holder of a stage with the one that somebody believes it has.
func (s State) expect(stage string, believed *string) error {
	if believed == nil {
		return nil
	}
	name := ""
	if holder := s.Holder(stage); holder != nil {
		name = holder.Name
	}
	if name == *believed {
		return nil
	}
	return fmt.Errorf("%w: %s of %s is held by %s, not by %s", ErrMoved, stage, s.Model, or(name, "nobody"), or(*believed, "nobody"))
}

// makeRoom takes a stage from all that it was given to, so that it cannot fall back to them, and archives the one that held it.
func (s State) makeRoom(stages Stages, next *Version, stage string, archive bool) []Event {
	var events []Event
	holder := s.Holder(stage)
	for _, version := range s.Versions {
		if version == next || version.Since(stage) == nil {
			continue
		}
		if archive && version == holder {
			events = append(events, s.move(stages, version, stages.Archived)...)
			continue
		}
		events = append(events, Event{Kind: Unassigned, Version: version.Name, Stage: stage, Commit: version.Commit})
	}
	return events
}

// move takes a version out of the stages that it was given, and gives it another. GTO's own stages stay, unless it is archived.
func (s State) move(stages Stages, version *Version, to string) []Event {
	var events []Event
	for _, stage := range version.Given() {
		_, isOurs := stages.Find(stage)
		if stage != to && (isOurs || to == stages.Archived) {
			events = append(events, Event{Kind: Unassigned, Version: version.Name, Stage: stage, Commit: version.Commit})
		}
	}
	if to == stages.None || version.Holds(to) || to == stages.Archived && version.Since(to) != nil {
		return events
	}
	return append(events, Event{Kind: Assigned, Version: version.Name, Stage: to, Commit: version.Commit})
}

// Rollback plans that a stage goes back to the version that held it before the present one; that one is archived. A version
// that was taken back or deprecated since is passed over.
func (l Log) Rollback(stages Stages, stage string, deed Deed) ([]Event, error) {
	if strings.TrimSpace(deed.Reason) == "" {
		return nil, refuse("give one with --reason", "a rollback needs a reason")
	}
	state := l.Of()
	if state.Holder(stage) == nil {
		return nil, refuse("promote one to it", "no version of %s holds %s", l.Model, stage)
	}
	before := state.before(l, stage)
	if before == nil {
		return nil, refuse("promote another version to it", "no version of %s that can be used held %s before %s", l.Model, stage, state.Holder(stage).Name)
	}
	return l.Transition(stages, before.Name, stage, true, deed)
}

// before is the version that held a stage before the one that holds it now, nil where there is none. Where a stage went back to a
// version, those that held it in between were given up, and do not count.
func (s State) before(l Log, stage string) *Version {
	var stack []string
	for _, e := range l.Events {
		if e.Kind != Assigned || e.Stage != stage {
			continue
		}
		if i := slices.Index(stack, e.Version); i >= 0 {
			stack = stack[:i]
		}
		stack = append(stack, e.Version)
	}
	below := slices.Index(stack, s.Holder(stage).Name)
	for _, name := range slices.Backward(stack[:max(0, below)]) {
		if version := s.Version(name); version.Active && version.Deprecated == nil {
			return version
		}
	}
	return nil
}

// Deprecate plans that nobody should use a version any more, or the model where version is "".
func (l Log) Deprecate(version string, deed Deed) ([]Event, error) {
	state := l.Of()
	if version == "" {
		switch {
		case len(state.Versions) == 0:
			return nil, refuse("assay registry list shows those that are", "there is no model %s", l.Model)
		case state.Deprecated != nil:
			return nil, nil
		}
		return l.stamp(deed, Event{Kind: Deprecated, Commit: l.lastCommit()}), nil
	}
	found, err := state.Resolve(Ref{Model: l.Model, Version: version})
	if err != nil || found.Deprecated != nil {
		return nil, err
	}
	return l.stamp(deed, Event{Kind: Deprecated, Version: found.Name, Commit: found.Commit}), nil
}

// lastCommit is that of the last event: something has to bear what is said of the whole model.
func (l Log) lastCommit() string {
	for _, e := range slices.Backward(l.Events) {
		if e.Commit != "" {
			return e.Commit
		}
	}
	return ""
}

// Deregister plans that a version is taken back. One that holds a stage is not; what it would fall back to it loses.
func (l Log) Deregister(version string, deed Deed) ([]Event, error) {
	found, err := l.Of().Resolve(Ref{Model: l.Model, Version: version})
	if err != nil {
		return nil, err
	}
	if len(found.holds) > 0 {
		return nil, refuse("promote another version first", "%s@%s holds %s", l.Model, found.Name, strings.Join(found.holds, ", "))
	}
	var events []Event
	for _, stage := range found.Given() {
		events = append(events, Event{Kind: Unassigned, Version: found.Name, Stage: stage, Commit: found.Commit})
	}
	return l.stamp(deed, append(events, Event{Kind: Deregistered, Version: found.Name, Commit: found.Commit})...), nil
}

// Annotate plans notes on a version; an empty text takes a note away. Notes that say what is said already are left out.
func (l Log) Annotate(version string, notes map[string]string, deed Deed) ([]Event, error) {
	found, err := l.Of().Resolve(Ref{Model: l.Model, Version: version})
	if err != nil {
		return nil, err
	}
	fresh := maps.Clone(notes)
	maps.DeleteFunc(fresh, func(key, text string) bool { return found.Notes[key] == text })
	if len(fresh) == 0 {
		return nil, nil
	}
	return l.stamp(deed, Event{Kind: Annotated, Version: found.Name, Commit: found.Commit, Notes: fresh}), nil
}

// stamp says of events who did them and why, when, and their numbers. Times are whole seconds, and each is later than the one
// before: a reader that goes by time alone reads them in their order.
func (l Log) stamp(deed Deed, events ...Event) []Event {
	at, number := deed.Now.UTC().Truncate(time.Second), l.Highest
	for _, e := range l.Events {
		number = max(number, e.Number)
		if next := e.At.Add(time.Second); next.After(at) {
			at = next
		}
	}
	for i := range events {
		e := &events[i]
		e.By, e.Reason, e.At = strings.ToValidUTF8(deed.By, "\uFFFD"), strings.ToValidUTF8(deed.Reason, "\uFFFD"), at.Add(time.Duration(i)*time.Second)
		if e.Kind != Registered && e.Kind != Deregistered {
			number++
			e.Number = number
		}
	}
	return events
}

func reasonOf(e *Event) string { return or(e.Reason, "no reason is given") }

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
