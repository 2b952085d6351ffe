package github_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry/registrytest"
)

// repository is a GitHub over the network, with a client that may write tags.
func repository(t *testing.T) (*githubtest.Server, *github.Client) {
	t.Helper()
	server, err := githubtest.New(map[string]githubtest.App{token: {ID: 1, Login: "github-actions", Contents: true}, "read-only": {ID: 1, Login: "github-actions"}})
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close()
		require.Empty(t, server.State().Violations)
	})
	client, err := github.New(github.Options{Token: token, APIURL: server.URL, GraphQLURL: server.URL + "/graphql", Owner: "owner", Repository: "repo"})
	require.NoError(t, err)
	return server, client
}

func TestTagsByTheAPIKeepTheContract(t *testing.T) {
	registrytest.Run(t, func(t *testing.T) registrytest.Bench {
		server, client := repository(t)
		n := 0
		return registrytest.Bench{Backend: gittag.New(client), Commit: func(*testing.T) string {
			n++
			sha := fmt.Sprintf("%040x", n)
			server.AddCommits(githubtest.Commit{SHA: sha})
			return sha
		}}
	})
}
