package policy_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/release/policy"
)

// Who says yes, and whether that counts.
func TestWhoseApprovalCounts(t *testing.T) {
	writer := policy.Tell(true, nil)
	in, out, hidden := policy.Tell(true, nil), policy.Tell(false, nil), policy.Tell(false, errors.New("the token lacks members: read"))
	team := func(told policy.Told[bool]) map[string]policy.Told[bool] {
		return map[string]policy.Told[bool]{"org/release": told}
	}
	for name, c := range map[string]struct {
		asked policy.Approvals
		said  policy.Approval
		why   string // "": it counts
	}{
		"whoever may write":             {policy.Approvals{}, policy.Approval{By: "x", Way: policy.ByComment, MayWrite: writer}, ""},
		"a stranger":                    {policy.Approvals{}, policy.Approval{By: "x", Way: policy.ByComment}, "x may not write to the repository"},
		"unknown rights":                {policy.Approvals{}, policy.Approval{By: "x", Way: policy.ByComment, MayWrite: policy.Told[bool]{Why: "away"}}, "what x may do could not be told: away"},
		"a named login":                 {policy.Approvals{From: []string{"X"}}, policy.Approval{By: "x", Way: policy.ByComment}, ""},
		"another login":                 {policy.Approvals{From: []string{"y"}}, policy.Approval{By: "x", Way: policy.ByComment, MayWrite: writer}, "x is none of those who count"},
		"a member of the team":          {policy.Approvals{From: []string{"org/release"}}, policy.Approval{By: "x", Way: policy.ByComment, Teams: team(in)}, ""},
		"somebody outside of the team":  {policy.Approvals{From: []string{"org/release"}}, policy.Approval{By: "x", Way: policy.ByComment, Teams: team(out)}, "x is none of those who count"},
		"a team that nobody can see":    {policy.Approvals{From: []string{"org/release"}}, policy.Approval{By: "x", Way: policy.ByComment, Teams: team(hidden)}, "whether x is in org/release could not be told: the token lacks members: read"},
		"a hidden team, but a login":    {policy.Approvals{From: []string{"org/release", "x"}}, policy.Approval{By: "x", Way: policy.ByComment, Teams: team(hidden)}, ""},
		"the author":                    {policy.Approvals{From: []string{"Author"}}, policy.Approval{By: "AUTHOR", Way: policy.ByComment, MayWrite: writer}, "AUTHOR is an author of the version"},
		"who promotes":                  {policy.Approvals{}, policy.Approval{By: "promoter", Way: policy.ByEnvironment, Environment: "staging", MayWrite: writer}, "promoter promotes it"},
		"a bot":                         {policy.Approvals{}, policy.Approval{By: "x[bot]", IsBot: true, Way: policy.ByComment, MayWrite: writer}, "a bot approves nothing"},
		"somebody who has left":         {policy.Approvals{}, policy.Approval{Way: policy.ByComment, MayWrite: writer}, "a bot approves nothing"},
		"a review, which is not asked":  {policy.Approvals{}, policy.Approval{By: "x", Way: policy.ByReview, MayWrite: writer}, "x's review is no way to approve here"},
		"a review, which is":            {policy.Approvals{By: []string{policy.ByReview}}, policy.Approval{By: "x", Way: policy.ByReview, MayWrite: writer}, ""},
		"the environment of the stage":  {policy.Approvals{}, policy.Approval{By: "x", Way: policy.ByEnvironment, Environment: "Staging", MayWrite: writer}, ""},
		"another environment":           {policy.Approvals{}, policy.Approval{By: "x", Way: policy.ByEnvironment, Environment: "docs", MayWrite: writer}, "x approved the environment docs"},
		"the environment that is named": {policy.Approvals{Environment: "docs"}, policy.Approval{By: "x", Way: policy.ByEnvironment, Environment: "docs", MayWrite: writer}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.asked.Pos = at(9)
			spec := policy.Spec{Stages: map[string]policy.Stage{"staging": {Approvals: &c.asked}}}
			facts := good()
			facts.Stage, facts.Actor, facts.Approvals = "staging", "promoter", policy.Tell([]policy.Approval{c.said, c.said}, nil)
			d := policy.Decide(spec, facts)
			require.Equal(t, c.why == "", d.Allowed(), "%v", d.Missing())
			if c.why == "" {
				require.Len(t, d.Approvals, 1, "a person counts once")
				return
			}
			require.Contains(t, d.Missing()[0].Message, c.why)
			require.Equal(t, at(9), d.Missing()[0].Pos)
		})
	}
}

func TestARefusalSaysWhatToWrite(t *testing.T) {
	facts := good()
	facts.Approvals.Value = nil
	d := policy.Decide(strict(), facts)
	require.Equal(t, "/assay approve clf@v1.2.0 --to production --digest 0123456789ab", d.Missing()[0].Command)
	require.Equal(t, "who counts: alice, org/release, but neither the author nor who promotes; by environment production or comment", d.Missing()[0].Hint)
	require.True(t, policy.Approves("Fine.\n"+d.Missing()[0].Command+"\r\n", facts))
}

// A word is for one model, one version, one digest and one stage.
func TestWhatACommentApproves(t *testing.T) {
	for comment, want := range map[string]bool{
		"/assay approve clf@v1.2.0 --to production --digest 0123456789ab":     true,
		"  /assay approve  clf@v1.2.0 --to production --digest " + digest:     true,
		"/assay approve clf@v1.2.1 --to production --digest 0123456789ab":     false,
		"/assay approve clf2@v1.2.0 --to production --digest 0123456789ab":    false,
		"/assay approve clf@v1.2.0 --to staging --digest 0123456789ab":        false,
		"/assay approve clf@v1.2.0 --to production --digest 1123456789ab":     false,
		"/assay approve clf@v1.2.0 --to production --digest 01":               false,
		"/assay approve clf@v1.2.0 --to production --digest " + digest + "0":  false,
		"/assay approve clf@v1.2.0 --to production":                           false,
		"> /assay approve clf@v1.2.0 --to production --digest 0123456789ab":   false,
		"/assay approve clf@v1.2.0 --to production --digest 0123456789ab not": false,
		"": false,
	} {
		require.Equal(t, want, policy.Approves(comment, good()), comment)
	}
	empty := good()
	empty.Digest = ""
	require.False(t, policy.Approves("/assay approve clf@v1.2.0 --to production --digest 0123456789ab", empty))
}

func FuzzApproves(f *testing.F) {
	f.Add("/assay approve clf@v1.2.0 --to production --digest 0123456789ab", "clf", "v1.2.0", "production")
	f.Add("/assay approve \x00@ --to  --digest", "", "", "")
	f.Fuzz(func(t *testing.T, comment, model, version, stage string) {
		facts := policy.Facts{Model: model, Version: version, Stage: stage, Digest: digest}
		if policy.Approves(comment, facts) {
			facts.Digest = "sha256:f" + digest[len("sha256:f"):]
			require.False(t, policy.Approves(comment, facts), "a word for one model is none for another")
		}
	})
}
