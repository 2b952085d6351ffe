package github_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

func nth(n int) string { return fmt.Sprintf("%040x", 0xabc000+n) }

// A branch with a merge: commits of the merged branch are no part of the chain, whatever their check runs say.
func TestResultsAreFoundAlongFirstParents(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.AddCommits(githubtest.Commit{SHA: nth(4), Parents: []string{nth(3), nth(9)}}, githubtest.Commit{SHA: nth(9), Parents: []string{nth(2)}},
			githubtest.Commit{SHA: nth(3), Parents: []string{nth(2)}}, githubtest.Commit{SHA: nth(2), Parents: []string{nth(1)}}, githubtest.Commit{SHA: nth(1)})
		ours := apps[token]
		s.AddResult(ours, "Assay / m", nth(9), "of the merged branch")
		s.AddResult(ours, "Assay / m", nth(3), "older")
		s.AddResult(ours, "Assay / m", nth(3), "newer")
		s.AddResult(ours, "Assay / other", nth(3), "another model's")
		s.AddResult(ours, "Assay / m", nth(1), "first")
		requests := len(s.State().Requests)
		chain, err := s.client.Chain(t.Context(), "Assay / m", nth(4), 20)
		require.NoError(t, err)
		require.Equal(t, []github.Stored{{Commit: nth(4)}, {Commit: nth(3), Texts: []string{"newer", "older"}}, {Commit: nth(2)}, {Commit: nth(1), Texts: []string{"first"}}}, chain)
		require.Len(t, s.State().Requests, requests+1, "one question for all")

		chain, err = s.client.Chain(t.Context(), "Assay / m", nth(4), 2)
		require.NoError(t, err)
		require.Len(t, chain, 2)
		chain, err = s.client.Chain(t.Context(), "Assay / m", nth(77), 20)
		require.NoError(t, err)
		require.Empty(t, chain, "a commit that GitHub does not have")
	})
}

func TestAnotherAppsCheckRunIsNoResult(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.AddCommits(githubtest.Commit{SHA: nth(1)})
		s.AddApp("forger", githubtest.App{ID: 99, Login: "mallory-ci", Checks: true})
		s.AddResult(githubtest.App{ID: 99, Login: "mallory-ci"}, "Assay / m", nth(1), "forged")
		chain, err := s.as(t, "read-only").Chain(t.Context(), "Assay / m", nth(1), 20)
		require.NoError(t, err)
		require.Equal(t, []github.Stored{{Commit: nth(1)}}, chain)
	})
}

func TestWhatWasSaidAndByWhom(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.AddComments(7, "lead", "/assay accept 0123456789 why")
		s.AddComments(7, "github-actions", "a bot's word")
		s.AddComments(8, "lead", "elsewhere")
		s.Approve(githubtest.Review{Pull: 7, Author: "lead", Commit: nth(1)})
		s.Allow("lead", "write")
		s.Allow("boss", "admin")
		s.Allow("reader", "read")
		words, author, err := s.client.Words(t.Context(), 7)
		require.NoError(t, err)
		require.Equal(t, "author", author)
		require.Len(t, words, 3)
		require.Equal(t, "/assay accept 0123456789 why", words[0].Body)
		require.False(t, words[0].IsBot)
		require.True(t, words[1].IsBot)
		require.Equal(t, nth(1), words[2].Commit)
		for login, want := range map[string]bool{"lead": true, "boss": true, "reader": false, "nobody": false} {
			may, err := s.client.MayWrite(t.Context(), login)
			require.NoError(t, err)
			require.Equal(t, want, may, login)
		}
	})
}
