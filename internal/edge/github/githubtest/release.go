package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Origin is who made a commit, and the pull requests that it belongs to.
type Origin struct {
	Authors []string // logins; "" for somebody without an account
	Pulls   []OriginPull
}

// OriginPull is a pull request of a commit.
type OriginPull struct {
	Number int
	Head   string
	Author string
}

// RunApproval is a review of the deployments of a run.
type RunApproval struct {
	By, State    string
	Environments []string
}

// Started is a run that a dispatch started.
type Started struct {
	ID     int64
	Event  string // workflow_dispatch or repository_dispatch
	By     string // the workflow's file, or the event's type
	Ref    string
	Inputs map[string]string
	At     time.Time
}

// Release is what the repository holds about releases.
type Release struct {
	Origins   map[string]Origin        // by commit
	Approvals map[string][]RunApproval // by run
	Teams     map[string][]string      // organization/team → logins
	Workflows map[string][]string      // file of a workflow → its inputs; the first makes the title of its runs
	Started   []Started
	// Older is a server that names no run in its answer to a dispatch.
	Older bool
}

// SetRelease is set before the first request.
func (s *Server) SetRelease(r Release) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.release = r
}

// Started are the runs that dispatches started.
func (s *Server) Started() []Started {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.release.Started)
}

func (s *Server) graphOrigin(_ App, in graphInput) (any, *graphRefusal) {
	origin, ok := s.release.Origins[in.Variables.OID]
	if !ok {
		return map[string]any{"repository": map[string]any{"object": nil}}, nil
	}
	authors, pulls := []any{}, []any{}
	for _, login := range origin.Authors {
		node := map[string]any{"user": nil}
		if login != "" {
			node["user"] = map[string]any{"login": login}
		}
		authors = append(authors, node)
	}
	for _, pull := range origin.Pulls {
		pulls = append(pulls, map[string]any{"number": pull.Number, "headRefOid": pull.Head, "author": map[string]any{"login": pull.Author}})
	}
	return map[string]any{"repository": map[string]any{"object": map[string]any{"authors": map[string]any{"nodes": authors},
		"associatedPullRequests": map[string]any{"nodes": pulls}}}}, nil
}

// serveRelease answers what is asked of releases; ok is false for other questions.
func (s *Server) serveRelease(app App, r *http.Request, body []byte, path map[string]string) (status int, value any, err error, ok bool) {
	switch {
	case path["team_slug"] != "":
		status, value, err = s.membership(app, path["org"]+"/"+path["team_slug"], path["username"])
	case path["owner"] != "owner" || path["repo"] != "repo":
		return 0, nil, nil, false
	case strings.HasSuffix(r.URL.Path, "/approvals"):
		status, value, err = s.approvalsOf(app, path["run_id"])
	case strings.HasSuffix(r.URL.Path, "/dispatches"):
		status, value, err = s.dispatch(app, path["workflow_id"], body)
	case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/runs"):
		status, value, err = s.listStarted(path["workflow_id"], r)
	default:
		return 0, nil, nil, false
	}
	return status, value, err, true
}

func (s *Server) membership(app App, team, login string) (int, any, error) {
	if !app.Members {
		return 0, nil, forbidden
	}
	if !slices.Contains(s.release.Teams[team], login) {
		return 0, nil, errNotFound
	}
	return http.StatusOK, map[string]any{"url": s.URL + "/team", "role": "member", "state": "active"}, nil
}

func (s *Server) approvalsOf(app App, run string) (int, any, error) {
	if !app.Actions {
		return 0, nil, forbidden
	}
	shown := []any{}
	for _, given := range s.release.Approvals[run] {
		environments := []any{}
		for _, name := range given.Environments {
			environments = append(environments, map[string]any{"id": 1, "name": name})
		}
		shown = append(shown, map[string]any{"state": given.State, "comment": "", "environments": environments, "user": s.like("simple-user", map[string]any{"login": given.By, "type": "User"})})
	}
	return http.StatusOK, shown, nil
}

// dispatch starts a run. What GitHub documents beside its description: inputs that the workflow does not declare are 422, and so is a
// workflow that is not there on the ref.
func (s *Server) dispatch(app App, workflow string, data []byte) (int, any, error) {
	var in struct {
		Event   string            `json:"event_type"`
		Payload map[string]string `json:"client_payload"`
		Ref     string            `json:"ref"`
		Inputs  map[string]string `json:"inputs"`
		Details bool              `json:"return_run_details"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return 0, nil, err
	}
	if workflow == "" {
		if !app.Contents {
			return 0, nil, forbidden
		}
		s.release.Started = append(s.release.Started, Started{ID: s.id(), Event: "repository_dispatch", By: in.Event, Inputs: in.Payload, At: s.now()})
		return http.StatusNoContent, nil, nil
	}
	if !app.Actions {
		return 0, nil, forbidden
	}
	declared, ok := s.release.Workflows[workflow]
	if !ok {
		return 0, nil, errNotFound
	}
	for name := range in.Inputs {
		if !slices.Contains(declared, name) {
			return 0, nil, refusal{http.StatusUnprocessableEntity, fmt.Sprintf("Unexpected inputs provided: [%q]", name)}
		}
	}
	run := Started{ID: s.id(), Event: "workflow_dispatch", By: workflow, Ref: in.Ref, Inputs: in.Inputs, At: s.now()}
	s.release.Started = append(s.release.Started, run)
	if !in.Details || s.release.Older {
		return http.StatusNoContent, nil, nil
	}
	return http.StatusOK, map[string]any{"workflow_run_id": run.ID, "run_url": s.URL + "/run", "html_url": s.URL + "/run"}, nil
}

func (s *Server) listStarted(workflow string, r *http.Request) (int, any, error) {
	shown := []any{}
	for _, run := range slices.Backward(s.release.Started) { // the newest first
		if run.Event != r.URL.Query().Get("event") || workflow != "" && run.By != workflow {
			continue
		}
		title := run.By
		if declared := s.release.Workflows[run.By]; len(declared) > 0 {
			title = run.Inputs[declared[0]]
		}
		shown = append(shown, s.like("workflow-run", map[string]any{"id": run.ID, "display_title": title, "created_at": run.At.Format(time.RFC3339)}))
	}
	return http.StatusOK, map[string]any{"total_count": len(shown), "workflow_runs": pageOfQuery(r, shown)}, nil
}
