package github_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

const (
	token = "ghs_s3cret"
	key   = "0123456789abcdef"
	sha   = "1111111111111111111111111111111111111111"
)

// scene is a GitHub without a network and a client of it. Its clock is the bubble's.
type scene struct {
	*githubtest.Server
	client *github.Client
}

var apps = map[string]githubtest.App{
	token:       {ID: 1, Login: "github-actions", Checks: true, Comments: true, Statuses: true, Issues: true},
	"read-only": {ID: 1, Login: "github-actions"},
}

// play runs a test with a clock of its own: what waits takes no time.
func play(t *testing.T, test func(t *testing.T, s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server, err := githubtest.NewOffline(apps)
		require.NoError(t, err)
		s := &scene{Server: server}
		s.client = s.as(t, token)
		test(t, s)
		time.Sleep(time.Minute) // what comes late
		require.Empty(t, server.State().Violations)
	})
}

func (s *scene) as(t *testing.T, token string) *github.Client {
	t.Helper()
	client, err := github.New(github.Options{Token: token, APIURL: s.URL, GraphQLURL: s.URL + "/graphql", Owner: "owner", Repository: "repo",
		Transport: &githubtest.Wire{Server: s.Server}})
	require.NoError(t, err)
	return client
}

// note is what a run has to say.
func note(run int64, text string) github.Note {
	return github.Note{Mark: github.Mark{Key: key, Order: github.Order{Run: run, Attempt: 1, Step: 1}, Digest: "d1"}, Text: text}
}

func body(n github.Note) string { return n.Text + "\n" + n.String() + "\n" }

func spec(attempt int64) github.CheckSpec {
	return github.CheckSpec{Name: "Assay / m", HeadSHA: sha, Started: time.Unix(0, 0), DetailsURL: "https://github.com/owner/repo/actions/runs/1",
		Mark: github.Mark{Key: key, Order: github.Order{Run: 1, Attempt: attempt, Step: 1}}}
}

// once makes the first request that matches suffer a fault.
func once(matches func(*http.Request) bool, fault githubtest.Fault) func(*http.Request) *githubtest.Fault {
	return times(1, matches, fault)
}

func times(n int, matches func(*http.Request) bool, fault githubtest.Fault) func(*http.Request) *githubtest.Fault {
	return func(r *http.Request) *githubtest.Fault {
		if n == 0 || !matches(r) {
			return nil
		}
		n--
		return &fault
	}
}

func is(method, suffix string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
}

func isPatch(r *http.Request) bool { return r.Method == http.MethodPatch }

func TestAnOutageEndsInAnError(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.Fail = func(*http.Request) *githubtest.Fault {
			return &githubtest.Fault{Status: http.StatusInternalServerError}
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		_, err := s.client.PutComment(ctx, 7, note(1, "one"))
		require.ErrorContains(t, err, "read the comments")
		require.ErrorContains(t, err, "(request REQ:")
		require.Equal(t, 31*time.Second, time.Since(began), "1 + 2 + 4 + 8 + 16 s; the next wait would be too long")
	})
}

func TestALackingPermissionIsNamed(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		client := s.as(t, "read-only")
		began := time.Now()
		var forbidden *github.PermissionError
		_, err := client.PutComment(t.Context(), 7, note(1, "one"))
		require.ErrorAs(t, err, &forbidden)
		require.Equal(t, "pull-requests: write", forbidden.Permission)
		_, err = client.StartCheck(t.Context(), spec(1), time.Time{})
		require.ErrorAs(t, err, &forbidden)
		require.Equal(t, "checks: write", forbidden.Permission)
		require.ErrorAs(t, client.SetStatus(t.Context(), sha, github.Status{Context: "assay/m", State: "pending"}), &forbidden)
		require.Equal(t, "statuses: write", forbidden.Permission)
		_, err = client.PutIssue(t.Context(), "t", note(1, "one"))
		require.ErrorAs(t, err, &forbidden)
		require.Equal(t, "issues: write", forbidden.Permission)
		require.Zero(t, time.Since(began), "trying again would not help")
	})
}

// How long each kind of limit is waited for. GitHub's clock is an hour ahead of ours.
func TestLimitsAreWaitedFor(t *testing.T) {
	reset := func(s *scene, after time.Duration) http.Header {
		return http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {fmt.Sprint(time.Now().Add(s.Skew + after).Unix())}}
	}
	for name, c := range map[string]struct {
		fault func(s *scene) githubtest.Fault
		times int
		want  time.Duration
	}{
		"403 with retry-after": {func(*scene) githubtest.Fault {
			return githubtest.Fault{Status: 403, Header: http.Header{"Retry-After": {"7"}}}
		}, 1, 7 * time.Second},
		"429 with retry-after": {func(*scene) githubtest.Fault {
			return githubtest.Fault{Status: 429, Header: http.Header{"Retry-After": {"9"}}}
		}, 1, 9 * time.Second},
		"primary, 403": {func(s *scene) githubtest.Fault {
			return githubtest.Fault{Status: 403, Header: reset(s, 20*time.Second)}
		}, 1, 21 * time.Second},
		"primary, 429": {func(s *scene) githubtest.Fault {
			return githubtest.Fault{Status: 429, Header: reset(s, 20*time.Second)}
		}, 1, 21 * time.Second},
		"secondary without a word, three times": {func(*scene) githubtest.Fault {
			return githubtest.Fault{Status: 403, Body: `{"message": "You have exceeded a secondary rate limit"}`}
		}, 3, (60 + 120 + 60) * time.Second}, // 240 s more would not fit into five minutes, 60 do
		"429 without a word": {func(*scene) githubtest.Fault { return githubtest.Fault{Status: 429} }, 1, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, s *scene) {
				s.Skew = time.Hour
				began := time.Now()
				s.Fail = times(c.times, is("POST", "/check-runs"), c.fault(s))
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				_, err := s.client.StartCheck(ctx, spec(1), time.Time{})
				require.NoError(t, err)
				require.Equal(t, c.want, time.Since(began))
				require.Len(t, s.State().CheckRuns, 1)
			})
		})
	}
	play(t, func(t *testing.T, s *scene) {
		s.Fail = times(2, is("POST", "/graphql"), githubtest.Fault{Status: 200, Body: `{"errors":[{"type":"RATE_LIMITED","message":"m"}]}`, Header: reset(s, 3*time.Second)})
		_, err := s.client.PutComment(t.Context(), 7, note(1, "one"))
		require.NoError(t, err)
	})
}

func TestALimitOfAnHourIsNotWaitedFor(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.Fail = func(*http.Request) *githubtest.Fault {
			return &githubtest.Fault{Status: http.StatusForbidden, Body: `{"message": "API rate limit exceeded"}`,
				Header: http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {fmt.Sprint(time.Now().Add(time.Hour).Unix())}}}
		}
		began := time.Now()
		_, err := s.client.StartCheck(t.Context(), spec(1), time.Time{})
		require.ErrorContains(t, err, "GitHub's primary rate limit lasts 1h0m1s longer")
		var forbidden *github.PermissionError
		require.False(t, errors.As(err, &forbidden))
		require.Zero(t, time.Since(began))
	})
}

// The token leaves neither in an error nor to another host.
func TestTheTokenStaysWithUs(t *testing.T) {
	leaked := ""
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked = r.Header.Get("Authorization") }))
	defer thief.Close()
	server, err := githubtest.New(apps)
	require.NoError(t, err)
	defer server.Close()
	server.Fail = func(r *http.Request) *githubtest.Fault {
		if r.URL.Path == "/graphql" {
			return &githubtest.Fault{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {thief.URL + "/?sig=s1gned"}}}
		}
		return &githubtest.Fault{Status: http.StatusUnprocessableEntity, Body: `{"message": "you sent ` + token + `"}`}
	}
	client, err := github.New(github.Options{Token: token, APIURL: server.URL, GraphQLURL: server.URL + "/graphql", Owner: "owner", Repository: "repo"})
	require.NoError(t, err)
	_, err = client.PutComment(t.Context(), 7, note(1, "one"))
	require.ErrorContains(t, err, "redirect")
	require.NotContains(t, err.Error(), "s1gned")
	require.Empty(t, leaked)
	_, err = client.StartCheck(t.Context(), spec(1), time.Time{})
	require.ErrorContains(t, err, "you sent ***")
	require.NotContains(t, err.Error(), token)
}

func TestSignedAddressesAreRedacted(t *testing.T) {
	require.Equal(t, `PUT "https://s.example/b?se=2026&sig=***&comp=block" ***`, github.Redact(`PUT "https://s.example/b?se=2026&sig=a%2Bb%3D&comp=block" t0ken`, "t0ken", ""))
	require.Equal(t, "https://b.example/k?X-Amz-Credential=***&X-Amz-Signature=***", github.Redact("https://b.example/k?X-Amz-Credential=AK/1&X-Amz-Signature=ab12"))
}

func TestAServerOfOnesOwn(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		var paths []string
		s.Fail = func(r *http.Request) *githubtest.Fault {
			paths = append(paths, r.URL.Path)
			return &githubtest.Fault{Status: http.StatusUnauthorized, Body: "{}"}
		}
		client, err := github.New(github.Options{Token: token, APIURL: "https://ghe.example/api/v3", GraphQLURL: "https://ghe.example/api/graphql", Owner: "o", Repository: "r",
			Transport: &githubtest.Wire{Server: s.Server}})
		require.NoError(t, err)
		_, err = client.PutComment(t.Context(), 7, note(1, "one"))
		require.Error(t, err)
		_, err = client.StartCheck(t.Context(), spec(1), time.Time{})
		require.Error(t, err)
		require.Equal(t, []string{"/api/graphql", "/api/v3/repos/o/r/check-runs"}, paths)
	})
}

func TestAClientNeedsATokenAndAnAddress(t *testing.T) {
	_, err := github.New(github.Options{APIURL: "https://api.github.com"})
	require.Error(t, err)
	_, err = github.New(github.Options{Token: "t", APIURL: "nowhere"})
	require.Error(t, err)
}

// The fake is as strict as GitHub: each of these would be refused, or be ignored in silence.
func TestTheFakeRefuses(t *testing.T) {
	server, err := githubtest.New(map[string]githubtest.App{token: {ID: 1, Login: "a", Checks: true, Comments: true, Statuses: true, Issues: true}, "other": {ID: 2, Login: "b", Checks: true}})
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
	checks, comments, statuses := "/repos/owner/repo/check-runs", "/repos/owner/repo/issues/7/comments", "/repos/owner/repo/statuses/"+sha
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
		"no permission for statuses":     {"POST", statuses, "other", `{"state": "success"}`, 403},
		"long description":               {"POST", statuses, token, `{"state": "success", "context": "c", "description": "` + long[:141] + `"}`, 422},
		"no state":                       {"POST", statuses, token, `{"context": "c"}`, 422},
		"unknown state of a status":      {"POST", statuses, token, `{"state": "neutral"}`, 422},
		"an issue without a title":       {"POST", "/repos/owner/repo/issues", token, `{"body": "b"}`, 422},
		"no permission for issues":       {"POST", "/repos/owner/repo/issues", "other", `{"title": "t"}`, 403},
		"deleting without permission":    {"DELETE", "/repos/owner/repo/issues/comments/1", "other", "", 403},
		"unknown path":                   {"GET", "/repos/owner/repo/teams", token, "", 422},
	} {
		require.Equal(t, c.want, send(c.method, c.path, c.token, c.body), name)
	}
	require.Empty(t, server.State().Comments)
	require.Equal(t, "in_progress", server.State().CheckRuns[0].Status)
	require.NotEmpty(t, server.State().Violations)
}
