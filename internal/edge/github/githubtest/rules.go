package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The rules that GitHub's description does not state: its documentation and the answers of the service say them.
const (
	maxBody        = 65536 // characters; "Body is too long (maximum is 65536 characters)"
	maxOutput      = 65535 // of output.summary and output.text
	maxAnnotations = 50    // in one request
	pageSize       = 100
)

var (
	fullSHA   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	forbidden = refusal{http.StatusForbidden, "Resource not accessible by integration"}
)

// serve does what a request asks.
func (s *Server) serve(app App, r *http.Request, body []byte, path map[string]string) (int, any, error) {
	if status, value, err, ok := s.serveRelease(app, r, body, path); ok {
		return status, value, err
	}
	if path["owner"] != "owner" || path["repo"] != "repo" {
		return 0, nil, refusal{http.StatusNotFound, "Not Found"}
	}
	if status, value, err, ok := s.serveHistory(r, path); ok {
		return status, value, err
	}
	switch {
	case path["username"] != "":
		return s.permission(path["username"])
	case strings.HasSuffix(r.URL.Path, "/git/tags"):
		return s.createTag(app, body)
	case strings.HasSuffix(r.URL.Path, "/git/blobs"):
		return s.createBlob(app, body)
	case path["issue_number"] != "" && r.Method == http.MethodPatch:
		return s.editIssue(app, path["issue_number"], body)
	case path["issue_number"] != "":
		return s.createComment(app, path["issue_number"], body)
	case strings.HasSuffix(r.URL.Path, "/issues"):
		return s.createIssue(app, body)
	case path["comment_id"] != "" && r.Method == http.MethodDelete:
		return s.deleteComment(app, path["comment_id"])
	case path["comment_id"] != "":
		return s.editComment(app, path["comment_id"], body)
	case path["branch"] != "":
		return s.listRules(path["branch"], r.URL.Query())
	case path["sha"] != "":
		return s.createStatus(app, path["sha"], body)
	case path["ref"] != "" && strings.HasSuffix(r.URL.Path, "/statuses"):
		return s.listStatuses(path["ref"])
	case path["ref"] != "":
		return s.listChecks(path["ref"], r.URL.Query().Get("check_name"))
	case path["check_run_id"] != "" && r.Method == http.MethodGet:
		return s.getCheck(path["check_run_id"])
	case path["check_run_id"] != "":
		return s.updateCheck(app, path["check_run_id"], body)
	default:
		return s.createCheck(app, body)
	}
}

// checkBody applies the rules of a comment's text.
func checkBody(data []byte) (string, error) {
	var comment struct{ Body string }
	if err := json.Unmarshal(data, &comment); err != nil {
		return "", err
	}
	switch {
	case comment.Body == "":
		return "", fmt.Errorf("body is empty")
	case utf8.RuneCountInString(comment.Body) > maxBody:
		return "", fmt.Errorf("Body is too long (maximum is %d characters)", maxBody)
	}
	return comment.Body, nil
}

func (s *Server) createComment(app App, pull string, data []byte) (int, any, error) {
	if !app.Comments {
		return 0, nil, forbidden
	}
	body, err := checkBody(data)
	if err != nil {
		return 0, nil, err
	}
	number, err := strconv.Atoi(pull)
	if err != nil {
		return 0, nil, err
	}
	comment := newComment(s.id(), number, app.Login, body)
	s.state.Comments = append(s.state.Comments, comment)
	if !s.isRepeat {
		s.state.Made = append(s.state.Made, body)
	}
	return http.StatusCreated, s.showComment(comment), nil
}

func newComment(id int64, pull int, author, body string) Comment {
	return Comment{ID: id, Pull: pull, Author: author, Body: body, Revisions: []string{body}}
}

func (s *Server) deleteComment(app App, id string) (int, any, error) {
	if !app.Comments {
		return 0, nil, forbidden
	}
	for i, comment := range s.state.Comments {
		if strconv.FormatInt(comment.ID, 10) == id {
			s.state.Comments = slices.Delete(s.state.Comments, i, i+1)
			return http.StatusNoContent, nil, nil
		}
	}
	return 0, nil, refusal{http.StatusNotFound, "Not Found"}
}

func (s *Server) editComment(app App, id string, data []byte) (int, any, error) {
	if !app.Comments {
		return 0, nil, forbidden
	}
	body, err := checkBody(data)
	if err != nil {
		return 0, nil, err
	}
	for i := range s.state.Comments {
		comment := &s.state.Comments[i]
		if strconv.FormatInt(comment.ID, 10) == id {
			comment.Body, comment.Revisions = body, append(comment.Revisions, body)
			comment.Edits++
			return http.StatusOK, s.showComment(*comment), nil
		}
	}
	return 0, nil, refusal{http.StatusNotFound, "Not Found"}
}

func (s *Server) commentURL(c Comment) string {
	return fmt.Sprintf("%s/owner/repo/pull/%d#issuecomment-%d", s.URL, c.Pull, c.ID)
}

// moment stands in all answers: no test asks when.
const moment = "2026-01-02T03:04:05Z"

func (s *Server) showComment(c Comment) any {
	return map[string]any{"id": c.ID, "node_id": fmt.Sprintf("IC_%d", c.ID), "url": s.URL + "/comment", "html_url": s.commentURL(c), "issue_url": s.URL + "/issue",
		"body": c.Body, "user": nil, "created_at": moment, "updated_at": moment, "author_association": "NONE"}
}

// checkInput is what a request says of a check run.
type checkInput struct {
	Name       string `json:"name"`
	HeadSHA    string `json:"head_sha"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	ExternalID string `json:"external_id"`
	Output     *struct {
		Title       string           `json:"title"`
		Summary     string           `json:"summary"`
		Text        string           `json:"text"`
		Annotations []map[string]any `json:"annotations"`
	} `json:"output"`
}

// checkRules applies what the description leaves open.
func (in checkInput) checkRules() error {
	if in.Status == "completed" && in.Conclusion == "" {
		return fmt.Errorf("a completed check run needs a conclusion")
	}
	if in.Output == nil {
		return nil
	}
	switch {
	case len(in.Output.Annotations) > maxAnnotations:
		return fmt.Errorf("%d annotations in one request", len(in.Output.Annotations))
	case len(in.Output.Summary) > maxOutput || len(in.Output.Text) > maxOutput:
		return fmt.Errorf("output is longer than %d", maxOutput)
	case in.Output.Summary == "" || in.Output.Title == "":
		return fmt.Errorf("output needs a title and a summary")
	}
	for _, a := range in.Output.Annotations {
		if _, ok := a["start_column"]; ok && a["start_line"] != a["end_line"] {
			return fmt.Errorf("columns are for annotations of one line")
		}
	}
	return nil
}

func (s *Server) createCheck(app App, data []byte) (int, any, error) {
	if !app.Checks {
		return 0, nil, forbidden
	}
	var in checkInput
	if err := json.Unmarshal(data, &in); err != nil {
		return 0, nil, err
	}
	if !fullSHA.MatchString(in.HeadSHA) {
		return 0, nil, fmt.Errorf("No commit found for SHA: %s", in.HeadSHA)
	}
	if err := in.checkRules(); err != nil {
		return 0, nil, err
	}
	run := CheckRun{ID: s.id(), App: app.ID, Name: in.Name, HeadSHA: in.HeadSHA, ExternalID: in.ExternalID, Status: "queued"}
	run.take(in)
	s.state.CheckRuns = append(s.state.CheckRuns, run)
	return http.StatusCreated, s.showCheck(run), nil
}

// take applies what a request says; annotations are appended.
func (run *CheckRun) take(in checkInput) {
	if in.Status != "" {
		run.Status, run.Conclusion = in.Status, ""
	}
	if in.Conclusion != "" {
		run.Status, run.Conclusion = "completed", in.Conclusion
		run.Conclusions = append(run.Conclusions, in.Conclusion)
	}
	if in.Output != nil {
		run.Title, run.Summary, run.Text = in.Output.Title, in.Output.Summary, in.Output.Text
		run.Annotations = append(run.Annotations, in.Output.Annotations...)
	}
}

func (s *Server) getCheck(id string) (int, any, error) {
	for _, run := range s.state.CheckRuns {
		if strconv.FormatInt(run.ID, 10) == id {
			return http.StatusOK, s.showCheck(run), nil
		}
	}
	return 0, nil, refusal{http.StatusNotFound, "Not Found"}
}

func (s *Server) updateCheck(app App, id string, data []byte) (int, any, error) {
	if !app.Checks {
		return 0, nil, forbidden
	}
	var in checkInput
	if err := json.Unmarshal(data, &in); err != nil {
		return 0, nil, err
	}
	if err := in.checkRules(); err != nil {
		return 0, nil, err
	}
	for i := range s.state.CheckRuns {
		run := &s.state.CheckRuns[i]
		if strconv.FormatInt(run.ID, 10) != id {
			continue
		}
		if run.App != app.ID {
			return 0, nil, refusal{http.StatusForbidden, "Invalid app_id `" + strconv.FormatInt(app.ID, 10) + "` - check run can only be modified by the GitHub App that created it."}
		}
		run.take(in)
		run.Updates++
		return http.StatusOK, s.showCheck(*run), nil
	}
	return 0, nil, refusal{http.StatusNotFound, "Not Found"}
}

func (s *Server) listChecks(ref, name string) (int, any, error) {
	shown := []any{}
	for _, run := range s.state.CheckRuns {
		if run.HeadSHA == ref && (name == "" || run.Name == name) {
			shown = append(shown, s.showCheck(run))
		}
	}
	return http.StatusOK, map[string]any{"total_count": len(shown), "check_runs": shown}, nil
}

func (s *Server) showCheck(run CheckRun) any {
	var conclusion any
	if run.Conclusion != "" {
		conclusion = run.Conclusion
	}
	return map[string]any{"id": run.ID, "node_id": "CR_1", "head_sha": run.HeadSHA, "external_id": run.ExternalID, "url": s.URL + "/check",
		"html_url": fmt.Sprintf("%s/owner/repo/runs/%d", s.URL, run.ID), "details_url": nil, "status": run.Status, "conclusion": conclusion,
		"started_at": moment, "completed_at": nil, "name": run.Name, "check_suite": nil, "app": showApp(run.App), "pull_requests": []any{},
		"output": map[string]any{"title": run.Title, "summary": run.Summary, "text": run.Text, "annotations_count": len(run.Annotations), "annotations_url": s.URL + "/annotations"}}
}

func showApp(id int64) any {
	page := "https://github.com/apps/app"
	owner := map[string]any{"id": 1, "node_id": "E_1", "name": "owner", "slug": "owner", "html_url": page, "avatar_url": page, "created_at": moment, "updated_at": moment}
	return map[string]any{"id": id, "node_id": fmt.Sprintf("A_%d", id), "name": "app", "description": nil, "external_url": page, "html_url": page,
		"created_at": moment, "updated_at": moment, "permissions": map[string]any{}, "events": []any{}, "owner": owner}
}
