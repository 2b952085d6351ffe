package registry

import (
	"maps"
	"slices"
	"time"
)

// State is what follows from a log.
type State struct {
	Model      string
	Deprecated *Event     // where the last thing that happened to the model is that it was deprecated
	Versions   []*Version // all that ever were, the highest first
	Last       time.Time  // when something happened last
}

// Version is a version as it is now.
type Version struct {
	Name       string
	Commit     string            // "" where the backend has none
	Registered *Event            // nil: nobody registered it, though a stage was given to it
	Active     bool              // false: it was taken back
	Deprecated *Event            // nil: it is not
	Notes      map[string]string // what is noted on it
	given      map[string]*Event // stage → its assignment, where it was not taken from this version since
	holds      []string          // the stages that it holds, sorted
}

// Of folds a log into a state. A stage belongs to the version that was given it last, of those that it was not taken from
// since and that were not taken back; so after an Unassigned event it falls back to an earlier holder, if there is one that never lost
// it. This is how GTO 1.10.1 reads its tags.
func (l Log) Of() State {
	s := State{Model: l.Model}
	versions := map[string]*Version{}
	for i := range l.Events {
		e := &l.Events[i]
		s.Last = e.At
		if e.Version == "" {
			s.ofModel(e)
			continue
		}
		version := versions[e.Version]
		if version == nil {
			version = &Version{Name: e.Version, Active: true, Notes: map[string]string{}, given: map[string]*Event{}}
			versions[e.Version] = version
		}
		version.take(e)
		if e.Kind != Annotated && e.Kind != Deprecated {
			s.Deprecated = nil // who goes on with a model does not think it dead
		}
	}
	s.Versions = slices.SortedFunc(maps.Values(versions), func(a, b *Version) int { return Compare(b.Name, a.Name) })
	s.hand()
	return s
}

func (s *State) ofModel(e *Event) {
	if e.Kind == Deprecated {
		s.Deprecated = e
	}
}

// take is what an event does to its version.
func (v *Version) take(e *Event) {
	if v.Commit == "" {
		v.Commit = e.Commit
	}
	switch e.Kind {
	case Registered:
		v.Registered, v.Active, v.Commit = e, true, e.Commit
	case Deregistered:
		v.Active = false
	case Assigned:
		v.given[e.Stage] = e
	case Unassigned:
		delete(v.given, e.Stage)
	case Deprecated:
		v.Deprecated = e
	case Annotated:
		v.note(e.Notes)
	}
}

func (v *Version) note(notes map[string]string) {
	maps.Copy(v.Notes, notes)
	maps.DeleteFunc(v.Notes, func(_, text string) bool { return text == "" })
}

// hand gives each stage to its holder.
func (s *State) hand() {
	last := map[string]*Version{}
	for _, version := range s.Versions {
		for stage, given := range version.given {
			if holder := last[stage]; version.Active && (holder == nil || !given.before(holder.given[stage])) {
				last[stage] = version
			}
		}
	}
	for stage, version := range last {
		version.holds = append(version.holds, stage)
		slices.Sort(version.holds)
	}
}

// before orders two assignments; of one second they go by their numbers.
func (e *Event) before(other *Event) bool {
	if e.At.Equal(other.At) {
		return e.Number < other.Number
	}
	return e.At.Before(other.At)
}

// Version is the version of this name, nil where there is none.
func (s State) Version(name string) *Version {
	for _, version := range s.Versions {
		if version.Name == name {
			return version
		}
	}
	return nil
}

// Holder is the version that holds a stage, nil where none does. Of archived versions it is the last one.
func (s State) Holder(stage string) *Version {
	for _, version := range s.Versions {
		if version.Holds(stage) {
			return version
		}
	}
	return nil
}

// Latest is the highest registered version that was not taken back, nil where there is none.
func (s State) Latest() *Version {
	for _, version := range s.Versions {
		if version.Active && version.Registered != nil {
			return version
		}
	}
	return nil
}

// Holds reports whether the version holds a stage.
func (v *Version) Holds(stage string) bool { return slices.Contains(v.holds, stage) }

// Given lists the stages that were given to the version and not taken from it since, sorted. One that it does not hold is held by
// another now, and would fall back to it.
func (v *Version) Given() []string { return slices.Sorted(maps.Keys(v.given)) }

// Since is the assignment of a stage that still stands, nil where there is none.
func (v *Version) Since(stage string) *Event { return v.given[stage] }

// Stage is the one where a version stands: Archived where it was archived, else the furthest that it holds, else None. Other
// names than those of the stages are GTO's own and do not count.
func (v *Version) Stage(stages Stages) string {
	switch {
	case v.Since(stages.Archived) != nil:
		return stages.Archived
	case v.Holds(stages.Production):
		return stages.Production
	case v.Holds(stages.Staging):
		return stages.Staging
	}
	return stages.None
}

// Record is that of the version's registration, nil where there is none.
func (v *Version) Record() *Record {
	if v.Registered == nil {
		return nil
	}
	return v.Registered.Record
}
