package github_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/github"
	"github.com/assay-ml/assay/internal/edge/github/githubtest"
)

func TestOneCommentIsCreatedThenUpdatedThenLeft(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		first, err := s.client.PutComment(t.Context(), 7, note(1, "one"))
		require.NoError(t, err)
		require.True(t, first.Wrote)
		second, err := s.client.PutComment(t.Context(), 7, note(2, "two"))
		require.NoError(t, err)
		require.Equal(t, first.URL, second.URL)
		requests := len(s.State().Requests)
		third, err := s.client.PutComment(t.Context(), 7, note(2, "two"))
		require.NoError(t, err)
		require.False(t, third.Wrote, "nothing changed, so nothing is written")
		require.Len(t, s.State().Requests, requests+1)
		comments := s.State().Comments
		require.Len(t, comments, 1)
		require.Equal(t, body(note(2, "two")), comments[0].Body)
		require.Equal(t, 1, comments[0].Edits)
	})
}

// The comment is found beyond the first page, and another's comment with our mark is left alone.
func TestOurCommentIsFoundByMarkAndAuthor(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.AddComments(7, "mallory", body(note(1, "forged")))
		for i := range 250 {
			s.AddComments(7, "someone", fmt.Sprintf("talk %d", i))
		}
		other := note(1, "another job's")
		other.Key = "ffff"
		s.AddComments(7, "github-actions", body(other), body(note(1, "quoted"))+"and a word after it", body(note(1, "ours")))
		s.AddComments(8, "github-actions", body(note(1, "of another pull request")))
		_, err := s.client.PutComment(t.Context(), 7, note(2, "new"))
		require.NoError(t, err)
		require.Len(t, s.State().Comments, 255)
		for _, c := range s.State().Comments {
			require.Equal(t, c.Body == body(note(2, "new")), c.Edits == 1, c.Body)
		}
	})
}

func TestAnOlderRunLeavesTheCommentOfANewerOne(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		_, err := s.client.PutComment(t.Context(), 7, note(2, "two"))
		require.NoError(t, err)
		posted, err := s.client.PutComment(t.Context(), 7, note(1, "one"))
		require.NoError(t, err)
		require.True(t, posted.Outdated)
		require.Equal(t, body(note(2, "two")), s.State().Comments[0].Body)
		again := note(2, "the next attempt")
		again.Order.Attempt = 2
		_, err = s.client.PutComment(t.Context(), 7, again)
		require.NoError(t, err)
		require.Equal(t, body(again), s.State().Comments[0].Body)
	})
}

// Between the older run's look and its write the newer run writes: the older one puts the newer text back.
func TestWhatAnOlderRunOverwroteComesBack(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.AddComments(7, "github-actions", body(note(1, "one")))
		older := make(chan error)
		s.Fail = once(is("POST", "/graphql"), githubtest.Fault{Slow: 5 * time.Second})
		go func() {
			_, err := s.client.PutComment(t.Context(), 7, note(2, "two"))
			older <- err
		}()
		time.Sleep(time.Second)
		_, err := s.as(t, token).PutComment(t.Context(), 7, note(3, "three"))
		require.NoError(t, err)
		require.NoError(t, <-older)
		comment := s.State().Comments[0]
		require.Equal(t, body(note(3, "three")), comment.Body)
		require.Equal(t, 3, comment.Edits, "three, then two, then three again")
	})
}

// Both looked before either wrote.
func TestTwoThatCreateAtOnceEndWithOneComment(t *testing.T) {
	for _, newerFirst := range []bool{false, true} {
		play(t, func(t *testing.T, s *scene) {
			done := make(chan error)
			put := func(run int64, wait time.Duration) {
				time.Sleep(wait)
				wire := &githubtest.Wire{Server: s.Server, Latency: func() time.Duration { return time.Second }}
				client, err := github.New(github.Options{Token: token, APIURL: s.URL, GraphQLURL: s.URL + "/graphql", Owner: "owner", Repository: "repo", Transport: wire})
				if err == nil {
					_, err = client.PutComment(t.Context(), 7, note(run, fmt.Sprint(run)))
				}
				done <- err
			}
			first, second := int64(1), int64(2)
			if newerFirst {
				first, second = second, first
			}
			go put(first, 0)
			go put(second, 500*time.Millisecond)
			require.NoError(t, <-done)
			require.NoError(t, <-done)
			comments := s.State().Comments
			require.Len(t, comments, 1)
			require.Equal(t, body(note(2, "2")), comments[0].Body)
			require.Equal(t, int64(3_000_000_001), comments[0].ID, "the first one stays")
		})
	}
}

func TestOnlyChangesAreWritten(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.SetHead(sha)
		say := func(run int64, digest, head string) github.Posted {
			n := note(run, fmt.Sprint("run ", run))
			n.Digest, n.OnlyChanges, n.Head = digest, true, head
			posted, err := s.client.PutComment(t.Context(), 7, n)
			require.NoError(t, err)
			return posted
		}
		say(1, "aa", sha)
		require.False(t, say(3, "aa", sha).Wrote)
		require.True(t, say(2, "bb", "2222").Outdated, "the pull request has moved on from what run 2 judged, and run 3 left no trace")
		require.True(t, say(4, "bb", sha).Wrote)
		require.Equal(t, 1, s.State().Comments[0].Edits)
	})
}

func TestEachRunMayHaveACommentOfItsOwn(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		for _, n := range []github.Note{note(1, "one"), note(2, "two"), note(2, "two, its second step")} {
			n.Fresh = true
			_, err := s.client.PutComment(t.Context(), 7, n)
			require.NoError(t, err)
		}
		comments := s.State().Comments
		require.Len(t, comments, 2)
		require.Contains(t, comments[1].Body, "two, its second step")
	})
}

func TestACommentIsFoldedUnfoldedAndDropped(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		put := func(run int64, fold github.Fold) bool {
			n := note(run, fmt.Sprint(run))
			n.Fold = fold
			_, err := s.client.PutComment(t.Context(), 7, n)
			require.NoError(t, err)
			return s.State().Comments[0].IsMinimized
		}
		require.True(t, put(1, github.Closed))
		require.True(t, put(2, github.AsItIs), "a person may have folded it")
		require.False(t, put(3, github.Open))
		drop := func(run int64) {
			n := note(run, "")
			n.Digest = github.Silent
			_, err := s.client.PutComment(t.Context(), 7, n)
			require.NoError(t, err)
		}
		drop(1)
		require.Len(t, s.State().Comments, 1, "an older run takes nothing away")
		s.Fail = once(is("DELETE", ""), githubtest.Fault{Status: http.StatusBadGateway, Applies: true})
		drop(4)
		require.Empty(t, s.State().Comments)
	})
}

func TestACommentThatSomebodyDeletedIsWrittenAnew(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		s.AddComments(7, "github-actions", body(note(1, "one")))
		s.Fail = func(r *http.Request) *githubtest.Fault {
			if isPatch(r) {
				return &githubtest.Fault{Status: http.StatusNotFound, Body: `{"message":"Not Found"}`}
			}
			return nil
		}
		go func() {
			time.Sleep(2 * time.Second)
			s.DeleteComments()
		}()
		_, err := s.client.PutComment(t.Context(), 7, note(2, "two"))
		require.NoError(t, err)
		require.Len(t, s.State().Comments, 1)
		require.Equal(t, body(note(2, "two")), s.State().Comments[0].Body)
	})
}

// A comment is created once, whatever becomes of the answer.
func TestACreateWhoseAnswerWasLostIsNotRepeated(t *testing.T) {
	for name, fault := range map[string]githubtest.Fault{
		"502":             {Status: http.StatusBadGateway, Applies: true},
		"cut":             {Lost: githubtest.Reset, Applies: true},
		"timeout":         {Lost: githubtest.Hang, Applies: true},
		"truncated":       {Lost: githubtest.Truncated, Applies: true},
		"effect is late":  {Lost: githubtest.Reset, Applies: true, Late: 9 * time.Second},
		"delivered twice": {Twice: true},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, s *scene) {
				s.Fail = once(is("POST", "/comments"), fault)
				posted, err := s.client.PutComment(t.Context(), 7, note(1, "one"))
				require.NoError(t, err)
				require.NotEmpty(t, posted.URL)
				time.Sleep(10 * time.Second)
				require.Len(t, s.State().Comments, 1)
			})
		})
	}
}

func TestAnIssueIsOpenedUpdatedAndClosed(t *testing.T) {
	play(t, func(t *testing.T, s *scene) {
		for _, n := range []github.Note{note(1, "red"), note(2, "still red")} {
			posted, err := s.client.PutIssue(t.Context(), "Assay: m is red on main", n)
			require.NoError(t, err)
			require.Equal(t, s.URL+"/owner/repo/issues/1", posted.URL)
		}
		require.NoError(t, s.client.CloseIssue(t.Context(), note(1, "an older green run")))
		require.Equal(t, "open", s.State().Issues[0].State)
		require.NoError(t, s.client.CloseIssue(t.Context(), note(3, "green")))
		issue := s.State().Issues[0]
		require.Equal(t, "closed completed", issue.State+" "+issue.Reason)
		require.Equal(t, body(note(3, "green")), issue.Body)
		s.Fail = once(is("POST", "/issues"), githubtest.Fault{Twice: true})
		_, err := s.client.PutIssue(t.Context(), "Assay: m is red on main", note(4, "red again"))
		require.NoError(t, err)
		issues := s.State().Issues
		require.Len(t, issues, 3)
		require.Equal(t, "open", issues[1].State)
		require.Equal(t, "closed not_planned", issues[2].State+" "+issues[2].Reason)
	})
}

func FuzzMark(f *testing.F) {
	f.Add("text\n" + note(1, "").String())
	f.Add("<!-- assay:00 run=1.2.3 findings= -->")
	f.Fuzz(func(t *testing.T, text string) {
		if mark, ok := github.MarkOf(text); ok {
			again, ok := github.MarkOf("x\n" + mark.String() + "\n")
			require.True(t, ok)
			require.Equal(t, mark, again)
		}
	})
}
