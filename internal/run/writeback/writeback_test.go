package writeback_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/check/shape"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/source"
)

// job is a job of a pull request and what it shares with its steps.
type job struct {
	*githubtest.Server
	options writeback.Options
	state   string // the runner's file
	log     bytes.Buffer
}

const headSHA = "1111111111111111111111111111111111111111"

func newJob(t *testing.T) *job {
	t.Helper()
	return newJobAs(t, githubtest.App{ID: 1, Login: "bot", Checks: true, Comments: true, Statuses: true, Issues: true})
}

// newJobAs is a job whose token may do what is said here.
func newJobAs(t *testing.T, app githubtest.App) *job {
	t.Helper()
	server, err := githubtest.NewOffline(map[string]githubtest.App{"t0ken": app})
	require.NoError(t, err)
	server.SetHead(headSHA)
	t.Cleanup(func() { require.Empty(t, server.State().Violations) })
	client, err := github.New(github.Options{Token: "t0ken", APIURL: server.URL, GraphQLURL: server.URL + "/graphql", Owner: "owner", Repository: "repo",
		Transport: &githubtest.Wire{Server: server}})
	require.NoError(t, err)
	temp := t.TempDir()
	j := &job{Server: server, state: filepath.Join(temp, "github-state")}
	runner := actions.New(func(name string) string {
		if name == "STATE_assay" {
			data, _ := os.ReadFile(j.state)
			_, path, _ := strings.Cut(strings.TrimSpace(string(data)), "=")
			return strings.Split(path, "\n")[0]
		}
		return map[string]string{"RUNNER_TEMP": temp, "GITHUB_STATE": j.state}[name]
	}, &j.log)
	j.options = writeback.Options{Runner: runner, GitHub: client, Comment: writeback.Always, Model: "m", Name: "m",
		Event: actions.Event{PullRequest: 7, HeadSHA: headSHA, Workflow: "w", Job: "j", Run: "1/1", Ref: "refs/heads/main"},
		Now:   func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}
	return j
}

// result is one step that holds auc against 0.8.
func result(t *testing.T, step string, auc float64) finding.Result {
	t.Helper()
	limit, err := source.ParseNumber("0.8", source.Pos{File: "assay.yaml", Line: 4, Column: 9})
	require.NoError(t, err)
	answer := gate.Check([]gate.Spec{{Metric: "auc", AtLeast: &limit}}, gate.Input{Head: metric.Set{Values: map[string]metric.Value{"auc": metric.Value(auc)},
		Places: map[string]source.Pos{"auc": {File: "metrics.json", Line: 2, Column: 10}}},
		Describe: metric.Spec{}.Describe})
	return finding.Result{Version: finding.ResultVersion, Model: "m", Steps: []finding.Step{{Name: step, Enforced: true, Answers: []finding.Answer{answer}}}}
}

func (j *job) step(t *testing.T, own finding.Result) (finding.Result, writeback.Written) {
	t.Helper()
	session := writeback.Begin(t.Context(), j.options)
	return session.Finish(t.Context(), own, session.Joined(own))
}

func TestStepsOfAJobShareOneCommentAndOneCheckRun(t *testing.T) {
	j := newJob(t)
	_, first := j.step(t, result(t, "train", 0.7))
	joined, second := j.step(t, result(t, "gate", 0.9))
	require.Equal(t, first, second)
	require.NotEmpty(t, first.CommentURL)
	require.NotEmpty(t, first.CheckURL)
	require.True(t, joined.Red(), "what was red stays red")
	require.Len(t, joined.Steps, 2)
	state := j.State()
	require.Len(t, state.Comments, 1)
	require.Len(t, state.CheckRuns, 1)
	require.Equal(t, "failure", state.CheckRuns[0].Conclusion)
	require.Len(t, state.CheckRuns[0].Annotations, 1, "an annotation is sent by its own step alone")
	require.True(t, writeback.Begin(t.Context(), j.options).EarlierFailed("train"))
	require.False(t, writeback.Begin(t.Context(), j.options).EarlierFailed("gate"))
}

func TestAnotherNameHasAnotherComment(t *testing.T) {
	j := newJob(t)
	j.step(t, result(t, "gate", 0.9))
	j.options.Name = "nightly"
	j.step(t, result(t, "gate", 0.7))
	state := j.State()
	require.Len(t, state.Comments, 2)
	require.Equal(t, []string{"Assay / m success", "Assay / m / nightly failure"},
		[]string{state.CheckRuns[0].Name + " " + state.CheckRuns[0].Conclusion, state.CheckRuns[1].Name + " " + state.CheckRuns[1].Conclusion})
}

func TestAFloodOfAnnotationsIsBounded(t *testing.T) {
	j := newJob(t)
	flood := result(t, "gate", 0.7)
	for range 999 {
		flood.Steps[0].Answers = append(flood.Steps[0].Answers, flood.Steps[0].Answers[0])
	}
	j.step(t, flood)
	require.Len(t, j.State().CheckRuns[0].Annotations, 200)
	require.Equal(t, 4, j.State().CheckRuns[0].Updates)
}

func TestWhenTheCommentIsWritten(t *testing.T) {
	j := newJob(t)
	j.options.Comment = writeback.OnChange
	next := func(auc, seconds float64) {
		r := result(t, "gate", auc)
		r.Seconds = seconds
		j.options.Event.Run += "+" // another run of the workflow
		j.step(t, r)
	}
	next(0.9, 1)
	next(0.9, 2)
	require.Zero(t, j.State().Comments[0].Edits, "only the clock moved")
	next(0.7, 3)
	require.Equal(t, 1, j.State().Comments[0].Edits)

	j = newJob(t)
	j.options.Comment = writeback.Never
	j.step(t, result(t, "gate", 0.9))
	require.Empty(t, j.State().Comments)
	require.Equal(t, "success", j.State().CheckRuns[0].Conclusion)
}

// The comment may be kept, folded or taken away where there is nothing to complain of.
func TestWhatBecomesOfACommentOnPass(t *testing.T) {
	j := newJob(t)
	j.options.OnPass = writeback.Collapse
	j.run(t, "1/1", result(t, "gate", 0.7))
	require.False(t, j.State().Comments[0].IsMinimized)
	j.run(t, "2/1", result(t, "gate", 0.9))
	require.True(t, j.State().Comments[0].IsMinimized)
	j.options.OnPass = writeback.Delete
	j.run(t, "3/1", result(t, "gate", 0.9))
	require.Empty(t, j.State().Comments)
	j.run(t, "4/1", result(t, "gate", 0.7))
	require.Len(t, j.State().Comments, 1)
	j.SetHead("2222222222222222222222222222222222222222")
	j.run(t, "5/1", result(t, "gate", 0.9))
	j.run(t, "5/1", result(t, "drift", 0.7))
	require.Len(t, j.State().Comments, 1, "the pull request has moved on: another run will say, or has said, whether there is something to complain of")
	require.Zero(t, j.State().Comments[0].Edits)
}

// run is a step of another run and attempt.
func (j *job) run(t *testing.T, run string, own finding.Result) writeback.Written {
	t.Helper()
	j.options.Event.Run = run
	_, written := j.step(t, own)
	return written
}

func TestANewCommentForEachRun(t *testing.T) {
	j := newJob(t)
	j.options.Comment = writeback.New
	j.run(t, "1/1", result(t, "gate", 0.7))
	j.run(t, "2/1", result(t, "gate", 0.7))
	j.run(t, "2/1", result(t, "drift", 0.7))
	require.Len(t, j.State().Comments, 2)
}

func TestJobsOfAMatrixHaveNamesOfTheirOwn(t *testing.T) {
	j := newJob(t)
	for _, j.options.Event.Matrix = range []string{"3.12, linux", "3.13, linux"} {
		j.step(t, result(t, "gate", 0.7))
	}
	require.Len(t, j.State().Comments, 2)
	require.Equal(t, "Assay / m / (3.12, linux)", j.State().CheckRuns[0].Name)
	require.Equal(t, "Assay / m / (3.13, linux)", j.State().CheckRuns[1].Name)
}

func TestAnOlderRunLeavesTheCommentAndEndsItsOwnCheckRun(t *testing.T) {
	j := newJob(t)
	j.run(t, "2/1", result(t, "gate", 0.9))
	written := j.run(t, "1/1", result(t, "gate", 0.7))
	require.Equal(t, []string{"the comment is left to a newer run"}, written.Notices)
	require.Contains(t, j.State().Comments[0].Body, "**Assay: passed**")
	require.Equal(t, "failure", j.State().CheckRuns[1].Conclusion)
}

func TestWithoutAPullRequestThereIsACheckRun(t *testing.T) {
	for _, name := range []string{"push", "schedule", "workflow_dispatch", "merge_group"} {
		j := newJob(t)
		j.options.Event.PullRequest, j.options.Event.Name = 0, name
		_, written := j.step(t, result(t, "gate", 0.9))
		require.Empty(t, written.CommentURL)
		require.NotEmpty(t, written.CheckURL)
		require.Empty(t, written.Notices)
		require.Empty(t, j.State().Comments)
		require.Empty(t, j.State().Issues)
	}
}

func TestARedRunWithoutAPullRequestOpensAnIssueWhereAsked(t *testing.T) {
	j := newJob(t)
	j.options.Event.PullRequest, j.options.Event.Name, j.options.OnFailure = 0, "schedule", writeback.Issue
	first := j.run(t, "1/1", result(t, "gate", 0.7))
	require.NotEmpty(t, first.IssueURL)
	require.Equal(t, first.IssueURL, j.run(t, "2/1", result(t, "gate", 0.6)).IssueURL)
	require.Equal(t, "Assay: m is red on main", j.State().Issues[0].Title)
	require.Contains(t, j.State().Issues[0].Body, "auc is 0.6")
	j.options.Event.Ref = "refs/heads/other"
	j.run(t, "3/1", result(t, "gate", 0.9))
	require.Equal(t, "open", j.State().Issues[0].State, "another branch's green says nothing")
	j.options.Event.Ref = "refs/heads/main"
	j.options.Event.Run = "4/1"
	_, err := writeback.Begin(t.Context(), j.options).Judge(t.Context(), func() (finding.Result, error) { return finding.Result{}, errors.New("the disk is full") })
	require.Error(t, err)
	require.Contains(t, j.State().Issues[0].Body, "the disk is full")
	require.Empty(t, j.run(t, "5/1", result(t, "gate", 0.9)).IssueURL)
	require.Len(t, j.State().Issues, 1)
	require.Equal(t, "closed", j.State().Issues[0].State)

	j = newJob(t)
	j.options.Event.PullRequest, j.options.Event.Name, j.options.OnFailure = 0, "merge_group", writeback.Issue
	j.step(t, result(t, "gate", 0.7))
	require.Empty(t, j.State().Issues, "the queue tells the author")
}

// The status stands in where the token may write no check run, and only there.
func TestACommitStatusStandsInForTheCheckRun(t *testing.T) {
	j := newJobAs(t, githubtest.App{ID: 1, Login: "bot", Comments: true, Statuses: true})
	session := writeback.Begin(t.Context(), j.options)
	own := result(t, "gate", 0.7)
	_, written := session.Finish(t.Context(), own, own)
	require.Equal(t, []string{"no check run: the token lacks checks: write; the commit status assay/m stands in for it"}, written.Notices)
	require.Empty(t, written.CheckURL)
	statuses := j.State().Statuses
	require.Equal(t, "assay/m pending", statuses[0].Context+" "+statuses[0].State)
	require.Equal(t, "failure", statuses[1].State)
	require.Contains(t, statuses[1].Description, "Assay: failed · m")

	writeback.Begin(t.Context(), j.options)
	require.NoError(t, writeback.End(t.Context(), j.options))
	require.Equal(t, "failure", j.State().Statuses[len(j.State().Statuses)-1].State)

	j = newJob(t)
	j.step(t, own)
	require.Empty(t, j.State().Statuses)
}

// GitHub is offered a shorter text where it takes no longer one.
func TestATextThatIsTooLongIsWrittenShorter(t *testing.T) {
	j := newJob(t)
	patches := 0
	j.Fail = func(r *http.Request) *githubtest.Fault {
		if r.Method == http.MethodPatch {
			patches++
		}
		if strings.HasSuffix(r.URL.Path, "/comments") && r.ContentLength > 40_000 || patches == 2 {
			return &githubtest.Fault{Status: 422, Body: `{"message":"Validation Failed","errors":[{"message":"Only 65535 characters are allowed"}]}`}
		}
		return nil
	}
	long := result(t, "gate", 0.7)
	for range 999 {
		long.Steps[0].Answers = append(long.Steps[0].Answers, long.Steps[0].Answers[0])
	}
	_, written := j.step(t, long)
	require.Empty(t, written.Notices)
	require.Less(t, len(j.State().Comments[0].Body), 33_000)
	require.Less(t, len(j.State().CheckRuns[0].Summary), 33_000)
	require.Len(t, j.State().CheckRuns[0].Annotations, 200, "the batch that was taken is not sent again")
}

// Annotations stand only where the commit has a line for them.
func TestAnnotationsPointAtFilesOfTheCommit(t *testing.T) {
	j := newJob(t)
	j.options.Files = map[string]string{"assay.yaml": "models/a/assay.yaml"}
	j.step(t, result(t, "gate", 0.7))
	require.Equal(t, "models/a/assay.yaml", j.State().CheckRuns[0].Annotations[0]["path"])
	j = newJob(t)
	j.options.Files = map[string]string{}
	j.step(t, result(t, "gate", 0.7))
	require.Empty(t, j.State().CheckRuns[0].Annotations)
	for name, c := range map[string]struct {
		files map[string]string
		want  []any
	}{
		"the metrics are committed":      {map[string]string{"assay.yaml": "a/assay.yaml", "metrics.json": "a/metrics.json"}, []any{"a/assay.yaml", "a/metrics.json"}},
		"the run made the metrics":       {map[string]string{"assay.yaml": "assay.yaml"}, []any{"assay.yaml"}},
		"nobody knows what is committed": {nil, []any{"assay.yaml"}},
	} {
		j := newJob(t)
		j.options.Files = c.files
		j.step(t, result(t, "gate", 0.7))
		var paths []any
		for _, a := range j.State().CheckRuns[0].Annotations {
			paths = append(paths, a["path"])
		}
		require.Equal(t, c.want, paths, name)
	}
	require.Equal(t, "failure", j.State().CheckRuns[0].Conclusion)
}

// How often GitHub is asked for a whole run, with a hundred comments and fifty annotations.
func TestTheCallsOfARun(t *testing.T) {
	j := newJob(t)
	for range 99 {
		j.AddComments(7, "someone", "talk")
	}
	j.options.Comment = writeback.OnChange
	red := result(t, "gate", 0.7)
	for range 49 {
		red.Steps[0].Answers = append(red.Steps[0].Answers, red.Steps[0].Answers[0])
	}
	calls := func(run string) int {
		before := len(j.State().Requests)
		j.run(t, run, red)
		return len(j.State().Requests) - before
	}
	require.Equal(t, 8, calls("1/1"), "open and list check runs, end; read the comments, look for a newer run, create, read them, look again")
	require.Len(t, j.State().CheckRuns[0].Annotations, 50)
	require.Equal(t, 4, calls("2/1"), "nothing changed")
	red.Steps[0].Answers = red.Steps[0].Answers[:50:50]
	red.Steps[0].Answers[0] = result(t, "gate", 0.6).Steps[0].Answers[0]
	require.Equal(t, 8, calls("3/1"), "something changed: read, look for a newer run, edit, read the revisions, look again")
	j.options.Comment = writeback.Always
	require.Equal(t, 6, calls("4/1"), "each run leaves its mark on the comment: nobody has to look for others")
}

func TestADamagedStateIsSaid(t *testing.T) {
	j := newJob(t)
	require.NoError(t, os.WriteFile(j.options.Runner.StateFile(j.options.Event, "m"), []byte("{"), 0o600))
	joined, _ := j.step(t, result(t, "gate", 0.9))
	require.Contains(t, joined.Notices[0], "damaged")
}

func TestWithoutAClientTheResultStands(t *testing.T) {
	j := newJob(t)
	j.options.GitHub, j.options.Why = nil, "there is no token"
	joined, written := j.step(t, result(t, "gate", 0.7))
	said := []string{"no comment and no check run: there is no token"}
	require.Equal(t, writeback.Written{Notices: said}, written)
	require.Equal(t, said, joined.Notices)
	require.True(t, joined.Red())
	joined, written = j.step(t, result(t, "drift", 0.9))
	require.Empty(t, written.Notices, "it is said once")
	require.Equal(t, said, joined.Notices)
	require.Contains(t, run.StepNames(), "gate")
}

// What is stored with a commit says what had no room, and so does the run.
func TestWhatIsNotStoredIsSaid(t *testing.T) {
	j := newJob(t)
	r := result(t, "gate", 0.9)
	r.Subject.HeadSHA = headSHA
	outlines := shape.Result{Parameters: map[string]string{"lr": "0.1"}}
	for i := range 300 {
		outline := shape.Outline{Table: fmt.Sprint(i * 7919)}
		for k := range 200 {
			outline.Columns = append(outline.Columns, shape.Column{Name: fmt.Sprint(i*7907+k*104729, "\xff"), Type: "VARCHAR", Nulls: int64(i * k * 31)})
		}
		outlines.Tables = append(outlines.Tables, outline)
	}
	r.Steps = append(r.Steps, finding.Step{Name: run.DataStep, Answers: []finding.Answer{outlines}})
	_, written := j.step(t, r)
	said := "What is stored with the commit for later runs had no room for all of it. Left out: tables."
	require.Equal(t, []string{said}, written.Notices)
	text := j.State().CheckRuns[0].Text
	require.True(t, strings.HasPrefix(text, said))
	require.LessOrEqual(t, len(text), 65_535)
	digest, err := record.DecodeDigest(text)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"lr": "0.1"}, digest.Parameters)
	require.Equal(t, map[string]metric.Value{"auc": 0.9}, digest.Metrics)
}
