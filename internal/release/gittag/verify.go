package gittag

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Fault is what is wrong with a tag, or with a model's tags as a whole.
type Fault struct {
	Tag     string `json:"tag,omitempty"` // without refs/tags/
	Message string `json:"message"`
	IsNote  bool   `json:"note,omitempty"` // good to know, and nothing is wrong
}

func (s *sight) fault(tag, message string) {
	s.faults = append(s.faults, Fault{Tag: tag, Message: message})
}

// Verify reads a model anew and says what is wrong with its tags.
func (r *Registry) Verify(ctx context.Context, model string) ([]Fault, error) {
	seen, err := r.look(ctx, model)
	if err != nil {
		return nil, err
	}
	seen.checkTimes()
	seen.checkHead()
	slices.SortFunc(seen.faults, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.Tag, b.Tag), cmp.Compare(a.Message, b.Message)) })
	return seen.faults, nil
}

// checkTimes compares the order of times with that of numbers.
func (s *sight) checkTimes() {
	numbered := slices.DeleteFunc(slices.Clone(s.told), func(t told) bool { return t.event.Number == 0 })
	slices.SortStableFunc(numbered, func(a, b told) int { return cmp.Compare(a.event.Number, b.event.Number) })
	for i := 1; i < len(numbered); i++ {
		before, after := numbered[i-1], numbered[i]
		switch {
		case after.event.At.Before(before.event.At):
			s.fault(after.name, fmt.Sprintf("has a time before that of %s, which has a lower number: the time decides", before.name))
		case after.event.At.Equal(before.event.At):
			s.fault(after.name, fmt.Sprintf("is of the same second as %s: GTO may read the two in another order", before.name))
		}
	}
}

// checkHead compares the tags with what the last write knew.
func (s *sight) checkHead() {
	switch {
	case s.head.Name == "" && slices.ContainsFunc(s.told, func(t told) bool { return t.isOur }):
		s.fault("", "tags that Assay wrote are here without "+headName(s.log.Model)+": push it along with them")
	case s.said.Events > len(s.told) || s.said.Events > 0 && digestOf(s.told[:s.said.Events]) != s.said.Digest:
		s.fault("", "a tag was changed, moved or taken away since Assay wrote last, or one with an earlier time was added")
	case s.said.Events < len(s.told) && s.said.Events > 0:
		s.faults = append(s.faults, Fault{Message: fmt.Sprintf("tags were added since Assay wrote last, by GTO or by hand: %d", len(s.told)-s.said.Events), IsNote: true})
	}
}
