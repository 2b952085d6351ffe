package github_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

const (
	tip     = "2222222222222222222222222222222222222222"
	forkSHA = "3333333333333333333333333333333333333333"
)

// onPath matches requests to a part of the API.
func onPath(part string) func(*http.Request) bool {
	return func(r *http.Request) bool { return strings.Contains(r.URL.Path, part) }
}

func TestThePullRequestOfAHead(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.SetHistory(githubtest.History{Pulls: []githubtest.Pull{
			{Number: 1, State: "closed", HeadOwner: "stranger", HeadRef: "change", HeadSHA: sha, BaseRef: "main"},
			{Number: 2, State: "open", HeadOwner: "stranger", HeadRef: "change", HeadSHA: sha, BaseRef: "release/1"},
			{Number: 3, State: "open", HeadOwner: "stranger", HeadRef: "change", HeadSHA: tip, BaseRef: "main"},
			{Number: 4, State: "open", HeadOwner: "other", HeadRef: "change", HeadSHA: sha, BaseRef: "main"}}})
		pulls, err := s.client.PullsOf(t.Context(), "stranger", "change", sha)
		require.NoError(t, err)
		require.Equal(t, []github.Pull{{Number: 1, BaseRef: "main"}, {Number: 2, BaseRef: "release/1", IsOpen: true}}, pulls)
	})
}

// A file as a merge would leave it: whose it is depends on who touched it.
func TestFilesOfAProposal(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.SetHistory(githubtest.History{Branches: map[string]string{"release/1": tip}, MergeBase: map[string]string{sha: forkSHA}, Files: map[string]map[string]string{
			forkSHA: {"m/untouched": "old", "m/touched": "old", "m/deleted": "old", "m/both": "old", "m/big": "x"},
			tip:     {"m/untouched": "new", "m/touched": "old", "m/deleted": "old", "m/both": "tip's", "m/big": "x"},
			sha:     {"m/untouched": "old", "m/touched": "changed", "m/added": "added", "m/both": "changed", "m/big": strings.Repeat("x", 1<<20+1)}}})
		p, err := s.client.Propose(t.Context(), "release/1", sha, "m")
		require.NoError(t, err)
		base, err := p.Base(t.Context())
		require.NoError(t, err)
		require.Equal(t, tip, base)
		for name, want := range map[string]string{"untouched": "new", "touched": "changed", "added": "added", "both": "changed"} {
			data, err := p.Merged(t.Context(), name)
			require.NoError(t, err)
			require.Equal(t, want, string(data), name)
		}
		for _, name := range []string{"deleted", "absent"} {
			_, err = p.Merged(t.Context(), name)
			require.ErrorIs(t, err, fs.ErrNotExist, name)
		}
		_, err = p.Merged(t.Context(), "big")
		require.ErrorContains(t, err, "is no file of at most 1048576 bytes")
		_, err = p.File(t.Context(), tip, "../../etc/passwd")
		require.ErrorContains(t, err, "lies outside of the repository")
		before := len(s.State().Requests)
		_, err = p.Merged(t.Context(), "untouched")
		require.NoError(t, err)
		require.Len(t, s.State().Requests, before, "what was read is not asked again")
		_, err = s.client.Propose(t.Context(), "gone", sha, "m")
		require.ErrorContains(t, err, "compare the head with its base")
	})
}

func TestAllPagesOfArtifactsAreListed(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		var all []githubtest.RunArtifact
		for i := range 250 {
			all = append(all, githubtest.RunArtifact{ID: int64(i + 1), Name: fmt.Sprint("a", i), Data: []byte("x")})
		}
		s.SetHistory(githubtest.History{Artifacts: map[int64][]githubtest.RunArtifact{5: all}})
		listed, err := s.client.Artifacts(t.Context(), 5)
		require.NoError(t, err)
		require.Len(t, listed, 250)
		require.Equal(t, github.Artifact{ID: 250, Name: "a249", Size: 1}, listed[249])
		listed, err = s.client.Artifacts(t.Context(), 6)
		require.NoError(t, err)
		require.Empty(t, listed)
	})
}

func TestADownloadIsRepeatedWhereItWasLost(t *testing.T) {
	for _, part := range []string{"/zip", "/blob/"} {
		for name, fault := range map[string]githubtest.Fault{"502": {Status: 502}, "truncated": {Lost: githubtest.Truncated}, "reset": {Lost: githubtest.Reset}, "limit": {Status: 429, Header: http.Header{"Retry-After": {"7"}}}} {
			t.Run(part+name, func(t *testing.T) {
				play(t, func(t *testing.T, s *scene) {
					s.SetHistory(githubtest.History{Artifacts: map[int64][]githubtest.RunArtifact{5: {{ID: 1, Name: "a", Data: []byte("data")}}}})
					s.Fail = once(onPath(part), fault)
					data, err := s.client.DownloadArtifact(t.Context(), 1, 4)
					require.NoError(t, err)
					require.Equal(t, "data", string(data))
				})
			})
		}
	}
}

func TestADownloadThatCannotBeSaysWhy(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.SetHistory(githubtest.History{Artifacts: map[int64][]githubtest.RunArtifact{5: {{ID: 1, Name: "a", Data: []byte("data")}, {ID: 2, Name: "b", Expired: true}}}})
		_, err := s.client.DownloadArtifact(t.Context(), 1, 3)
		require.ErrorContains(t, err, "it is larger than 3 bytes")
		_, err = s.client.DownloadArtifact(t.Context(), 2, 3)
		require.ErrorContains(t, err, "expired")
		s.Fail = once(onPath("/zip"), githubtest.Fault{Status: 403, Body: `{"message": "Resource not accessible by integration"}`})
		_, err = s.client.DownloadArtifact(t.Context(), 1, 10)
		var forbidden *github.PermissionError
		require.ErrorAs(t, err, &forbidden)
		require.Equal(t, "actions: read", forbidden.Permission)
		s.Fail = once(onPath("/blob/"), githubtest.Fault{Status: 404})
		_, err = s.client.DownloadArtifact(t.Context(), 1, 10)
		require.ErrorContains(t, err, "the store answered 404 Not Found")
		require.NotContains(t, err.Error(), githubtest.BlobSignature)
	})
}
