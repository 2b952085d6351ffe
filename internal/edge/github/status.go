package github

import (
	"context"

	"github.com/google/go-github/v62/github"
)

// Status is a commit status. Of those with one context at a commit the last counts; unlike a check run any later job may
// write the next.
type Status struct {
	Context     string
	State       string // pending, success, failure or error
	Description string
	TargetURL   string
}

// maxDescription is what GitHub takes; it refuses more.
const maxDescription = 140 // characters

// CutDescription is a description as it is shown.
func CutDescription(text string) string { return cut(text, maxDescription) }

// SetStatus writes a commit status.
func (c *Client) SetStatus(ctx context.Context, sha string, s Status) error {
	description := CutDescription(s.Description)
	status := &github.RepoStatus{Context: &s.Context, State: &s.State, Description: &description}
	if s.TargetURL != "" {
		status.TargetURL = &s.TargetURL
	}
	return c.do(ctx, action{doing: "write the commit status", permission: "statuses: write",
		send: func(ctx context.Context) error {
			_, _, err := c.rest().Repositories.CreateStatus(ctx, c.options.Owner, c.options.Repository, sha, status)
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			all, _, err := c.rest().Repositories.ListStatuses(ctx, c.options.Owner, c.options.Repository, sha, &github.ListOptions{PerPage: 100})
			for _, old := range all { // the newest first
				if old.GetContext() == s.Context {
					return old.GetState() == s.State && old.GetDescription() == description, err
				}
			}
			return false, err
		}})
}
