package github_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

// releaser is an App that may do all that a promotion takes; reader is one that may not.
const (
	releaser = "ghs_releaser"
	reader   = "ghs_reader"
)

// released is a scene with a release in it.
func released(t *testing.T, test func(t *testing.T, s *scene)) {
	t.Helper()
	play(t, func(t *testing.T, s *scene) {
		s.AddApp(releaser, githubtest.App{ID: 2, Login: "releaser[bot]", Contents: true, Actions: true, Members: true})
		s.AddApp(reader, githubtest.App{ID: 3, Login: "reader[bot]"})
		s.ChangeRelease(func(r *githubtest.Release) {
			r.Origins[sha] = githubtest.Origin{Authors: []string{"ann", "", "co-author"}, Pulls: []githubtest.OriginPull{{Number: 7, Head: "abc", Author: "opener"}}}
			r.Approvals["5"] = []githubtest.RunApproval{{By: "lead", State: "approved", Environments: []string{"production", "docs"}},
				{By: "other", State: "rejected", Environments: []string{"production"}}}
			r.Teams["org/release"] = []string{"lead"}
			r.Workflows["deploy.yml"] = []string{"version", "digest"}
		})
		s.client = s.as(t, releaser)
		test(t, s)
	})
}

func TestWhereACommitComesFrom(t *testing.T) {
	released(t, func(t *testing.T, s *scene) {
		origin, err := s.as(t, reader).Origin(t.Context(), sha)
		require.NoError(t, err)
		require.Equal(t, github.Origin{Authors: []string{"ann", "co-author", "opener"}, Pulls: []github.OriginPull{{Number: 7, Head: "abc"}}}, origin)
		_, err = s.client.Origin(t.Context(), strings.Repeat("2", 40))
		require.ErrorContains(t, err, "does not know the commit")
	})
}

func TestWhoApprovedARun(t *testing.T) {
	released(t, func(t *testing.T, s *scene) {
		approvals, err := s.client.RunApprovals(t.Context(), "5")
		require.NoError(t, err)
		require.Equal(t, []github.RunApproval{{By: "lead", Environments: []string{"production", "docs"}}}, approvals, "what was rejected is no approval")
		approvals, err = s.client.RunApprovals(t.Context(), "6")
		require.NoError(t, err)
		require.Empty(t, approvals)
		_, err = s.as(t, reader).RunApprovals(t.Context(), "5")
		require.ErrorContains(t, err, "actions: read")
	})
}

func TestWhoIsInATeam(t *testing.T) {
	released(t, func(t *testing.T, s *scene) {
		for login, want := range map[string]bool{"lead": true, "stranger": false} {
			is, err := s.client.IsMember(t.Context(), "org/release", login)
			require.NoError(t, err)
			require.Equal(t, want, is, login)
		}
		is, err := s.client.IsMember(t.Context(), "org/nobody", "lead")
		require.NoError(t, err)
		require.False(t, is, "a team that is not there")
		_, err = s.as(t, reader).IsMember(t.Context(), "org/release", "lead")
		require.EqualError(t, err, "ask whether lead is in org/release: the token lacks the permission members: read of an App of the organization")
	})
}

func TestStartingAWorkflow(t *testing.T) {
	released(t, func(t *testing.T, s *scene) {
		before := time.Now()
		deploy := github.Dispatch{Workflow: "deploy.yml", Ref: "main", Inputs: map[string]string{"version": "v1.2.0"}}
		run, err := s.client.Start(t.Context(), deploy)
		require.NoError(t, err)
		require.NotZero(t, run)
		event := github.Dispatch{Event: "deployed", Inputs: map[string]string{"version": "v1.2.0"}}
		none, err := s.client.Start(t.Context(), event)
		require.NoError(t, err)
		require.Zero(t, none, "an event names no run")

		runs, err := s.client.StartedSince(t.Context(), deploy, before)
		require.NoError(t, err)
		require.Equal(t, []github.WorkflowRun{{ID: run, Title: "v1.2.0"}}, runs)
		runs, err = s.client.StartedSince(t.Context(), event, before)
		require.NoError(t, err)
		require.Len(t, runs, 1)
		runs, err = s.client.StartedSince(t.Context(), deploy, before.Add(time.Hour))
		require.NoError(t, err)
		require.Empty(t, runs)
	})
}

func TestDispatchesThatGitHubWillNeverTake(t *testing.T) {
	released(t, func(t *testing.T, s *scene) {
		var refused *github.DispatchRefused
		for _, d := range []github.Dispatch{{Workflow: "gone.yml", Ref: "main"}, {Workflow: "deploy.yml", Ref: "main", Inputs: map[string]string{"undeclared": "x"}}} {
			_, err := s.client.Start(t.Context(), d)
			require.ErrorAs(t, err, &refused)
		}
		_, err := s.as(t, reader).Start(t.Context(), github.Dispatch{Workflow: "deploy.yml", Ref: "main"})
		require.ErrorContains(t, err, "actions: write")
		require.NotErrorAs(t, err, &refused, "the permission may be given")
		require.Empty(t, s.Started())
	})
}

// Whatever befalls the answer, a dispatch is sent once.
func TestADispatchIsSentOnce(t *testing.T) {
	isDispatch := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/dispatches") }
	for name, fault := range map[string]githubtest.Fault{"the connection is cut": {Applies: true, Lost: githubtest.Reset}, "a bad gateway": {Applies: true, Status: http.StatusBadGateway},
		"half an answer": {Applies: true, Lost: githubtest.Truncated}} {
		t.Run(name, func(t *testing.T) {
			released(t, func(t *testing.T, s *scene) {
				s.Fail = times(3, isDispatch, fault)
				_, err := s.client.Start(t.Context(), github.Dispatch{Workflow: "deploy.yml", Ref: "main"})
				require.Error(t, err)
				var refused *github.DispatchRefused
				require.NotErrorAs(t, err, &refused)
				require.Len(t, s.Started(), 1)
			})
		})
	}
}

func TestAServerThatNamesNoRun(t *testing.T) {
	released(t, func(t *testing.T, s *scene) {
		s.ChangeRelease(func(r *githubtest.Release) { r.Older = true })
		run, err := s.client.Start(t.Context(), github.Dispatch{Workflow: "deploy.yml", Ref: "main"})
		require.NoError(t, err)
		require.Zero(t, run)
		require.Len(t, s.Started(), 1)
	})
}

// Whoever may moderate may write into the comments of others: that makes nobody say it.
func TestACommentThatSomebodyElseChangedIsNobodysWord(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.AddComments(7, "lead", "well done")
		s.ChangeComments("lead", "/assay accept")
		words, _, err := s.client.Words(t.Context(), 7)
		require.NoError(t, err)
		require.Len(t, words, 1)
		s.ChangeComments("mallory", "/assay accept x y")
		words, _, err = s.client.Words(t.Context(), 7)
		require.NoError(t, err)
		require.Empty(t, words)
	})
}
