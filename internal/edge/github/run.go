package github

import (
	"context"
	"errors"
	"net/http"

	"github.com/google/go-github/v62/github"
)

// RunState is how a workflow run stands.
type RunState struct {
	ID         int64
	Status     string // queued, in_progress, completed, …
	Conclusion string // of a completed one
}

// Run looks at a workflow run; ok is false where it is gone.
func (c *Client) Run(ctx context.Context, id int64) (state RunState, ok bool, err error) {
	err = c.do(ctx, action{doing: "look at the run", permission: "actions: read", send: func(ctx context.Context) error {
		run, response, err := c.rest().Actions.GetWorkflowRunByID(ctx, c.options.Owner, c.options.Repository, id)
		if response != nil && response.StatusCode == http.StatusNotFound {
			return nil
		}
		state, ok = RunState{id, run.GetStatus(), run.GetConclusion()}, err == nil
		return err
	}})
	return state, ok, err
}

// CancelRun asks for the end of a run, and tells whether it is over already or gone. Asking twice does no harm.
func (c *Client) CancelRun(ctx context.Context, id int64) (over bool, err error) {
	conflict := false
	err = c.do(ctx, action{doing: "cancel the run", permission: "actions: write", send: func(ctx context.Context) error {
		response, err := c.rest().Actions.CancelWorkflowRunByID(ctx, c.options.Owner, c.options.Repository, id)
		conflict = response != nil && (response.StatusCode == http.StatusConflict || response.StatusCode == http.StatusNotFound)
		var accepted *github.AcceptedError
		if conflict || errors.As(err, &accepted) {
			return nil
		}
		return err
	}})
	if err != nil || !conflict {
		return false, err
	}
	state, ok, err := c.Run(ctx, id) // GitHub has more than one kind of conflict
	return err == nil && (!ok || state.Status == "completed"), err
}

// Statuses are those of one context at a commit, the newest first.
func (c *Client) Statuses(ctx context.Context, sha, name string) (found []Status, err error) {
	options := &github.ListOptions{PerPage: 100}
	err = c.do(ctx, action{doing: "read the commit's statuses", permission: "statuses: read", send: func(ctx context.Context) error {
		found = nil
		all, _, err := c.rest().Repositories.ListStatuses(ctx, c.options.Owner, c.options.Repository, sha, options)
		for _, s := range all {
			if s.GetContext() == name {
				found = append(found, Status{Context: name, State: s.GetState(), Description: s.GetDescription(), TargetURL: s.GetTargetURL()})
			}
		}
		return err
	}})
	return found, err
}
