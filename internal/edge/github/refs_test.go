package github_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
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
		_, bench := bench(t)
		return bench
	})
}

// What may befall the one request that moves refs. The clock is the bubble's: eleven seconds until a lost answer is settled take no time.
func TestAnUpdateWhoseAnswerIsLost(t *testing.T) {
	const unanswered = `{"data":null,"errors":[{"message":"Something went wrong while executing your query."}]}`
	for name, c := range map[string]struct {
		fault githubtest.Fault
		times int
		want  error // nil: it was written
	}{
		"it took effect":               {githubtest.Fault{Lost: githubtest.Reset, Applies: true}, 1, nil},
		"it did not, and is repeated":  {githubtest.Fault{Lost: githubtest.Reset}, 1, nil},
		"it takes effect late":         {githubtest.Fault{Lost: githubtest.Reset, Applies: true, Late: 9 * time.Second}, 1, nil},
		"delivered twice":              {githubtest.Fault{Twice: true}, 1, nil},
		"500 behind the effect":        {githubtest.Fault{Status: 502, Applies: true}, 1, nil},
		"GitHub gives up, and wrote":   {githubtest.Fault{Status: 200, Body: unanswered, Applies: true}, 1, nil},
		"GitHub gives up, and did not": {githubtest.Fault{Status: 200, Body: unanswered}, 99, registry.ErrUnsure},
		"GitHub is gone":               {githubtest.Fault{Lost: githubtest.Reset}, 99, registry.ErrUnsure},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, s *scene) {
				s.AddApp("tags", githubtest.App{ID: 2, Login: "releaser", Contents: true})
				s.AddCommits(githubtest.Commit{SHA: sha})
				left := c.times
				s.Fail = func(r *http.Request) *githubtest.Fault {
					if !asksFor(r, "updateRefs") || left == 0 {
						return nil
					}
					left--
					return &c.fault
				}
				events, err := registry.Log{Model: "clf"}.Register(registry.Entry{Commit: sha}, registry.Deed{By: "ann", Now: time.Now()})
				require.NoError(t, err)
				backend := gittag.New(s.as(t, "tags"))
				err = backend.Write(t.Context(), "clf", "", events)
				require.ErrorIs(t, err, c.want)
				log, err := backend.Read(t.Context(), "clf")
				require.NoError(t, err)
				require.Equal(t, c.want == nil, len(log.Events) == 1)
			})
		})
	}
}

// asksFor reports a request whose body holds a word.
func asksFor(r *http.Request, word string) bool {
	body, _ := io.ReadAll(r.Body)
	return strings.Contains(string(body), word)
}

func TestATokenThatMayNotWriteTags(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.AddCommits(githubtest.Commit{SHA: sha})
		events, err := registry.Log{Model: "clf"}.Register(registry.Entry{Commit: sha}, registry.Deed{By: "ann", Now: time.Now()})
		require.NoError(t, err)
		err = gittag.New(s.client).Write(t.Context(), "clf", "", events)
		require.ErrorContains(t, err, "the token lacks the permission contents: write")
	})
}
