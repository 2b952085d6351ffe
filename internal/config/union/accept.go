package union

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// Word is what somebody said on a pull request.
type Word struct {
	By     string
	IsBot  bool
	Body   string // of a comment
	Commit string // of an approving review: the head that was approved
	URL    string
}

// People tell what was said on the pull request, and who may say it.
type People interface {
	// Words are the comments and the approving reviews, the oldest first, and the login of the pull request's author.
	Words(ctx context.Context) (words []Word, author string, err error)
	// MayWrite reports whether somebody has write permission on the repository.
	MayWrite(ctx context.Context, login string) (bool, error)
}

// NeedsWord reports whether the base's rules are in force beside the change's.
func (r Result) NeedsWord() bool {
	return r.Accepted == nil && slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Effect.KeepsBase() })
}

// idLength is how many hex digits name a set of changes: 2⁻⁴⁰ is small enough for two heads of one pull request.
const idLength = 10

// ID names these changes at this head: a word for them is none for others, nor for the same ones at a later head.
func (r Result) ID(head string) string {
	data, err := json.Marshal(struct {
		Head, Base, Config string
		Changes            []Change
	}{head, r.Commit, r.Config, r.Changes})
	if err != nil {
		panic(err) // strings and numbers
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])[:idLength]
}

// command is how a comment accepts changes: /assay accept ID REASON.
const command = "/assay accept "

// Accept looks for a person's word for these changes: an approving review of this head, or a comment with the changes' ID and a
// reason. The author of the pull request, bots, and people without write permission have none. An error means that it could not
// be told, and the base's rules stay.
func (r Result) Accept(ctx context.Context, head string, people People) (*Acceptance, error) {
	words, author, err := people.Words(ctx)
	if err != nil {
		return nil, err
	}
	for _, word := range words {
		found := word.accepts(head, r.ID(head))
		if found == nil || word.IsBot || strings.EqualFold(word.By, author) || word.By == "" {
			continue
		}
		may, err := people.MayWrite(ctx, word.By)
		if err != nil {
			return nil, err
		}
		if may {
			return found, nil
		}
	}
	return nil, nil
}

// accepts is the acceptance that a word would be.
func (w Word) accepts(head, id string) *Acceptance {
	if w.Commit != "" {
		if w.Commit == head {
			return &Acceptance{By: w.By, How: "review", URL: w.URL}
		}
		return nil
	}
	for line := range strings.Lines(w.Body) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), command)
		if !ok {
			continue
		}
		given, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if reason = strings.TrimSpace(reason); given == id && reason != "" {
			return &Acceptance{By: w.By, How: "comment", Reason: cut(reason), URL: w.URL}
		}
	}
	return nil
}
