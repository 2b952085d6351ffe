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

func (s *scene) start(t *testing.T, attempt int64) github.Check {
	t.Helper()
	check, err := s.client.StartCheck(t.Context(), spec(attempt), time.Time{})
	require.NoError(t, err)
	return check
}

func completion(annotations int) github.Completion {
	c := github.Completion{Name: "Assay / m", Conclusion: "failure", Title: strings.Repeat("é", 300), Summary: "**failed**", Completed: time.Unix(9, 0)}
	for i := range annotations {
		c.Annotations = append(c.Annotations, github.Annotation{Path: "assay.yaml", Line: i + 1, Column: i % 2, Level: "failure",
			Title: strings.Repeat("t", 300), Message: strings.Repeat("é", 60_000)})
	}
	return c
}

func TestACheckRunIsCompleteOnlyWithAllItsAnnotations(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		check := s.start(t, 1)
		require.Equal(t, "in_progress", s.State().CheckRuns[0].Status)
		_, err := s.client.CompleteCheck(t.Context(), check, completion(120))
		require.NoError(t, err)
		run := s.State().CheckRuns[0]
		require.Equal(t, 3, run.Updates)
		require.Len(t, run.Annotations, 120)
		require.Equal(t, "completed failure", run.Status+" "+run.Conclusion)
		require.LessOrEqual(t, len([]rune(run.Title)), 255)
	})
}

func TestACheckRunIsNotCompleteWhereABatchFailed(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		check := s.start(t, 1)
		patches := 0
		s.Fail = func(r *http.Request) *githubtest.Fault {
			if isPatch(r) {
				if patches++; patches > 1 {
					return &githubtest.Fault{Status: http.StatusUnprocessableEntity, Body: "{}"}
				}
			}
			return nil
		}
		_, err := s.client.CompleteCheck(t.Context(), check, completion(60))
		require.Error(t, err)
		require.Equal(t, "in_progress", s.State().CheckRuns[0].Status)
	})
}

// A batch whose answer was lost is there once: GitHub appends.
func TestABatchWhoseAnswerWasLostIsNotRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		fault githubtest.Fault
		want  int
	}{
		"after the effect":  {githubtest.Fault{Status: http.StatusBadGateway, Applies: true}, 2},
		"before the effect": {githubtest.Fault{Lost: githubtest.Hang}, 2},
		"late effect":       {githubtest.Fault{Lost: githubtest.Reset, Applies: true, Late: 8 * time.Second}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, s *scene) {
				check := s.start(t, 1)
				s.Fail = once(isPatch, c.fault)
				_, err := s.client.CompleteCheck(t.Context(), check, completion(60))
				require.NoError(t, err)
				require.Len(t, s.State().CheckRuns[0].Annotations, 60)
				require.Equal(t, c.want, s.State().CheckRuns[0].Updates)
				require.Equal(t, "completed", s.State().CheckRuns[0].Status)
			})
		})
	}
}

func TestACheckRunWhoseAnswerWasLostIsNotOpenedTwice(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.Fail = once(is("POST", "/check-runs"), githubtest.Fault{Lost: githubtest.Reset, Applies: true})
		check := s.start(t, 1)
		require.Len(t, s.State().CheckRuns, 1)
		require.Equal(t, s.State().CheckRuns[0].ID, check.ID)
	})
	play(t, func(t *testing.T, s *scene) {
		s.Fail = times(2, is("POST", "/check-runs"), githubtest.Fault{Status: http.StatusServiceUnavailable})
		s.start(t, 1)
		require.Len(t, s.State().CheckRuns, 1, "what took no effect is sent again")
	})
}

// One request may be delivered twice. Nobody can take a check run away, so both end alike.
func TestTwinsEndAlike(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.Fail = once(is("POST", "/check-runs"), githubtest.Fault{Twice: true})
		_, err := s.client.CompleteCheck(t.Context(), s.start(t, 1), completion(2))
		require.NoError(t, err)
		require.Len(t, s.State().CheckRuns, 2)
		for _, run := range s.State().CheckRuns {
			require.Equal(t, "failure", run.Conclusion)
		}
	})
}

// What a killed attempt left open ends when the next attempt begins; another run's may still be at work.
func TestANewAttemptEndsWhatTheOldOneLeftOpen(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.start(t, 1)
		other := spec(1)
		other.Mark.Order.Run = 9
		_, err := s.client.StartCheck(t.Context(), other, time.Time{})
		require.NoError(t, err)
		check := s.start(t, 2)
		again, err := s.client.StartCheck(t.Context(), spec(2), time.Now())
		require.NoError(t, err)
		require.Equal(t, check.ID, again.ID, "found again, and not opened twice")
		runs := s.State().CheckRuns
		require.Len(t, runs, 3)
		require.Equal(t, "cancelled", runs[0].Conclusion)
		require.Equal(t, "in_progress in_progress", runs[1].Status+" "+runs[2].Status)
	})
}

func TestTheLastCommitStatusCounts(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.Fail = once(is("POST", "/"+sha), githubtest.Fault{Status: http.StatusBadGateway, Applies: true})
		for _, state := range []string{"pending", "failure"} {
			require.NoError(t, s.client.SetStatus(t.Context(), sha, github.Status{Context: "assay/m", State: state, Description: strings.Repeat("é", 200)}))
		}
		statuses := s.State().Statuses
		require.Len(t, statuses, 2, "the first was not sent again")
		require.Equal(t, "failure", statuses[1].State)
		require.Len(t, []rune(statuses[1].Description), 140)
	})
}
