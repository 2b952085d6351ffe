package gather_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/record"
	"github.com/assay-ml/assay/internal/release/policy"
	"github.com/assay-ml/assay/internal/release/promote"
	"github.com/assay-ml/assay/internal/run/gather"
)

const (
	sha    = "1111111111111111111111111111111111111111"
	head   = "2222222222222222222222222222222222222222"
	digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

var facts = policy.Facts{Model: "m", Version: "v1.0.0", Stage: "production", Digest: digest, Commit: sha}

// newGitHub has a commit of ann's from pull request 7, and a client of each token.
func newGitHub(t *testing.T) (*githubtest.Server, func(token string) *github.Client) {
	t.Helper()
	server, err := githubtest.New(map[string]githubtest.App{"all": {ID: 1, Login: "bot", Actions: true, Members: true, Contents: true}, "plain": {ID: 1, Login: "bot", Actions: true}, "none": {ID: 1, Login: "bot"}})
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, server.State().Violations)
	})
	server.ChangeRelease(func(r *githubtest.Release) {
		r.Origins[sha] = githubtest.Origin{Authors: []string{"ann"}, Pulls: []githubtest.OriginPull{{Number: 7, Head: head, Author: "opener"}}}
		r.Teams["org/release"] = []string{"member"}
		r.Approvals["5"] = []githubtest.RunApproval{{By: "reviewer", State: "approved", Environments: []string{"production"}}}
		r.Workflows["deploy.yml"] = []string{"title"}
	})
	return server, func(token string) *github.Client {
		client, err := github.New(github.Options{Token: token, APIURL: server.URL, GraphQLURL: server.URL + "/graphql", Owner: "owner", Repository: "repo"})
		require.NoError(t, err)
		return client
	}
}

// spec asks production for approvals.
func spec(a policy.Approvals) policy.Spec {
	return policy.Spec{Stages: map[string]policy.Stage{"production": {Approvals: &a}}}
}

func TestWhoApproves(t *testing.T) {
	server, as := newGitHub(t)
	server.AddComments(7, "writer", "Good.\n"+policy.Request("m", "v1.0.0", "production", digest))
	server.AddComments(7, "member", policy.Request("m", "v1.0.0", "production", digest))
	server.AddComments(7, "chatter", "m@v1.0.0 looks fine")
	server.AddComments(8, "elsewhere", policy.Request("m", "v1.0.0", "production", digest))
	server.Approve(githubtest.Review{Pull: 7, Author: "old", Commit: sha})
	server.Approve(githubtest.Review{Pull: 7, Author: "new", Commit: head})
	server.Allow("writer", "write")

	g := gather.Gatherer{GitHub: as("all"), Run: "5", Why: "there is no store"}
	got := g.Gather(t.Context(), facts, spec(policy.Approvals{}))
	require.Equal(t, []string{"ann", "opener"}, got.Authors)
	require.Empty(t, got.Approvals.Why)
	require.Equal(t, []string{"reviewer environment false", "writer comment true", "member comment false"}, told(got.Approvals.Value))
	require.Equal(t, "there is no store", got.Evaluation.Why)

	got = g.Gather(t.Context(), facts, spec(policy.Approvals{By: []string{policy.ByReview}}))
	require.Equal(t, []string{"new review false"}, told(got.Approvals.Value), "an approving review of what was merged, not of an earlier state")

	got = g.Gather(t.Context(), facts, spec(policy.Approvals{From: []string{"writer", "org/release"}}))
	members := map[string]bool{}
	for _, a := range got.Approvals.Value {
		members[a.By] = a.Teams["org/release"].Value
	}
	require.Equal(t, map[string]bool{"reviewer": false, "writer": false, "member": true}, members, "who is named by login is not looked for in teams")
}

func told(all []policy.Approval) []string {
	var lines []string
	for _, a := range all {
		may := "false"
		if a.MayWrite.Value {
			may = "true"
		}
		lines = append(lines, strings.Join([]string{a.By, a.Way, may}, " "))
	}
	return lines
}

// What the token may not see is said, and the rest is told all the same.
func TestWhatCannotBeTold(t *testing.T) {
	server, as := newGitHub(t)
	server.AddComments(7, "member", policy.Request("m", "v1.0.0", "production", digest))
	g := gather.Gatherer{GitHub: as("plain"), Run: "5"}
	got := g.Gather(t.Context(), facts, spec(policy.Approvals{From: []string{"org/release"}}))
	require.Len(t, got.Approvals.Value, 2)
	require.Contains(t, got.Approvals.Value[1].Teams["org/release"].Why, "members: read")

	g.GitHub = as("none")
	got = g.Gather(t.Context(), facts, spec(policy.Approvals{}))
	require.Contains(t, got.Approvals.Why, "actions: read")
	require.Len(t, got.Approvals.Value, 1, "the comment")

	unknown := facts
	unknown.Commit = head
	got = g.Gather(t.Context(), unknown, spec(policy.Approvals{}))
	require.Contains(t, got.Approvals.Why, "does not know the commit")
	require.Empty(t, got.Approvals.Value, "without the authors nobody's word counts")

	got = gather.Gatherer{Why: "there is no token"}.Gather(t.Context(), facts, policy.Spec{Stages: map[string]policy.Stage{"production": {Approvals: &policy.Approvals{}, Branches: []string{"main"}}}})
	require.Equal(t, "there is no token", got.Approvals.Why)
	require.Equal(t, "there is no clone", got.Branches.Why)
}

func TestTheWordOfAFile(t *testing.T) {
	taken := policy.Spec{Evidence: policy.OfFile, Stages: map[string]policy.Stage{"production": {}}}
	for name, c := range map[string]struct {
		file  *record.Digest
		found bool
	}{
		"the model's": {&record.Digest{Model: "m", Artifact: digest}, true}, "of that commit": {&record.Digest{Model: "m", Artifact: digest, Commit: sha}, true},
		"of another commit": {&record.Digest{Model: "m", Artifact: digest, Commit: head}, false}, "of other bytes": {&record.Digest{Model: "m", Artifact: "sha256:00"}, false},
		"of another model": {&record.Digest{Model: "n", Artifact: digest}, false},
	} {
		got := gather.Gatherer{Model: "m", File: c.file}.Gather(t.Context(), facts, taken)
		require.Empty(t, got.Evaluation.Why, name)
		require.Equal(t, c.found, got.Evaluation.Value != nil, name)
	}
	require.Contains(t, gather.Gatherer{Model: "m"}.Gather(t.Context(), facts, taken).Evaluation.Why, "--result")
	file := &record.Digest{Model: "m", Artifact: digest}
	got := gather.Gatherer{Model: "m", File: file, Why: "no store"}.Gather(t.Context(), facts, spec(policy.Approvals{}))
	require.Equal(t, "no store", got.Evaluation.Why, "a file counts only where the policy takes it")
}

func TestTheWorkflowThatPromotes(t *testing.T) {
	for reference, want := range map[string]struct {
		file      string
		isDefault bool
	}{
		"o/r/.github/workflows/p.yml@refs/heads/main":     {".github/workflows/p.yml", true},
		"o/r/.github/workflows/p.yml@refs/heads/main2":    {".github/workflows/p.yml", false},
		"o/r/.github/workflows/p.yml@refs/tags/main":      {".github/workflows/p.yml", false},
		"other/r/.github/workflows/p.yml@refs/heads/main": {}, "o/r/.github/workflows/p.yml": {}, "": {},
	} {
		file, isDefault, err := gather.ParseWorkflow(reference, "o/r", "main")
		require.Equal(t, want.file == "", err != nil, reference)
		require.Equal(t, want.file, file)
		require.Equal(t, want.isDefault, isDefault, reference)
	}
	_, isDefault, err := gather.ParseWorkflow("o/r/p.yml@refs/heads/", "o/r", "")
	require.NoError(t, err)
	require.False(t, isDefault, "nobody knows the default branch")
}

func TestOrdersAreDispatches(t *testing.T) {
	server, as := newGitHub(t)
	s := gather.Starter{GitHub: as("all"), Default: "trunk"}
	order := promote.Order{Workflow: "deploy.yml", Inputs: map[string]string{"title": "m v1.0.0"}}
	before := time.Now()
	run, err := s.Start(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, "trunk", server.Started()[0].Ref)
	found, err := s.Started(t.Context(), order, before)
	require.NoError(t, err)
	require.Equal(t, []promote.Run{{ID: run, Title: "m v1.0.0"}}, found)
	_, err = s.Start(t.Context(), promote.Order{Workflow: "gone.yml"})
	require.ErrorIs(t, err, promote.ErrRefused)
	_, err = gather.Starter{GitHub: as("none")}.Start(t.Context(), order)
	require.ErrorIs(t, err, promote.ErrUnsent)
}
