package writeback_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/check/gate"
	"github.com/assay-ml/assay/internal/data/metric"
	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run"
	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/source"
)

// job is a job of a pull request and what it shares with its steps.
type job struct {
	*githubtest.Server
	options writeback.Options
}

func newJob(t *testing.T) *job {
	t.Helper()
	server, err := githubtest.New(map[string]githubtest.App{"t": {ID: 1, Login: "bot", Checks: true, Comments: true}})
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, server.State().Violations)
	})
	client, err := github.New(github.Options{Token: "t", APIURL: server.URL, GraphQLURL: server.URL + "/graphql", Owner: "owner", Repository: "repo"})
	require.NoError(t, err)
	temp := t.TempDir()
	runner := actions.New(func(name string) string { return map[string]string{"RUNNER_TEMP": temp}[name] }, &bytes.Buffer{})
	return &job{server, writeback.Options{Runner: runner, GitHub: client, Comment: writeback.Always, Model: "m", Name: "m",
		Event: actions.Event{PullRequest: 7, HeadSHA: "1111111111111111111111111111111111111111", Workflow: "w", Job: "j", Run: "1/1"},
		Now:   func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }}}
}

// result is one step that holds auc against 0.8.
func result(t *testing.T, step string, auc float64) finding.Result {
	t.Helper()
	limit, err := source.ParseNumber("0.8", source.Pos{File: "assay.yaml", Line: 4, Column: 9})
	require.NoError(t, err)
	answer := gate.Check([]gate.Spec{{Metric: "auc", AtLeast: &limit}}, gate.Input{Head: metric.Set{Values: map[string]metric.Value{"auc": metric.Value(auc)}},
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

func TestWithoutAPullRequestThereIsACheckRun(t *testing.T) {
	j := newJob(t)
	j.options.Event.PullRequest, j.options.Event.Name = 0, "push"
	_, written := j.step(t, result(t, "gate", 0.9))
	require.Empty(t, written.CommentURL)
	require.NotEmpty(t, written.CheckURL)
	require.Equal(t, []string{"no comment: the event push belongs to no pull request"}, written.Notices)
	require.Empty(t, j.State().Comments)
}

func TestARunThatJudgedNothingEndsItsCheckRun(t *testing.T) {
	for want, isCancelled := range map[string]bool{"cancelled": true, "failure": false} {
		j := newJob(t)
		session := writeback.Begin(t.Context(), j.options)
		require.Equal(t, "in_progress", j.State().CheckRuns[0].Status)
		session.Abandon(t.Context(), isCancelled)
		require.Equal(t, "completed "+want, j.State().CheckRuns[0].Status+" "+j.State().CheckRuns[0].Conclusion)
	}
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
