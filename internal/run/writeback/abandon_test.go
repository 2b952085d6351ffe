package writeback_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/actions"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/finding"
	"github.com/assay-ml/assay/internal/run/writeback"
	"github.com/assay-ml/assay/internal/source"
)

// What judges nothing ends the check run all the same, and says why and what to do.
func TestARunThatJudgedNothingEndsItsCheckRun(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	over, stop := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer stop()
	for name, c := range map[string]struct {
		ctx              context.Context
		err              error
		conclusion, said string
	}{
		"cancelled": {stopped, context.Canceled, "cancelled", "The run was cancelled"},
		"timeout":   {over, context.DeadlineExceeded, "failure", "the time was over"},
		"internal":  {t.Context(), errors.New("the disk is full @team"), "failure", "the disk is full @team\n```\n\nNothing was judged. This lies outside"},
		"user's":    {t.Context(), source.Errorf("write one", "no table at x.csv"), "failure", "no table at x.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJob(t)
			j.AddComments(7, "bot", "the last verdict\n"+oldMark(t))
			session := writeback.Begin(t.Context(), j.options)
			require.Equal(t, "in_progress", j.State().CheckRuns[0].Status)
			_, err := session.Judge(c.ctx, func() (finding.Result, error) { return finding.Result{}, c.err })
			require.Equal(t, c.err, err)
			run := j.State().CheckRuns[0]
			require.Equal(t, "completed "+c.conclusion, run.Status+" "+run.Conclusion)
			require.Contains(t, run.Summary, c.said)
			require.NoError(t, writeback.End(t.Context(), j.options))
			require.Equal(t, 1, j.State().CheckRuns[0].Updates, "there is nothing left to do")
		})
	}
}

// A config that cannot be read does not say whether the team wants a comment. One that stands tells that it does, and must not go on with its
// old verdict.
func TestWithoutAConfigNoCommentIsMade(t *testing.T) {
	broken := source.Problems{{Pos: source.Pos{File: "assay.yaml", Line: 3, Column: 2}, Message: "unknown key", Hint: "mend it"},
		{Pos: source.Pos{File: "../other.yaml", Line: 1}, Message: "outside"}, {Message: "no place"}}
	refuse := func(j *job) githubtest.State {
		j.options.Unasked = true
		_, err := writeback.Begin(t.Context(), j.options).Judge(t.Context(), func() (finding.Result, error) { return finding.Result{}, broken })
		require.Equal(t, broken, err)
		run := j.State().CheckRuns[len(j.State().CheckRuns)-1]
		require.Equal(t, "completed failure", run.Status+" "+run.Conclusion)
		require.Len(t, run.Annotations, 1)
		require.Equal(t, "assay.yaml 3 unknown key; mend it", fmt.Sprint(run.Annotations[0]["path"], " ", run.Annotations[0]["start_line"], " ", run.Annotations[0]["message"]))
		return j.State()
	}
	require.Empty(t, refuse(newJob(t)).Comments)
	j := newJob(t)
	j.run(t, "0/1", result(t, "gate", 0.9))
	j.options.Event.Run = "1/1"
	comments := refuse(j).Comments
	require.Len(t, comments, 1)
	require.Contains(t, comments[0].Body, "could not judge")
}

// oldMark is that of an earlier run of the job.
func oldMark(t *testing.T) string {
	j := newJob(t)
	j.run(t, "0/1", result(t, "gate", 0.9))
	body := strings.TrimSpace(j.State().Comments[0].Body)
	return body[strings.LastIndexByte(body, '\n')+1:] + "\n"
}

func TestAPanicEndsTheCheckRun(t *testing.T) {
	j := newJob(t)
	session := writeback.Begin(t.Context(), j.options)
	require.PanicsWithValue(t, "a bug", func() {
		_, _ = session.Judge(t.Context(), func() (finding.Result, error) { panic("a bug") })
	})
	require.Equal(t, "failure", j.State().CheckRuns[0].Conclusion)
	require.Contains(t, j.State().Comments[0].Body, "a bug of Assay itself")
}

// A process that is killed says nothing more; the end of the job does.
func TestTheEndOfTheJobEndsWhatAKilledStepLeftOpen(t *testing.T) {
	j := newJob(t)
	writeback.Begin(t.Context(), j.options)
	require.NoError(t, writeback.End(t.Context(), j.options))
	run := j.State().CheckRuns[0]
	require.Equal(t, "failure Ended without a word", run.Conclusion+" "+run.Title)

	j = newJob(t)
	requests := len(j.State().Requests)
	j.options.Runner = actions.New(func(string) string { return "" }, &j.log)
	require.NoError(t, writeback.End(t.Context(), j.options))
	require.Len(t, j.State().Requests, requests, "no step began")
}

// GitHub cannot be reached at the end of the step: the end of the job says what the step had judged.
func TestTheEndOfTheJobSaysWhatTheStepCouldNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(t)
		session := writeback.Begin(t.Context(), j.options)
		j.Fail = func(*http.Request) *githubtest.Fault { return &githubtest.Fault{Lost: githubtest.Reset} }
		own := result(t, "gate", 0.9)
		_, written := session.Finish(t.Context(), own, own)
		require.Len(t, written.Notices, 2)
		require.Equal(t, "in_progress", j.State().CheckRuns[0].Status)
		j.Fail = nil
		require.NoError(t, writeback.End(t.Context(), j.options))
		require.Equal(t, "success", j.State().CheckRuns[0].Conclusion)
	})
}

// What could not be opened at the beginning is opened at the end.
func TestACheckRunIsOpenedLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJob(t)
		j.Fail = func(*http.Request) *githubtest.Fault { return &githubtest.Fault{Lost: githubtest.Reset, Applies: true} }
		session := writeback.Begin(t.Context(), j.options)
		j.Fail = nil
		own := result(t, "gate", 0.9)
		_, written := session.Finish(t.Context(), own, own)
		require.Empty(t, written.Notices)
		require.Len(t, j.State().CheckRuns, 1, "the lost answer's is found")
		require.Equal(t, "success", j.State().CheckRuns[0].Conclusion)
	})
}

// A cancelled run has seconds to say so, however slow GitHub is.
func TestACancelledRunTakesFourSecondsAtMost(t *testing.T) {
	for name, fault := range map[string]githubtest.Fault{"nobody answers": {Lost: githubtest.Hang}, "limit": {Status: 429}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJob(t)
				session := writeback.Begin(t.Context(), j.options)
				j.Fail = func(*http.Request) *githubtest.Fault { return &fault }
				ctx, cancel := context.WithCancel(t.Context())
				began := time.Now()
				_, err := session.Judge(ctx, func() (finding.Result, error) { cancel(); return finding.Result{}, ctx.Err() })
				require.Error(t, err)
				require.LessOrEqual(t, time.Since(began), 4*time.Second)
				ctx, cancel = context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				began = time.Now()
				own := result(t, "gate", 0.9)
				session.Finish(ctx, own, own)
				require.LessOrEqual(t, time.Since(began), 5*time.Second)
			})
		})
	}
}

// The commit status that outlives the job is pending before anything else is asked, and ends even where the step was killed.
func TestTheStatusBesideTheCheckRunEndsWithIt(t *testing.T) {
	j := newJob(t)
	j.options.Foreign = true
	writeback.Begin(t.Context(), j.options)
	require.Equal(t, "POST /repos/owner/repo/statuses/"+headSHA, j.State().Requests[0])
	require.Equal(t, "assay/m pending", j.State().Statuses[0].Context+" "+j.State().Statuses[0].State)
	// The post step knows no more than the runner and the token.
	require.NoError(t, writeback.End(t.Context(), writeback.Options{Runner: j.options.Runner, GitHub: j.options.GitHub, Now: j.options.Now}))
	require.Equal(t, "completed failure", j.State().CheckRuns[0].Status+" "+j.State().CheckRuns[0].Conclusion)
	require.Len(t, j.State().Statuses, 2)
	require.Equal(t, "assay/m failure", j.State().Statuses[1].Context+" "+j.State().Statuses[1].State)
}

// A description is cut at what GitHub takes.
func TestAStatusKeepsToItsLength(t *testing.T) {
	j := newJob(t)
	j.options.Foreign, j.options.Model = true, strings.Repeat("é", 100)
	j.step(t, result(t, "gate", 0.7))
	for _, status := range j.State().Statuses {
		require.LessOrEqual(t, len([]rune(status.Description)), 140)
	}
	require.Equal(t, "failure", j.State().Statuses[1].State)
}
