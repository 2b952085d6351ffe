package github_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

func TestRulesOfABranchAreReadWithThePlainToken(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		rules, err := s.as(t, "read-only").BranchRules(t.Context(), "main")
		require.NoError(t, err)
		require.Zero(t, rules, "a branch without rules")

		s.SetRules("main", githubtest.RequiredCheck("model", 15368), githubtest.RequiredCheck("Assay / m", 0),
			map[string]any{"type": "merge_queue", "parameters": map[string]any{"check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5,
				"max_entries_to_merge": 5, "merge_method": "MERGE", "min_entries_to_merge": 1, "min_entries_to_merge_wait_minutes": 5}},
			map[string]any{"type": "pull_request", "parameters": map[string]any{"dismiss_stale_reviews_on_push": false, "require_code_owner_review": true,
				"require_last_push_approval": false, "required_approving_review_count": 1, "required_review_thread_resolution": false}},
			map[string]any{"type": "workflows", "parameters": map[string]any{"workflows": []any{map[string]any{"path": ".github/workflows/assay.yml", "repository_id": 1}}}},
			map[string]any{"type": "deletion"})
		rules, err = s.as(t, "read-only").BranchRules(t.Context(), "main")
		require.NoError(t, err)
		require.Equal(t, github.BranchRules{Required: []github.RequiredCheck{{Context: "model", App: 15368}, {Context: "Assay / m"}},
			MergeQueue: true, CodeOwners: true, RequiredWorkflow: true}, rules)
	})
}

func TestAllPagesOfRulesAreRead(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		var many []map[string]any
		for range 100 {
			many = append(many, map[string]any{"type": "deletion"})
		}
		s.SetRules("main", append(many, githubtest.RequiredCheck("model", 0))...)
		rules, err := s.client.BranchRules(t.Context(), "main")
		require.NoError(t, err)
		require.Equal(t, []github.RequiredCheck{{Context: "model"}}, rules.Required)
	})
}
