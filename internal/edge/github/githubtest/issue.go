package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxDescription is the limit of a status's description, which GitHub's OpenAPI description leaves out.
const maxDescription = 140

func (s *Server) createStatus(app App, sha string, data []byte) (int, any, error) {
	if !app.Statuses {
		return 0, nil, forbidden
	}
	var in struct {
		State       string `json:"state"`
		Context     string `json:"context"`
		Description string `json:"description"`
		TargetURL   string `json:"target_url"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return 0, nil, err
	}
	if utf8.RuneCountInString(in.Description) > maxDescription {
		return 0, nil, fmt.Errorf("description is too long (maximum is %d characters)", maxDescription)
	}
	if !fullSHA.MatchString(sha) {
		return 0, nil, fmt.Errorf("No commit found for SHA: %s", sha)
	}
	status := Status{sha, in.Context, in.State, in.Description, in.TargetURL}
	s.state.Statuses = append(s.state.Statuses, status)
	return http.StatusCreated, s.showStatus(status), nil
}

func (s *Server) listStatuses(ref string) (int, any, error) {
	shown := []any{}
	for _, status := range slices.Backward(s.state.Statuses) {
		if status.SHA == ref && len(shown) < pageSize {
			shown = append(shown, s.showStatus(status))
		}
	}
	return http.StatusOK, shown, nil
}

func (s *Server) showStatus(status Status) any {
	return map[string]any{"id": 1, "node_id": "SC_1", "url": s.URL + "/status", "avatar_url": nil, "state": status.State, "description": status.Description,
		"target_url": status.TargetURL, "context": status.Context, "created_at": moment, "updated_at": moment, "creator": nil}
}

// issueInput is what a request says of an issue; what it leaves out stays.
type issueInput struct {
	Title  *string `json:"title"`
	Body   *string `json:"body"`
	State  *string `json:"state"`
	Reason *string `json:"state_reason"`
}

func (s *Server) createIssue(app App, data []byte) (int, any, error) {
	if !app.Issues {
		return 0, nil, forbidden
	}
	s.lastIssue++
	issue := Issue{Number: s.lastIssue, Author: app.Login, State: "open"}
	if err := issue.take(data); err != nil {
		return 0, nil, err
	}
	s.state.Issues = append(s.state.Issues, issue)
	return http.StatusCreated, s.showIssue(issue), nil
}

func (s *Server) editIssue(app App, number string, data []byte) (int, any, error) {
	if !app.Issues {
		return 0, nil, forbidden
	}
	for i := range s.state.Issues {
		issue := &s.state.Issues[i]
		if strconv.FormatInt(issue.Number, 10) == number {
			if err := issue.take(data); err != nil {
				return 0, nil, err
			}
			return http.StatusOK, s.showIssue(*issue), nil
		}
	}
	return 0, nil, refusal{http.StatusNotFound, "Not Found"}
}

func (issue *Issue) take(data []byte) error {
	var in issueInput
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if in.Body != nil {
		body, err := checkBody(data)
		if err != nil {
			return err
		}
		issue.Body, issue.Revisions = body, append(issue.Revisions, body)
	}
	for _, field := range []struct{ from, to *string }{{in.Title, &issue.Title}, {in.State, &issue.State}, {in.Reason, &issue.Reason}} {
		if field.from != nil {
			*field.to = *field.from
		}
	}
	return nil
}

func (s *Server) issueURL(issue Issue) string {
	return fmt.Sprintf("%s/owner/repo/issues/%d", s.URL, issue.Number)
}

func (s *Server) showIssue(issue Issue) any {
	address := s.URL + "/api"
	return map[string]any{"id": issue.Number, "node_id": fmt.Sprintf("I_%d", issue.Number), "url": address, "repository_url": address, "labels_url": address,
		"comments_url": address, "events_url": address, "html_url": s.issueURL(issue), "number": issue.Number, "state": issue.State, "title": issue.Title,
		"body": issue.Body, "user": nil, "labels": []any{}, "assignee": nil, "milestone": nil, "locked": false, "comments": 0, "closed_at": nil,
		"created_at": moment, "updated_at": moment, "author_association": "NONE"}
}
