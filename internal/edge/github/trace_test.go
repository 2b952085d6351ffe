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

// said is a note of a run that may leave no mark on the comment, whose check run ends with its word.
func (s *scene) said(t *testing.T, run int64, digest string) github.Note {
	t.Helper()
	n := note(run, "what run says")
	n.Digest, n.OnlyChanges, n.Head = digest, true, sha
	spec := spec(1)
	spec.Mark.Order.Run = run
	n.Trace = github.Trace{Spec: spec, App: 1}
	return n
}

// word ends the check run of a note.
func (s *scene) word(t *testing.T, client *github.Client, n github.Note) {
	t.Helper()
	check, err := client.StartCheck(t.Context(), n.Trace.Spec, time.Unix(1, 0))
	require.NoError(t, err)
	_, err = client.CompleteCheck(t.Context(), check, github.Completion{Name: n.Trace.Spec.Name, Conclusion: "success", Title: "t", Summary: n.Text + "\n" + n.String()})
	require.NoError(t, err)
}

// before does something before a request is sent.
type before struct {
	http.RoundTripper
	do func(*http.Request)
}

func (b before) RoundTrip(r *http.Request) (*http.Response, error) {
	b.do(r)
	return b.RoundTripper.RoundTrip(r)
}

// through is a client before whose requests something is done.
func (s *scene) through(t *testing.T, do func(*http.Request)) *github.Client {
	t.Helper()
	client, err := github.New(github.Options{Token: token, APIURL: s.URL, GraphQLURL: s.URL + "/graphql", Owner: "owner", Repository: "repo",
		Transport: before{&githubtest.Wire{Server: s.Server}, do}})
	require.NoError(t, err)
	return client
}

// A newer run said its word and looked, and left no mark on the comment: between an older one's look and its write, or before both.
func TestAnOlderRunSpeaksInTheNameOfANewerOne(t *testing.T) {
	for name, c := range map[string]struct {
		standing, older, newer string // digests, "" for no comment
		write                  string // of the older one, between which and its look the newer one comes; "" before both
		want                   string // the digest that stands
	}{
		"it would make what nobody wants":   {"", "bb", github.Silent, "", ""},
		"it made what nobody wants":         {"", "bb", github.Silent, http.MethodPost, ""},
		"it would change what was left":     {"aa", "bb", "aa", "", "aa"},
		"it changed what was left":          {"aa", "bb", "aa", http.MethodPatch, "aa"},
		"it would take away what was left":  {"aa", github.Silent, "aa", "", "aa"},
		"it took away what was left":        {"aa", github.Silent, "aa", http.MethodDelete, "aa"},
		"it says the same":                  {"aa", "aa", "aa", "", "aa"},
		"the newer one was killed after it": {"", "bb", "cc", "", "cc"},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, s *scene) {
				s.SetHead(sha)
				if c.standing != "" {
					earlier := note(1, "what run says")
					earlier.Digest = c.standing
					s.AddComments(7, "github-actions", body(earlier))
				}
				newer := s.said(t, 3, c.newer)
				if c.write == "" {
					s.word(t, s.client, newer)
				} else {
					another, isDone := s.client, false
					s.client = s.through(t, func(r *http.Request) {
						if r.Method == c.write && !strings.HasSuffix(r.URL.Path, "/graphql") && !isDone {
							isDone = true
							s.word(t, another, newer)
						}
					})
				}
				_, err := s.client.PutComment(t.Context(), 7, s.said(t, 2, c.older))
				require.NoError(t, err)
				digests := []string{}
				for _, comment := range s.State().Comments {
					mark, _ := github.MarkOf(comment.Body)
					digests = append(digests, mark.Digest)
				}
				require.Equal(t, map[bool][]string{true: {}, false: {c.want}}[c.want == ""], digests)
			})
		})
	}
}

// A word is believed from our own App's completed check run of this job alone.
func TestAWordOfAnotherIsNotBelieved(t *testing.T) {
	for name, forge := range map[string]func(*github.Note){
		"another App's": func(n *github.Note) { n.Trace.App = 2 },
		"another job's": func(n *github.Note) { n.Key = "ffff" },
		"an older run's": func(n *github.Note) {
			n.Order.Run = 1
		},
	} {
		play(t, func(t *testing.T, s *scene) {
			s.SetHead(sha)
			own, other := s.said(t, 2, "bb"), s.said(t, 3, github.Silent)
			forge(&other)
			s.word(t, s.client, other)
			own.Trace.App = other.Trace.App
			_, err := s.client.PutComment(t.Context(), 7, own)
			require.NoError(t, err)
			require.Len(t, s.State().Comments, 1, name)
		})
	}
}
