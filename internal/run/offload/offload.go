// Package offload wires hand-offs to the world: their states to refs of the repository, their runs and statuses to GitHub.
package offload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
	"github.com/assay-ml/assay/internal/retrain/handoff"
)

// Book keeps states in refs of a repository, each a blob of JSON: refs/assay/handoff/KEY. It implements handoff.Book.
type Book struct{ Repository gittag.Repository }

// Place is the folder of the refs.
const Place = "refs/assay/handoff/"

// Keys lists the refs.
func (b Book) Keys(ctx context.Context) ([]string, error) {
	refs, err := b.Repository.Refs(ctx, Place)
	var keys []string
	for _, ref := range refs {
		if key := strings.TrimPrefix(ref.Name, Place); handoff.IsKey(key) {
			keys = append(keys, key)
		}
	}
	return keys, err
}

// Load reads the blob of a ref.
func (b Book) Load(ctx context.Context, key string) (s handoff.State, revision handoff.Revision, err error) {
	if !handoff.IsKey(key) {
		return s, "", fmt.Errorf("%q is no key of a hand-off", key)
	}
	refs, err := b.Repository.Refs(ctx, Place+key)
	if err != nil {
		return s, "", err
	}
	for _, ref := range refs {
		if ref.Name != Place+key {
			continue
		}
		decoder := json.NewDecoder(strings.NewReader(ref.Text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&s); err != nil || s.Request.Key() != key || s.Phase == "" || s.Attempt() == 0 {
			return handoff.State{}, "", fmt.Errorf("%s%s holds no hand-off that this Assay reads: was it written by hand, or by a later version?", Place, key)
		}
		return s, handoff.Revision(ref.OID), nil
	}
	return s, "", nil
}

// Save moves the ref from where the state was read.
func (b Book) Save(ctx context.Context, key string, s handoff.State, after handoff.Revision) error {
	content, err := json.Marshal(s)
	if err != nil {
		return err
	}
	err = b.Repository.Update(ctx, []gittag.Move{{Ref: Place + key, Before: string(after), Blob: string(content)}})
	if errors.Is(err, registry.ErrMoved) {
		return fmt.Errorf("%w: %w", handoff.ErrMoved, err)
	}
	return err
}

// Runs are the workflow runs of a repository. It implements handoff.Runs.
type Runs struct{ Client *github.Client }

// dispatch is what starts the attempt that counts.
func dispatch(s handoff.State) (github.Dispatch, error) {
	params, err := json.Marshal(s.Request.Params)
	if len(s.Request.Params) == 0 {
		params = []byte("{}")
	}
	return github.Dispatch{Workflow: s.Plan.Workflow, Ref: s.Plan.Branch,
		Inputs: map[string]string{"handoff": s.Marker(), "commit": s.Request.Commit, "params": string(params)}}, err
}

// Dispatch starts the workflow.
func (r Runs) Dispatch(ctx context.Context, s handoff.State) (int64, error) {
	d, err := dispatch(s)
	if err != nil {
		return 0, err
	}
	run, err := r.Client.Start(ctx, d)
	var refused *github.DispatchRefused
	if errors.As(err, &refused) {
		return 0, fmt.Errorf("%w: %w", handoff.ErrNoWorkflow, err)
	}
	return run, err
}

// skew is how far GitHub's clock may be from ours: the run's name tells whose it is, the time only keeps the search short.
const skew = 24 * time.Hour

// statuses are GitHub's words for what a run does; all that it does before a runner has it is queued here.
var statuses = map[string]handoff.RunStatus{"in_progress": handoff.Working, "completed": handoff.Completed}

// See looks at the run by its id, or for one that bears the attempt's name.
func (r Runs) See(ctx context.Context, s handoff.State) (handoff.Run, error) {
	last := s.Attempts[len(s.Attempts)-1]
	id := last.Run
	if id == 0 {
		d, err := dispatch(s)
		if err != nil {
			return handoff.Run{}, err
		}
		started, err := r.Client.StartedSince(ctx, d, last.Began.Add(-skew))
		if err != nil {
			return handoff.Run{}, err
		}
		for _, run := range started { // the newest first: the first of several is taken
			if run.Title == s.Marker() {
				id = run.ID
			}
		}
		if id == 0 {
			return handoff.Run{Status: handoff.Absent}, nil
		}
	}
	state, ok, err := r.Client.Run(ctx, id)
	if err != nil || !ok {
		return handoff.Run{Status: handoff.Absent}, err
	}
	run := handoff.Run{ID: id, Status: handoff.Queued, Conclusion: state.Conclusion}
	if status, ok := statuses[state.Status]; ok {
		run.Status = status
	}
	return run, nil
}

// Cancel asks for the end of a run.
func (r Runs) Cancel(ctx context.Context, run int64) (bool, error) {
	return r.Client.CancelRun(ctx, run)
}

// Board shows hand-offs as commit statuses. It implements handoff.Board.
type Board struct {
	Client *github.Client
	Server string // such as https://github.com/owner/repo
}

// Context is what the commit status of a request is called: what a branch rule requires.
func Context(r handoff.Request) string { return "assay/" + r.Model + "/" + r.Stage }

// Stands tells whether the status that ends this round is there.
func (b Board) Stands(ctx context.Context, s handoff.State) (bool, error) {
	all, err := b.Client.Statuses(ctx, s.Request.Commit, Context(s.Request))
	if err != nil || len(all) == 0 {
		return false, err
	}
	return all[0] == b.status(s), nil
}

// Put writes the status.
func (b Board) Put(ctx context.Context, s handoff.State) error {
	return b.Client.SetStatus(ctx, s.Request.Commit, b.status(s))
}

func (b Board) status(s handoff.State) github.Status {
	shown := github.Status{Context: Context(s.Request), State: "pending", Description: github.CutDescription(s.Sentence()), TargetURL: b.Server + "/actions/workflows/" + s.Plan.Workflow}
	if run := s.Attempts[len(s.Attempts)-1].Run; run != 0 {
		shown.TargetURL = fmt.Sprintf("%s/actions/runs/%d", b.Server, run)
	}
	if s.End != nil {
		shown.State = "failure"
		if s.End.Cause == handoff.Succeeded {
			shown.State = "success"
		}
	}
	return shown
}
