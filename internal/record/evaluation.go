package record

import (
	"context"
	"fmt"
)

// Subject is a model that somebody asks for the judgement of.
type Subject struct {
	Model    string
	Name     string
	Commit   string // full sha
	Artifact string // digest of the model's bytes
}

// Evaluation is the newest stored result of a commit that judged a model of this very digest, nil where there is none. Results of other
// models, names and commits do not count, and neither do those that do not say which bytes they judged.
func Evaluation(ctx context.Context, store Store, s Subject) (*Digest, error) {
	if s.Commit == "" || s.Artifact == "" {
		return nil, nil
	}
	chain, err := store.Chain(ctx, s.Commit, 1)
	if err != nil {
		return nil, fmt.Errorf("read stored results: %w", err)
	}
	for _, at := range chain {
		for _, text := range at.Texts { // the newest first
			digest, err := DecodeDigest(text)
			if err == nil && at.Commit == s.Commit && digest.judged(s) {
				return &digest, nil
			}
		}
	}
	return nil, nil
}

func (d Digest) judged(s Subject) bool {
	return d.Commit == s.Commit && d.Artifact == s.Artifact && d.Model == s.Model && d.Name == s.Name
}
