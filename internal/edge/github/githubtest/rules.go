package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
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
	if path["owner"] != "owner" || path["repo"] != "repo" {
		return 0, nil, refusal{http.StatusNotFound, "Not Found"}
	}
	switch {
	case path["issue_number"] != "":
		return s.createComment(app, path["issue_number"], body)
	case path["comment_id"] != "":
		return s.editComment(app, path["comment_id"], body)
	case path["branch"] != "":
		return s.listRules(path["branch"], r.URL.Query())
	case path["ref"] != "":
		return s.listChecks(path["ref"], r.URL.Query().Get("check_name"))
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
	comment := Comment{ID: s.id(), Pull: number, Author: app.Login, Body: body}
	s.state.Comments = append(s.state.Comments, comment)
	return http.StatusCreated, s.showComment(comment), nil
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
			comment.Body = body
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
	return map[string]any{"id": c.ID, "node_id": "IC_1", "url": s.URL + "/comment", "html_url": s.commentURL(c), "issue_url": s.URL + "/issue",
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
		run.Status = in.Status
	}
	if in.Conclusion != "" {
		run.Status, run.Conclusion = "completed", in.Conclusion
	}
	if in.Output != nil {
		run.Title, run.Summary = in.Output.Title, in.Output.Summary
		run.Annotations = append(run.Annotations, in.Output.Annotations...)
	}
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
		"started_at": moment, "completed_at": nil, "name": run.Name, "check_suite": nil, "app": nil, "pull_requests": []any{},
		"output": map[string]any{"title": run.Title, "summary": run.Summary, "text": nil, "annotations_count": len(run.Annotations), "annotations_url": s.URL + "/annotations"}}
}

// graph answers the one question that Assay asks of GraphQL: the comments of a pull request, a page at a time.
func (s *Server) graph(app App, data []byte) (int, []byte) {
	var in struct {
		Query     string
		Variables struct {
			Owner, Name string
			Number      int
			Cursor      *string
		}
	}
	if err := json.Unmarshal(data, &in); err != nil {
		s.violation("GraphQL: %v", err)
		return http.StatusBadRequest, message(err.Error())
	}
	for _, part := range []string{"pullRequest(number: $number)", "comments(first: 100, after: $cursor)", "fullDatabaseId", "viewerDidAuthor", "pageInfo"} {
		if !regexp.MustCompile(regexp.QuoteMeta(part)).MatchString(in.Query) {
			s.violation("GraphQL: the query lacks %s", part)
		}
	}
	start := 0
	if in.Variables.Cursor != nil {
		start, _ = strconv.Atoi(*in.Variables.Cursor)
	}
	nodes, seen := []any{}, 0
	for _, c := range s.state.Comments {
		if c.Pull != in.Variables.Number {
			continue
		}
		if seen++; seen > start && len(nodes) < pageSize {
			nodes = append(nodes, map[string]any{"fullDatabaseId": strconv.FormatInt(c.ID, 10), "url": s.commentURL(c), "body": c.Body, "viewerDidAuthor": c.Author == app.Login})
		}
	}
	end := start + len(nodes)
	answer, err := json.Marshal(map[string]any{"data": map[string]any{"repository": map[string]any{"pullRequest": map[string]any{"comments": map[string]any{
		"pageInfo": map[string]any{"hasNextPage": end < seen, "endCursor": strconv.Itoa(end)}, "nodes": nodes}}}}})
	if err != nil {
		panic(err)
	}
	return http.StatusOK, answer
}
