package github

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
)

// Origin is where a commit comes from.
type Origin struct {
	Authors []string // logins of its authors and of those of its pull requests; who has no account here is left out
	Pulls   []OriginPull
}

// OriginPull is a pull request that a commit belongs to.
type OriginPull struct {
	Number int
	Head   string // the commit that was proposed last
}

const originQuery = `query origin($owner: String!, $name: String!, $oid: GitObjectID!) {
  repository(owner: $owner, name: $name) { object(oid: $oid) { ... on Commit {
    authors(first: 50) { nodes { user { login } } }
    associatedPullRequests(first: 20) { nodes { number headRefOid author { login } } } } } }
}`

type originAnswer struct {
	Repository struct {
		Object *struct {
			Authors struct {
				Nodes []struct {
					User *struct{ Login string }
				}
			}
			AssociatedPullRequests struct {
				Nodes []struct {
					Number     int
					HeadRefOid string
					Author     *struct{ Login string }
				}
			}
		}
	}
}

// Origin asks who made a commit and by which pull requests it came.
func (c *Client) Origin(ctx context.Context, commit string) (Origin, error) {
	var answer originAnswer
	err := c.do(ctx, action{doing: "ask where the commit comes from", permission: "pull-requests: read", send: func(ctx context.Context) error {
		return c.graph(ctx, originQuery, c.repository(map[string]any{"oid": commit}), &answer)
	}})
	if err != nil {
		return Origin{}, err
	}
	object := answer.Repository.Object
	if object == nil {
		return Origin{}, errors.New("GitHub does not know the commit")
	}
	var origin Origin
	for _, node := range object.Authors.Nodes {
		if node.User != nil {
			origin.Authors = append(origin.Authors, node.User.Login)
		}
	}
	for _, node := range object.AssociatedPullRequests.Nodes {
		origin.Pulls = append(origin.Pulls, OriginPull{Number: node.Number, Head: node.HeadRefOid})
		if node.Author != nil {
			origin.Authors = append(origin.Authors, node.Author.Login)
		}
	}
	return origin, nil
}

// RunApproval is a reviewer's word that jobs of a run may use environments.
type RunApproval struct {
	By           string
	IsBot        bool
	Environments []string
}

// RunApprovals are those of one run; what was rejected or waits is none.
func (c *Client) RunApprovals(ctx context.Context, run string) ([]RunApproval, error) {
	var answer []struct {
		State        string
		User         *struct{ Login, Type string }
		Environments []struct{ Name string }
	}
	err := c.do(ctx, action{doing: "read who approved the run", permission: "actions: read", send: func(ctx context.Context) error {
		request, err := c.rest().NewRequest(http.MethodGet, "repos/"+c.options.Owner+"/"+c.options.Repository+"/actions/runs/"+run+"/approvals", nil)
		if err != nil {
			return err
		}
		_, err = c.rest().Do(ctx, request, &answer)
		return err
	}})
	var approvals []RunApproval
	for _, given := range answer {
		if given.State != "approved" || given.User == nil {
			continue
		}
		approval := RunApproval{By: given.User.Login, IsBot: given.User.Type != "User"}
		for _, environment := range given.Environments {
			approval.Environments = append(approval.Environments, environment.Name)
		}
		approvals = append(approvals, approval)
	}
	return approvals, err
}

// IsMember reports whether somebody is in a team, as organization/team. Only the token of an App with members: read may ask; GitHub
// answers that somebody is not in a team as it answers that a team is not there.
func (c *Client) IsMember(ctx context.Context, team, login string) (bool, error) {
	organization, slug, _ := strings.Cut(team, "/")
	isMember := false
	err := c.do(ctx, action{doing: "ask whether " + login + " is in " + team, permission: "members: read of an App of the organization", send: func(ctx context.Context) error {
		membership, response, err := c.rest().Teams.GetTeamMembershipBySlug(ctx, organization, slug, login)
		if response != nil && response.StatusCode == http.StatusNotFound {
			return nil
		}
		isMember = membership.GetState() == "active"
		return err
	}})
	return isMember, err
}

// Dispatch is what starts a workflow: by its file, or by an event of the repository.
type Dispatch struct {
	Workflow string // file name; "" for an event
	Event    string
	Ref      string // branch or tag, of a workflow
	Inputs   map[string]string
}

// DispatchRefused says that GitHub will never take a dispatch: there is no such workflow or branch, or it takes other inputs.
type DispatchRefused struct{ Err error }

func (e *DispatchRefused) Error() string { return e.Err.Error() }
func (e *DispatchRefused) Unwrap() error { return e.Err }

// Start sends a dispatch, once: an answer that is lost leaves open whether it was taken, since a run takes a while to be listed. The run is 0
// where GitHub does not name it.
func (c *Client) Start(ctx context.Context, d Dispatch) (run int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	path, body := c.dispatchOf(d)
	run, err = c.start(ctx, d, path, body)
	if knowsNoDetails(err) {
		delete(body, detailsKey)
		run, err = c.start(ctx, d, path, body)
	}
	return run, err
}

// detailsKey asks for the run in the answer. Older servers refuse a key that they do not know.
const detailsKey = "return_run_details"

func knowsNoDetails(err error) bool {
	var refused *DispatchRefused
	return errors.As(err, &refused) && strings.Contains(err.Error(), detailsKey)
}

func (c *Client) start(ctx context.Context, d Dispatch, path string, body map[string]any) (run int64, err error) {
	request, err := c.rest().NewRequest(http.MethodPost, path, body)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Run int64 `json:"workflow_run_id"`
	}
	_, err = c.rest().Do(ctx, request, &answer)
	explained := c.explain(action{doing: "start " + or(d.Workflow, "event "+d.Event), permission: dispatchPermission(d)}, err)
	var answered *github.ErrorResponse
	if errors.As(err, &answered) && isFinal(answered.Response.StatusCode) {
		return 0, &DispatchRefused{explained}
	}
	return answer.Run, explained
}

func (c *Client) dispatchOf(d Dispatch) (path string, body map[string]any) {
	repository := "repos/" + c.options.Owner + "/" + c.options.Repository
	if d.Inputs == nil {
		d.Inputs = map[string]string{} // null is refused
	}
	if d.Event != "" {
		return repository + "/dispatches", map[string]any{"event_type": d.Event, "client_payload": d.Inputs}
	}
	return repository + "/actions/workflows/" + d.Workflow + "/dispatches", map[string]any{"ref": d.Ref, "inputs": d.Inputs, detailsKey: true}
}

func dispatchPermission(d Dispatch) string {
	if d.Event != "" {
		return "contents: write"
	}
	return "actions: write"
}

// isFinal reports an answer that a repetition does not change. A token without the permission may be mended: that is no refusal of the dispatch.
func isFinal(status int) bool {
	return status == http.StatusNotFound || status == http.StatusUnprocessableEntity
}

// WorkflowRun is a run of a workflow.
type WorkflowRun struct {
	ID    int64
	Title string // as its run-name makes it
}

// StartedSince lists the runs that dispatches like this one started since a moment, of the last hundred.
func (c *Client) StartedSince(ctx context.Context, d Dispatch, since time.Time) ([]WorkflowRun, error) {
	var runs []WorkflowRun
	options := &github.ListWorkflowRunsOptions{ListOptions: github.ListOptions{PerPage: 100}}
	err := c.do(ctx, action{doing: "look for the run", permission: "actions: read", send: func(ctx context.Context) error {
		var found *github.WorkflowRuns
		var err error
		if options.Event = "workflow_dispatch"; d.Event != "" {
			options.Event = "repository_dispatch"
			found, _, err = c.rest().Actions.ListRepositoryWorkflowRuns(ctx, c.options.Owner, c.options.Repository, options)
		} else {
			found, _, err = c.rest().Actions.ListWorkflowRunsByFileName(ctx, c.options.Owner, c.options.Repository, d.Workflow, options)
		}
		if err != nil {
			return err
		}
		runs = nil
		for _, run := range found.WorkflowRuns { // the newest first
			if !run.GetCreatedAt().Before(since.Truncate(time.Second)) {
				runs = append(runs, WorkflowRun{ID: run.GetID(), Title: run.GetDisplayTitle()})
			}
		}
		return nil
	}})
	return runs, err
}
