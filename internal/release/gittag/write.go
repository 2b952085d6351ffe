package gittag

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-ml/assay/internal/release/registry"
)

// Write implements registry.Backend. What an earlier write left undone is put right by the same update. git holds other writers of
// Assay off by the model's ref; GTO does not know it, so a tag of its that came in while the update was under way is found by
// looking again, and is ErrRaced.
func (r *Registry) Write(ctx context.Context, model string, after registry.Revision, events []registry.Event) error {
	seen, err := r.look(ctx, model)
	switch {
	case err != nil:
		return err
	case len(events) == 0:
		return nil
	case seen.log.Revision != after:
		return registry.ErrMoved
	}
	moves, err := seen.moves(events)
	if err != nil {
		return err
	}
	err = r.repository.Update(ctx, moves)
	if err != nil && !errors.Is(err, registry.ErrUnsure) {
		return err
	}
	return r.settle(ctx, seen, moves, err)
}

// settle looks at what became of a write: whether it was taken, where the answer was lost, and whether somebody came between
// who does not know of the model's ref.
func (r *Registry) settle(ctx context.Context, before *sight, moves []Move, unsure error) error {
	now, err := r.look(ctx, before.log.Model)
	if err != nil {
		if unsure == nil {
			return nil // it was written, and nobody can be asked what else was
		}
		return unsure
	}
	ours := map[string]bool{}
	for _, move := range moves {
		name, isTag := strings.CutPrefix(move.Ref, tagPrefix)
		ours[name] = true
		if isTag && !move.Deletes() && !now.tags[name].says(move.Tag) {
			return unsure // nil where somebody took it away at once
		}
	}
	for _, t := range now.told {
		_, wasThere := before.tags[t.name]
		if !wasThere && !ours[t.name] && !t.isOur {
			return fmt.Errorf("%w: %s", registry.ErrRaced, t.name)
		}
	}
	return nil
}

// says reports a ref that points at a tag with this message. No two writes have one in common.
func (r Ref) says(tag *Tag) bool {
	return r.Tag != nil && strings.TrimSpace(r.Tag.Message) == strings.TrimSpace(tag.Message)
}

// moves are what an update moves to add events to what was seen.
func (s *sight) moves(events []registry.Event) ([]Move, error) {
	w := mark{id: rand.Text()}
	if len(events) > 1 {
		for _, e := range events {
			w.with = append(w.with, formatName(s.log.Model, e))
		}
	}
	fresh := make([]told, len(events))
	for i, e := range events {
		tag, err := makeTag(s.log.Model, e, w)
		if err != nil {
			return nil, err
		}
		fresh[i] = told{name: formatName(s.log.Model, e), tag: tag, event: e}
	}
	moves := s.repairs()
	for _, t := range fresh {
		moves = append(moves, Move{Ref: tagPrefix + t.name, Tag: t.tag})
	}
	text, err := json.Marshal(s.next(fresh))
	return append(moves, Move{Ref: headName(s.log.Model), Before: s.head.OID, Blob: string(text) + "\n"}), err
}

// repairs put back what the last write lost, and take away what one left that was broken off.
func (s *sight) repairs() []Move {
	var moves []Move
	for _, ref := range s.torn {
		moves = append(moves, Move{Ref: ref.Name, Before: ref.OID})
	}
	slices.SortFunc(moves, func(a, b Move) int { return cmp.Compare(a.Ref, b.Ref) })
	for _, tag := range s.lost {
		moves = append(moves, Move{Ref: tagPrefix + tag.Name, Tag: tag.tag()})
	}
	return moves
}

// next is the head that a write of some tags leaves.
func (s *sight) next(fresh []told) head {
	said := head{Assay: lineVersion, Model: s.log.Model, Highest: s.log.Highest}
	all := slices.SortedFunc(slices.Values(slices.Concat(s.told, fresh)), inTime)
	said.Events, said.Digest = len(all), digestOf(all)
	for _, t := range fresh {
		said.Highest = max(said.Highest, t.event.Number)
		said.Write = append(said.Write, headTag{t.name, t.tag.Commit, t.tag.Name, t.tag.Email, t.tag.At.Unix(), t.tag.Message})
	}
	return said
}

// makeTag is the tag of an event.
func makeTag(model string, e registry.Event, w mark) (*Tag, error) {
	name := formatName(model, e)
	if of, parsed, ok := parseName(name); !ok || of != model || parsed.Kind != e.Kind || parsed.Number != e.Number {
		return nil, fmt.Errorf("%.120q is no name of a tag that says what happened", name)
	}
	if !isSHA(e.Commit) {
		return nil, errors.New("in git a version stands on a commit: name it by its full sha")
	}
	message, err := formatMessage(model, e, w)
	if err != nil {
		return nil, err
	}
	person, email := tagger(e.By)
	return &Tag{Commit: e.Commit, Name: person, Email: email, At: e.At, Message: message}, nil
}

// nowhere is the address of a tagger who gives none: git wants one.
const nowhere = "nobody@localhost"

// tagger is the name and the address in "Name <address>"; both are plain, whatever By holds.
func tagger(by string) (name, email string) {
	name, email, _ = strings.Cut(strings.TrimSuffix(strings.TrimSpace(by), ">"), "<")
	return cmp.Or(plain(name), "assay"), cmp.Or(plain(email), nowhere)
}

// maxPerson bounds a tagger's name and address.
const maxPerson = 200 // characters

// plain is a text of one line without the characters that end a name or an address in git.
func plain(text string) string {
	fields := strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return r <= ' ' || r == 0x7f || r == '<' || r == '>' || r == '\uFFFD'
	})
	kept := []rune(strings.Trim(strings.Join(fields, " "), ".,:;'\"\\ "))
	return strings.TrimSpace(string(kept[:min(len(kept), maxPerson)]))
}
