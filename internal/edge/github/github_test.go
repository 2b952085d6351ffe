package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

const (
	token  = "ghs_s3cret"
	marker = "<!-- assay:1 -->"
	sha    = "1111111111111111111111111111111111111111"
)

// scene is a GitHub and a client of it; waits are written down and not waited for.
type scene struct {
	*githubtest.Server
	client *github.Client
	waits  []time.Duration
}

func newScene(t *testing.T) *scene {
	t.Helper()
	server, err := githubtest.New(map[string]githubtest.App{
		token:       {ID: 1, Login: "github-actions", Checks: true, Comments: true},
		"read-only": {ID: 1, Login: "github-actions"},
	})
	require.NoError(t, err)
	s := &scene{Server: server}
	s.client = s.as(t, token)
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, server.State().Violations)
	})
	return s
}

func (s *scene) as(t *testing.T, token string) *github.Client {
	t.Helper()
	client, err := github.New(github.Options{Token: token, APIURL: s.URL, GraphQLURL: s.URL + "/graphql", Owner: "owner", Repository: "repo",
		Wait: func(ctx context.Context, d time.Duration) error { s.waits = append(s.waits, d); return ctx.Err() }})
	require.NoError(t, err)
	return client
}

func body(text string) string { return text + "\n" + marker + "\n" }

func TestOneCommentIsCreatedThenUpdatedThenLeft(t *testing.T) {
	s := newScene(t)
	first, err := s.client.UpsertComment(t.Context(), 7, marker, body("one"))
	require.NoError(t, err)
	require.True(t, first.Wrote)
	second, err := s.client.UpsertComment(t.Context(), 7, marker, body("two"))
	require.NoError(t, err)
	require.Equal(t, first.URL, second.URL)
	third, err := s.client.UpsertComment(t.Context(), 7, marker, body("two"))
	require.NoError(t, err)
	require.Equal(t, github.Comment{URL: first.URL}, third, "nothing changed, so nothing is written")
	comments := s.State().Comments
	require.Len(t, comments, 1)
	require.Equal(t, body("two"), comments[0].Body)
	require.Equal(t, 1, comments[0].Edits)
}

// The comment is found beyond the first page, and another's comment with our marker is left alone.
func TestOurCommentIsFoundByMarkerAndAuthor(t *testing.T) {
	s := newScene(t)
	s.AddComments(7, "mallory", body("forged"))
	for i := range 150 {
		s.AddComments(7, "someone", fmt.Sprintf("talk %d %s in the middle of a line", i, marker))
	}
	s.AddComments(7, "github-actions", "another workflow's\n<!-- assay:2 -->", body("ours"))
	s.AddComments(8, "github-actions", body("of another pull request"))
	_, err := s.client.UpsertComment(t.Context(), 7, marker, body("new"))
	require.NoError(t, err)
	for _, c := range s.State().Comments {
		require.Equal(t, c.Body == body("new"), c.Edits == 1, c.Body)
	}
	text, found, err := s.client.FindComment(t.Context(), 7, marker)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, body("new"), text)
}

func isPost(r *http.Request, path string) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, path)
}

// lose makes the answers to the first n requests of a kind get lost; they take effect all the same.
func lose(n int, path string) func(*http.Request) *githubtest.Fault {
	return func(r *http.Request) *githubtest.Fault {
		if n == 0 || !isPost(r, path) {
			return nil
		}
		n--
		return &githubtest.Fault{Status: http.StatusBadGateway, Applies: true}
	}
}

func TestACreateWhoseAnswerWasLostIsNotRepeated(t *testing.T) {
	s := newScene(t)
	s.Fail = lose(1, "/comments")
	comment, err := s.client.UpsertComment(t.Context(), 7, marker, body("one"))
	require.NoError(t, err)
	require.NotEmpty(t, comment.URL)
	require.Len(t, s.State().Comments, 1)

	s = newScene(t)
	s.Fail = lose(1, "/check-runs")
	check, err := s.client.StartCheck(t.Context(), "Assay / m", sha, "", time.Unix(0, 0))
	require.NoError(t, err)
	require.Len(t, s.State().CheckRuns, 1)
	require.Equal(t, s.State().CheckRuns[0].ID, check.ID)
}

func TestACreateThatFailedIsRepeated(t *testing.T) {
	s := newScene(t)
	left := 2
	s.Fail = func(r *http.Request) *githubtest.Fault {
		if left--; left < 0 || !isPost(r, "/check-runs") {
			return nil
		}
		return &githubtest.Fault{Status: http.StatusServiceUnavailable}
	}
	_, err := s.client.StartCheck(t.Context(), "Assay / m", sha, "", time.Unix(0, 0))
	require.NoError(t, err)
	require.Len(t, s.State().CheckRuns, 1)
}

func TestAnOutageEndsInAnError(t *testing.T) {
	s := newScene(t)
	s.Fail = func(*http.Request) *githubtest.Fault {
		return &githubtest.Fault{Status: http.StatusInternalServerError}
	}
	_, err := s.client.UpsertComment(t.Context(), 7, marker, body("one"))
	require.ErrorContains(t, err, "read the comments")
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, s.waits)
}

func TestALackingPermissionIsNamed(t *testing.T) {
	s := newScene(t)
	client := s.as(t, "read-only")
	var forbidden *github.PermissionError
	_, err := client.UpsertComment(t.Context(), 7, marker, body("one"))
	require.ErrorAs(t, err, &forbidden)
	require.Equal(t, "pull-requests: write", forbidden.Permission)
	_, err = client.StartCheck(t.Context(), "Assay / m", sha, "", time.Unix(0, 0))
	require.ErrorAs(t, err, &forbidden)
	require.Equal(t, "checks: write", forbidden.Permission)
	require.Empty(t, s.waits, "trying again would not help")
}

func TestALimitIsWaitedForAndIsNoLackingPermission(t *testing.T) {
	for name, header := range map[string]http.Header{
		"secondary": {"Retry-After": {"7"}},
		"primary":   {"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Limit": {"1000"}, "X-Ratelimit-Reset": {fmt.Sprint(time.Now().Add(-time.Second).Unix())}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			left := 1
			s.Fail = func(r *http.Request) *githubtest.Fault {
				if left--; left < 0 {
					return nil
				}
				return &githubtest.Fault{Status: http.StatusForbidden, Header: header,
					Body: `{"message": "You have exceeded a secondary rate limit", "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`}
			}
			_, err := s.client.StartCheck(t.Context(), "Assay / m", sha, "", time.Unix(0, 0))
			require.NoError(t, err)
			require.Len(t, s.waits, 1)
			if name == "secondary" {
				require.Equal(t, 7*time.Second, s.waits[0])
			}
		})
	}
}

func TestALimitOfAnHourIsNotWaitedFor(t *testing.T) {
	s := newScene(t)
	s.Fail = func(*http.Request) *githubtest.Fault {
		return &githubtest.Fault{Status: http.StatusForbidden, Body: `{"message": "API rate limit exceeded"}`,
			Header: http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Limit": {"1000"}, "X-Ratelimit-Reset": {fmt.Sprint(time.Now().Add(time.Hour).Unix())}}}
	}
	_, err := s.client.StartCheck(t.Context(), "Assay / m", sha, "", time.Unix(0, 0))
	require.Error(t, err)
	var forbidden *github.PermissionError
	require.False(t, errors.As(err, &forbidden))
	require.Empty(t, s.waits)
}

func TestACheckRunIsCompleteOnlyWithAllItsAnnotations(t *testing.T) {
	s := newScene(t)
	check, err := s.client.StartCheck(t.Context(), "Assay / m", sha, "https://github.com/owner/repo/actions/runs/1", time.Unix(0, 0))
	require.NoError(t, err)
	require.Equal(t, "in_progress", s.State().CheckRuns[0].Status)
	completion := github.Completion{Name: "Assay / m", Conclusion: "failure", Title: strings.Repeat("é", 300), Summary: "**failed**", Completed: time.Unix(9, 0)}
	for i := range 120 {
		completion.Annotations = append(completion.Annotations, github.Annotation{Path: "assay.yaml", Line: i + 1, Column: i % 2, Level: "failure",
			Title: strings.Repeat("t", 300), Message: strings.Repeat("é", 60_000)})
	}
	var statuses []string
	s.Fail = func(r *http.Request) *githubtest.Fault {
		if r.Method == http.MethodPatch {
			statuses = append(statuses, "patch")
		}
		return nil
	}
	_, err = s.client.CompleteCheck(t.Context(), check.ID, completion)
	require.NoError(t, err)
	run := s.State().CheckRuns[0]
	require.Len(t, statuses, 3)
	require.Len(t, run.Annotations, 120)
	require.Equal(t, "completed", run.Status)
	require.Equal(t, "failure", run.Conclusion)
	require.LessOrEqual(t, len([]rune(run.Title)), 255)
}

func TestACheckRunIsNotCompleteWhereABatchFailed(t *testing.T) {
	s := newScene(t)
	check, err := s.client.StartCheck(t.Context(), "Assay / m", sha, "", time.Unix(0, 0))
	require.NoError(t, err)
	patches := 0
	s.Fail = func(r *http.Request) *githubtest.Fault {
		if r.Method == http.MethodPatch {
			if patches++; patches > 1 {
				return &githubtest.Fault{Status: http.StatusUnprocessableEntity, Body: "{}"}
			}
		}
		return nil
	}
	completion := github.Completion{Name: "n", Conclusion: "success", Title: "t", Summary: "s", Annotations: make([]github.Annotation, 60)}
	for i := range completion.Annotations {
		completion.Annotations[i] = github.Annotation{Path: "a", Line: 1, Level: "warning", Message: "m"}
	}
	_, err = s.client.CompleteCheck(t.Context(), check.ID, completion)
	require.Error(t, err)
	require.Equal(t, "in_progress", s.State().CheckRuns[0].Status)
}

// The token leaves neither in an error nor to another host.
func TestTheTokenStaysWithUs(t *testing.T) {
	leaked := ""
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked = r.Header.Get("Authorization") }))
	defer thief.Close()
	s := newScene(t)
	s.Fail = func(r *http.Request) *githubtest.Fault {
		if r.URL.Path == "/graphql" {
			return &githubtest.Fault{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {thief.URL}}}
		}
		return &githubtest.Fault{Status: http.StatusUnprocessableEntity, Body: `{"message": "you sent ` + token + `"}`}
	}
	_, err := s.client.UpsertComment(t.Context(), 7, marker, body("one"))
	require.ErrorContains(t, err, "redirect")
	require.Empty(t, leaked)
	_, err = s.client.StartCheck(t.Context(), "n", sha, "", time.Unix(0, 0))
	require.ErrorContains(t, err, "you sent ***")
	require.NotContains(t, err.Error(), token)
}

func TestAClientNeedsATokenAndAnAddress(t *testing.T) {
	_, err := github.New(github.Options{APIURL: "https://api.github.com"})
	require.Error(t, err)
	_, err = github.New(github.Options{Token: "t", APIURL: "nowhere"})
	require.Error(t, err)
}

// The fake is as strict as GitHub: each of these would be refused, or be ignored in silence.
func TestTheFakeRefuses(t *testing.T) {
	server, err := githubtest.New(map[string]githubtest.App{token: {ID: 1, Login: "a", Checks: true, Comments: true}, "other": {ID: 2, Login: "b", Checks: true}})
	require.NoError(t, err)
	defer server.Close()
	send := func(method, path, token, body string) int {
		request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		return response.StatusCode
	}
	checks, comments := "/repos/owner/repo/check-runs", "/repos/owner/repo/issues/7/comments"
	require.Equal(t, 201, send("POST", checks, token, `{"name": "n", "head_sha": "`+sha+`", "status": "in_progress"}`))
	id := server.State().CheckRuns[0].ID
	one := fmt.Sprintf("%s/%d", checks, id)
	long := strings.Repeat("x", 65537)
	many := strings.TrimSuffix(strings.Repeat(`{"path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"},`, 51), ",")
	for name, c := range map[string]struct {
		method, path, token, body string
		want                      int
	}{
		"unknown token":                  {"POST", checks, "nobody", `{}`, 401},
		"no name":                        {"POST", checks, token, `{"head_sha": "` + sha + `"}`, 422},
		"unknown field":                  {"POST", comments, token, `{"body": "b", "colour": "red"}`, 422},
		"short sha":                      {"POST", checks, token, `{"name": "n", "head_sha": "abc"}`, 422},
		"completed without a conclusion": {"PATCH", one, token, `{"status": "completed"}`, 422},
		"unknown conclusion":             {"PATCH", one, token, `{"status": "completed", "conclusion": "fine"}`, 422},
		"another app's check run":        {"PATCH", one, "other", `{"status": "in_progress"}`, 403},
		"51 annotations":                 {"PATCH", one, token, `{"output": {"title": "t", "summary": "s", "annotations": [` + many + `]}}`, 422},
		"no summary":                     {"PATCH", one, token, `{"output": {"title": "t", "summary": ""}}`, 422},
		"long summary":                   {"PATCH", one, token, `{"output": {"title": "t", "summary": "` + long + `"}}`, 422},
		"columns over lines":             {"PATCH", one, token, `{"output": {"title": "t", "summary": "s", "annotations": [{"path": "a", "start_line": 1, "end_line": 2, "start_column": 1, "annotation_level": "notice", "message": "m"}]}}`, 422},
		"long comment":                   {"POST", comments, token, `{"body": "` + long + `"}`, 422},
		"empty comment":                  {"POST", comments, token, `{"body": ""}`, 422},
		"no permission":                  {"POST", comments, "other", `{"body": "b"}`, 403},
		"unknown path":                   {"GET", "/repos/owner/repo/pulls", token, "", 422},
	} {
		require.Equal(t, c.want, send(c.method, c.path, c.token, c.body), name)
	}
	require.Empty(t, server.State().Comments)
	require.Equal(t, "in_progress", server.State().CheckRuns[0].Status)
	require.NotEmpty(t, server.State().Violations)
}
