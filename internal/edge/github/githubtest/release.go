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

	Status     string // "" for queued
	Conclusion string
}

// Release is what the repository holds about releases.
type Release struct {
	Origins   map[string]Origin        // by commit
	Approvals map[string][]RunApproval // by run
	Teams     map[string][]string      // organization/team → logins
	Workflows map[string][]string      // file of a workflow → its inputs; the first makes the title of its runs
	Started   []Started
	// Older is a server that names no run in its answer to a dispatch; Strict refuses to be asked for it.
	Older, Strict bool
}

// ChangeRelease changes what the repository holds about releases. Its maps are there.
func (s *Server) ChangeRelease(change func(*Release)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	r := &s.release
	if r.Origins == nil {
		r.Origins, r.Approvals, r.Teams, r.Workflows = map[string]Origin{}, map[string][]RunApproval{}, map[string][]string{}, map[string][]string{}
	}
	change(r)
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
		status, value = http.StatusOK, s.listStarted(path["workflow_id"], r)
	case path["run_id"] != "" && (strings.HasSuffix(r.URL.Path, "/cancel") || strings.HasSuffix(r.URL.Path, "/runs/"+path["run_id"])):
		status, value, err = s.oneRun(app, r.Method, path["run_id"])
	default:
		return 0, nil, nil, false
	}
	return status, value, err, true
}

// SetRun says how a run stands, as its runner would.
func (s *Server) SetRun(id int64, status, conclusion string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i := range s.release.Started {
		if s.release.Started[i].ID == id {
			s.release.Started[i].Status, s.release.Started[i].Conclusion = status, conclusion
		}
	}
}

// oneRun shows a run, or cancels it: 202 where it goes on, 409 where it is over.
func (s *Server) oneRun(app App, method, id string) (int, any, error) {
	i := slices.IndexFunc(s.release.Started, func(run Started) bool { return fmt.Sprint(run.ID) == id })
	switch {
	case i < 0:
		return 0, nil, errNotFound
	case method == http.MethodGet:
		return http.StatusOK, s.shownRun(s.release.Started[i]), nil
	case !app.Actions:
		return 0, nil, forbidden
	case s.release.Started[i].Status == "completed":
		return 0, nil, refusal{http.StatusConflict, "Cannot cancel a workflow run that is completed."}
	}
	s.release.Started[i].Status, s.release.Started[i].Conclusion = "completed", "cancelled"
	return http.StatusAccepted, map[string]any{}, nil
}

// shownRun is a run as GitHub shows it.
func (s *Server) shownRun(run Started) any {
	title := run.By
	if declared := s.release.Workflows[run.By]; len(declared) > 0 {
		title = run.Inputs[declared[0]]
	}
	shown := map[string]any{"id": run.ID, "display_title": title, "created_at": run.At.Format(time.RFC3339), "status": "queued"}
	if run.Status != "" {
		shown["status"] = run.Status
	}
	if run.Conclusion != "" {
		shown["conclusion"] = run.Conclusion
	}
	return s.like("workflow-run", shown)
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
	if in.Details && s.release.Strict {
		return 0, nil, refusal{http.StatusUnprocessableEntity, `"return_run_details" is not a permitted key.`}
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

func (s *Server) listStarted(workflow string, r *http.Request) any {
	shown := []any{}
	for _, run := range slices.Backward(s.release.Started) { // the newest first
		if run.Event != r.URL.Query().Get("event") || workflow != "" && run.By != workflow {
			continue
		}
		shown = append(shown, s.shownRun(run))
	}
	return map[string]any{"total_count": len(shown), "workflow_runs": pageOfQuery(r, shown)}
}
