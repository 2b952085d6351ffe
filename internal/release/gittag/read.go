package gittag

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Models implements registry.Backend.
func (r *Registry) Models(ctx context.Context) ([]string, error) {
	names, err := r.repository.TagNames(ctx)
	if err != nil {
		return nil, err
	}
	var models []string
	for _, name := range names {
		model, event, ok := parseName(strings.TrimPrefix(name, tagPrefix))
		if ok && event.Kind == registry.Registered {
			models = append(models, model)
		}
	}
	slices.Sort(models)
	return slices.Compact(models), nil
}

// Read implements registry.Backend.
func (r *Registry) Read(ctx context.Context, model string) (registry.Log, error) {
	seen, err := r.look(ctx, model)
	return seen.log, err
}

// look reads all that a model has.
func (r *Registry) look(ctx context.Context, model string) (*sight, error) {
	seen := &sight{log: registry.Log{Model: model}, tags: map[string]Ref{}}
	if err := registry.CheckModel(model); err != nil {
		return seen, err
	}
	begin := tagPrefix + strings.ReplaceAll(model, ":", "=")
	refs, err := r.repository.Refs(ctx, begin+"@", begin+"#", headName(model))
	if err != nil {
		return seen, err
	}
	seen.take(refs)
	return seen, nil
}

// sight is what a look at a model's refs shows.
type sight struct {
	log    registry.Log
	tags   map[string]Ref // by name without refs/tags/; also those that are no events
	told   []told         // the tags of the log's events, in their order
	head   Ref            // the model's own; its name is "" where there is none
	said   head           // what it says
	torn   []Ref          // tags of a write that was broken off; they do not count
	lost   []headTag      // tags that the last write wrote and that are not there; they count
	faults []Fault
}

// told is an event with its tag.
type told struct {
	name  string // of the tag, without refs/tags/
	tag   *Tag
	event registry.Event
	isOur bool // its message has Assay's line
}

// take sorts out refs into what happened and what is wrong.
func (s *sight) take(refs []Ref) {
	for _, ref := range refs {
		if ref.Name == headName(s.log.Model) {
			s.takeHead(ref)
			continue
		}
		name, isTag := strings.CutPrefix(ref.Name, tagPrefix)
		model, event, ok := parseName(name)
		if isTag && ok && model == s.log.Model {
			s.tags[name] = ref
			s.log.Highest = max(s.log.Highest, event.Number)
		}
	}
	for name, ref := range s.tags {
		s.tell(name, ref)
	}
	for _, tag := range s.said.Write {
		if _, ok := s.tags[tag.Name]; !ok {
			s.lost = append(s.lost, tag)
			s.fault(tag.Name, "was written last and is not there: it counts, and the next write puts it back")
			s.tell(tag.Name, Ref{Tag: tag.tag()})
		}
	}
	slices.SortFunc(s.told, inTime)
	s.nameVersions()
	for _, t := range s.told {
		s.log.Events = append(s.log.Events, t.event)
	}
	s.log.Revision = s.revision()
}

func (s *sight) takeHead(ref Ref) {
	said, ok := parseHead(s.log.Model, ref.Text)
	s.head, s.said = ref, said
	s.log.Highest = max(s.log.Highest, said.Highest)
	if !ok {
		s.fault("", ref.Name+" holds nothing that Assay wrote: it is written over by the next write")
	}
}

// tell takes a tag for an event, or says why it is none.
func (s *sight) tell(name string, ref Ref) {
	_, event, _ := parseName(name)
	switch {
	case ref.Tag == nil:
		s.fault(name, "is a lightweight tag, which says neither who nor when: it is no event")
		return
	case ref.Tag.Commit == "":
		s.fault(name, "is on no commit: it is no event")
		return
	case ref.Tag.At.IsZero():
		s.fault(name, "does not say when it was made: it is no event")
		return
	}
	said, isOur := parseMessage(ref.Tag.Message)
	if event.Number > s.said.Highest && !s.hasAll(said.With) {
		s.torn = append(s.torn, ref)
		s.fault(name, "belongs to a write that was broken off: it does not count, and the next write takes it away")
		return
	}
	event.Commit, event.At = ref.Tag.Commit, ref.Tag.At.UTC()
	event.By, event.Reason, event.Record, event.Notes = said.By, said.Reason, said.Record, said.Notes
	s.told = append(s.told, told{name, ref.Tag, event, isOur})
}

func (s *sight) hasAll(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { _, ok := s.tags[name]; return !ok })
}

// inTime orders events by their seconds; of one second, what registers comes first, what takes back next, and the others by
// their numbers.
func inTime(a, b told) int {
	return cmp.Or(a.event.At.Compare(b.event.At), cmp.Compare(order(a), order(b)), cmp.Compare(a.event.Number, b.event.Number), cmp.Compare(a.name, b.name))
}

func order(t told) int {
	switch t.event.Kind {
	case registry.Registered:
		return 0
	case registry.Deregistered:
		return 1
	}
	return 2
}

// nameVersions says of each assignment which version it is about: the one that stands on its commit, else the commit itself, as
// GTO does. And it reads what GTO leaves to the message.
func (s *sight) nameVersions() {
	on := map[string]string{}
	for _, t := range s.told {
		if t.event.Kind == registry.Registered {
			on[t.event.Commit] = t.event.Version
		}
	}
	for i := range s.told {
		t := &s.told[i]
		if t.event.Stage != "" {
			t.event.Version = cmp.Or(on[t.event.Commit], t.event.Commit)
		}
		if !t.isOur {
			t.event.By = strings.ToValidUTF8(t.tag.Name+" <"+t.tag.Email+">", "\uFFFD")
			t.event.Reason = plainReason(s.log.Model, t.event, t.tag.Message)
		}
	}
}

// revision is a digest of all refs of the model; "" where it has none.
func (s *sight) revision() registry.Revision {
	if len(s.tags) == 0 && s.head.Name == "" {
		return ""
	}
	var lines []string
	for name, ref := range s.tags {
		lines = append(lines, name+" "+ref.OID+"\n")
	}
	slices.Sort(lines)
	hash := sha256.New()
	io.WriteString(hash, strings.Join(lines, "")+s.head.OID)
	return registry.Revision(hex.EncodeToString(hash.Sum(nil)))
}
