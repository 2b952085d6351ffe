// Package record keeps results of commits and finds them again: the digest that a run leaves behind, and the base that a later
// one is compared with. It knows git, the store and the registry only through small interfaces.
package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/assay-ml/assay/internal/check/compare"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/source"
)

// Repository gives access to what was committed.
type Repository interface {
	// Base is the full sha of the commit that the head is compared with.
	Base(ctx context.Context) (string, error)
	// File is the content of a file at a commit; fs.ErrNotExist where the commit does not have it.
	File(ctx context.Context, commit, path string) ([]byte, error)
}

// Store gives the results that runs stored with their commits.
type Store interface {
	// Chain lists a commit and those before it along first parents, the newest first and at most n, each with the texts that runs
	// of our own App and of this name left there, the newest first.
	Chain(ctx context.Context, commit string, n int) ([]Stored, error)
}

// Stored is what was left with one commit.
type Stored struct {
	Commit string
	Texts  []string
}

// Champion tells of the model that is in production.
type Champion interface {
	// Metrics are the champion's, and its name and version; nil where there is none.
	Metrics(ctx context.Context) (values map[string]metric.Value, version string, err error)
}

// Search says where to look for the base.
type Search struct {
	Named      string     // a metrics file that the user named; "" for none
	Repository Repository // nil: there is none, and Why says what stood in the way
	Why        string
	Path       string   // of the metrics file that the base commit may have
	Store      Store    // nil: results are not stored here
	Champion   Champion // nil: there is no registry
	Model      string   // results of other models are none of ours
	Name       string
}

// Base is what the head is compared with.
type Base struct {
	From    finding.Base              `json:"from"`
	Values  map[string]metric.Value   `json:"values"` // nil: no base
	History []map[string]metric.Value // of the base branch, the oldest first; the last is the base's
	Seen    []compare.Seen            // comparisons of two models on the base branch, the oldest first
	Digest  *Digest                   // of the base or its nearest ancestor, nil where none was stored
}

// LookBack is how many commits of the base branch are searched for results.
const LookBack = 20

// Lookup finds the base, in this order: the metrics file that the user named; the result that was stored with the base commit;
// the metrics file that was committed there; the nearest commit before it with a stored result; the champion; else none, with
// the reason in From.Why. Only a named file that cannot be read is an error: the user asked for it.
func Lookup(ctx context.Context, s Search) (Base, error) {
	if s.Named != "" {
		return fromFile(s.Named)
	}
	if s.Repository == nil {
		return s.orChampion(ctx, s.Why)
	}
	commit, err := s.Repository.Base(ctx)
	if err != nil {
		return s.orChampion(ctx, err.Error())
	}
	all, seen, storeWhy := s.stored(ctx, commit)
	stored := slices.DeleteFunc(slices.Clone(all), func(f found) bool { return f.digest.Metrics == nil })
	base := Base{History: history(stored), Seen: seen}
	if len(all) > 0 {
		base.Digest = &all[0].digest
	}
	if len(stored) > 0 && stored[0].behind == 0 {
		return base.at(stored[0]), nil
	}
	values, why := s.committed(ctx, commit)
	switch {
	case ctx.Err() != nil:
		return Base{}, ctx.Err()
	case values != nil:
		base.Values, base.From = values, finding.Base{Source: "commit", Commit: commit, Path: s.Path}
		return base, nil
	case len(stored) > 0:
		return base.at(stored[0]), nil
	}
	if storeWhy != "" {
		why += "; " + storeWhy
	}
	champion, err := s.orChampion(ctx, why)
	champion.Digest, champion.Seen = base.Digest, seen
	return champion, err
}

// at is the base of a stored result.
func (b Base) at(found found) Base {
	b.Values = found.digest.Metrics
	b.From = finding.Base{Source: "result", Commit: found.commit, Behind: found.behind}
	return b
}

// committed are the metrics that the base commit has as a file, or why there are none.
func (s Search) committed(ctx context.Context, commit string) (values map[string]metric.Value, why string) {
	data, err := s.Repository.File(ctx, commit, s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Sprintf("%s is not committed at %.12s", s.Path, commit)
	}
	if err != nil {
		return nil, err.Error()
	}
	set, err := metric.Parse(s.Path, data)
	if err != nil {
		return nil, fmt.Sprintf("at %.12s: %v", commit, err)
	}
	return set.Values, ""
}

// found is a digest on the base branch.
type found struct {
	commit string
	behind int // commits before the base
	digest Digest
}

// stored are the digests of the base commit and those before it, the newest first, and all comparisons in them, the oldest first. A text
// that is no digest of this model, or one of another commit, does not count.
func (s Search) stored(ctx context.Context, commit string) (all []found, seen []compare.Seen, why string) {
	if s.Store == nil {
		return nil, nil, ""
	}
	chain, err := s.Store.Chain(ctx, commit, LookBack)
	if err != nil {
		return nil, nil, "stored results could not be read: " + err.Error()
	}
	for behind, at := range chain {
		digests := s.digests(at)
		for _, digest := range digests {
			seen = append(seen, digest.seen()...)
		}
		if len(digests) > 0 {
			best := max(0, slices.IndexFunc(digests, func(d Digest) bool { return d.Metrics != nil }))
			all = append(all, found{at.Commit, behind, digests[best]})
		}
	}
	slices.Reverse(seen)
	switch {
	case len(all) == 0:
		why = fmt.Sprintf("no result is stored with it or the %d commits before it", max(0, len(chain)-1))
	case all[0].digest.Lacks("metrics"):
		why = fmt.Sprintf("the result that is stored with %.12s has no metrics: there were too many to fit", all[0].commit)
	default:
		why = "the results that are stored with it or before it have no metrics"
	}
	return all, seen, why
}

// digests are those of this model that were left with a commit, the newest first.
func (s Search) digests(at Stored) (all []Digest) {
	for _, text := range at.Texts {
		digest, err := DecodeDigest(text)
		if err == nil && digest.Model == s.Model && digest.Name == s.Name && digest.Commit == at.Commit {
			all = append(all, digest)
		}
	}
	return all
}

// seen are the looks that a run took.
func (d Digest) seen() []compare.Seen {
	all := make([]compare.Seen, len(d.Compared))
	for i, c := range d.Compared {
		all[i] = compare.Seen{TestSet: c.TestSet, Run: d.Run, Better: c.Verdict == compare.Better}
	}
	return all
}

// history are the metrics of digests, the oldest first.
func history(stored []found) []map[string]metric.Value {
	var values []map[string]metric.Value
	for _, f := range slices.Backward(stored) {
		values = append(values, f.digest.Metrics)
	}
	return values
}

// orChampion compares with the registry's champion where there is nothing nearer.
func (s Search) orChampion(ctx context.Context, why string) (Base, error) {
	if ctx.Err() != nil {
		return Base{}, ctx.Err()
	}
	if s.Champion == nil {
		return none(why), nil
	}
	values, version, err := s.Champion.Metrics(ctx)
	switch {
	case err != nil:
		return none(why + "; the champion could not be read: " + err.Error()), ctx.Err()
	case values == nil:
		return none(why + "; there is no champion"), nil
	}
	return Base{Values: values, From: finding.Base{Source: "champion", Path: version}}, nil
}

func fromFile(path string) (Base, error) {
	set, err := metric.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Base{}, source.Errorf("name a metrics file with --base-metrics", "no base metrics at %s", path)
	}
	var parseError *metric.ParseError
	if errors.As(err, &parseError) {
		return Base{}, source.Errorf("the file named with --base-metrics must hold metrics", "%v", err)
	}
	if err != nil {
		return Base{}, err
	}
	return Base{From: finding.Base{Source: "file", Path: path}, Values: set.Values}, nil
}

func none(why string) Base { return Base{From: finding.Base{Source: "none", Why: why}} }
