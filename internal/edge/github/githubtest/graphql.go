package githubtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// graphInput is a question of GraphQL. Its operation's name says which it is; the texts of Assay's questions were held
// against GitHub's schema (npm @octokit/graphql-schema 15.26.1, graphql-js validate).
type graphInput struct {
	Query     string
	Variables struct {
		Owner, Name string
		Number      int
		Cursor      *string
		ID          string
		OID, Check  string
		First       int
		Prefix      string
		Query       string
		Repository  string
		Updates     []refUpdate
	}
}

// operations answers each question that Assay asks, and names what its text must hold.
var operations = map[string]struct {
	answer func(*Server, App, graphInput) (any, *graphRefusal)
	parts  []string
}{
	"comments": {(*Server).graphComments, []string{"pullRequest(number: $number)", "comments(first: 100, after: $cursor)", "fullDatabaseId", "viewerDidAuthor", "pageInfo"}},
	"chain": {(*Server).graphChain, []string{"viewer { login }", "object(oid: $oid)", "... on Commit", "history(first: $first)", "parents(first: 1)",
		"checkSuites(first: 20, filterBy: {checkName: $check})", "app { slug }", "checkType: ALL", "databaseId status text"}},
	"origin":    {(*Server).graphOrigin, []string{"object(oid: $oid)", "... on Commit", "authors(first: 50) { nodes { user { login } } }", "associatedPullRequests(first: 20)", "headRefOid", "author { login }"}},
	"words":     {(*Server).graphWords, []string{"pullRequest(number: $number)", "comments(last: 100)", "editor { login }", "reviews(last: 100, states: APPROVED)", "author { login __typename }", "commit { oid }"}},
	"issues":    {(*Server).graphIssues, []string{"issues(first: 100, after: $cursor, states: OPEN", "direction: ASC", "viewerDidAuthor", "pageInfo"}},
	"revisions": {(*Server).graphRevisions, []string{"node(id: $id)", "body", "userContentEdits(first: 30) { nodes { diff } }"}},
	"refs": {(*Server).graphRefs, []string{"refs(refPrefix: $prefix, query: $query, first: 100, after: $cursor)", "pageInfo { hasNextPage endCursor }", "prefix name target { oid",
		"... on Tag { message tagger { name email date } target { oid __typename } }", "... on Blob { text }"}},
	"updateRefs": {(*Server).graphUpdateRefs, []string{"updateRefs(input: {repositoryId: $repository, refUpdates: $updates}) { clientMutationId }"}},
	"collapse":   {(*Server).graphFold, []string{"minimizeComment(input: {subjectId: $id, classifier: RESOLVED})"}},
	"unfold":     {(*Server).graphFold, []string{"unminimizeComment(input: {subjectId: $id})"}},
}

// graphRefusal is an error of GraphQL.
type graphRefusal struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// name is that of the question's operation.
func (in graphInput) name() string {
	_, rest, _ := strings.Cut(in.Query, " ")
	name, _, _ := strings.Cut(rest, "(")
	return name
}

// graph answers a question of GraphQL.
func (s *Server) graph(app App, data []byte) (int, []byte) {
	var in graphInput
	if err := json.Unmarshal(data, &in); err != nil {
		s.violation("GraphQL: %v", err)
		return http.StatusBadRequest, message(err.Error())
	}
	operation, ok := operations[in.name()]
	if !ok {
		s.violation("GraphQL: there is no operation %q", in.name())
		return http.StatusBadRequest, message("unknown operation")
	}
	for _, part := range operation.parts {
		if !strings.Contains(in.Query, part) {
			s.violation("GraphQL: %s lacks %s", in.name(), part)
		}
	}
	value, refused := operation.answer(s, app, in)
	body := map[string]any{"data": value}
	if refused != nil {
		body["errors"] = []any{refused}
	}
	answer, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return http.StatusOK, answer
}

// pageOf is a page of nodes behind a cursor. A cursor names the last node seen, as GitHub's do.
func pageOf(nodes []map[string]any, ids []int64, cursor *string) map[string]any {
	start := 0
	if cursor != nil {
		after, _ := strconv.ParseInt(*cursor, 10, 64)
		for start < len(ids) && ids[start] <= after {
			start++
		}
	}
	end := min(start+pageSize, len(nodes))
	shown := slices.Clone(nodes[start:end])
	info := map[string]any{"hasNextPage": end < len(nodes), "endCursor": nil}
	if len(shown) > 0 {
		info["endCursor"] = strconv.FormatInt(ids[end-1], 10)
	}
	return map[string]any{"pageInfo": info, "nodes": shown}
}

func (s *Server) graphComments(app App, in graphInput) (any, *graphRefusal) {
	nodes, ids := []map[string]any{}, []int64{}
	for _, c := range s.state.Comments {
		if c.Pull == in.Variables.Number {
			nodes = append(nodes, map[string]any{"id": "IC_" + strconv.FormatInt(c.ID, 10), "fullDatabaseId": strconv.FormatInt(c.ID, 10), "url": s.commentURL(c),
				"body": c.Body, "viewerDidAuthor": c.Author == app.Login, "isMinimized": c.IsMinimized})
			ids = append(ids, c.ID)
		}
	}
	return map[string]any{"repository": map[string]any{"pullRequest": map[string]any{"headRefOid": s.state.Head, "comments": pageOf(nodes, ids, in.Variables.Cursor)}}}, nil
}

func (s *Server) graphIssues(app App, in graphInput) (any, *graphRefusal) {
	nodes, ids := []map[string]any{}, []int64{}
	for _, issue := range s.state.Issues {
		if issue.State == "open" {
			nodes = append(nodes, map[string]any{"id": "I_" + strconv.FormatInt(issue.Number, 10), "number": issue.Number, "url": s.issueURL(issue),
				"body": issue.Body, "viewerDidAuthor": issue.Author == app.Login})
			ids = append(ids, issue.Number)
		}
	}
	return map[string]any{"repository": map[string]any{"issues": pageOf(nodes, ids, in.Variables.Cursor)}}, nil
}

var notFound = &graphRefusal{"NOT_FOUND", "Could not resolve to a node with the global id"}

// graphRevisions shows the newest first, and nothing before the first edit.
func (s *Server) graphRevisions(_ App, in graphInput) (any, *graphRefusal) {
	var revisions []string
	for _, c := range s.state.Comments {
		if "IC_"+strconv.FormatInt(c.ID, 10) == in.Variables.ID {
			revisions = c.Revisions
		}
	}
	for _, issue := range s.state.Issues {
		if "I_"+strconv.FormatInt(issue.Number, 10) == in.Variables.ID {
			revisions = issue.Revisions
		}
	}
	if revisions == nil {
		return map[string]any{"node": nil}, notFound
	}
	edits := []any{}
	if len(revisions) > 1 {
		for _, text := range slices.Backward(revisions) {
			edits = append(edits, map[string]any{"diff": text})
		}
	}
	return map[string]any{"node": map[string]any{"body": revisions[len(revisions)-1], "userContentEdits": map[string]any{"nodes": edits[:min(30, len(edits))]}}}, nil
}

func (s *Server) graphFold(app App, in graphInput) (any, *graphRefusal) {
	if !app.Comments {
		return nil, &graphRefusal{"FORBIDDEN", "Resource not accessible by integration"}
	}
	for i := range s.state.Comments {
		if "IC_"+strconv.FormatInt(s.state.Comments[i].ID, 10) == in.Variables.ID {
			s.state.Comments[i].IsMinimized = in.name() == "collapse"
			return map[string]any{}, nil
		}
	}
	return nil, notFound
}
