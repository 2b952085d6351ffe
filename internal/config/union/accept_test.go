package union_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/config/union"
	"github.com/assay-ml/assay/internal/finding"
)

// crowd are the people of a repository.
type crowd struct {
	words []union.Word
	write map[string]bool
	err   error
}

func (c crowd) Words(context.Context) ([]union.Word, string, error) { return c.words, "author", c.err }

func (c crowd) MayWrite(_ context.Context, login string) (bool, error) { return c.write[login], nil }

func TestWhoseWordCounts(t *testing.T) {
	const head = "89abcdef0123456789abcdef0123456789abcdef"
	loosened := union.Result{Commit: "b", Config: "assay.yaml", State: union.Joined, Changes: []union.Change{{Rule: "gate auc", Effect: union.Loosened}}}
	id := loosened.ID(head)
	require.Len(t, id, 10)
	other := loosened
	other.Changes = []union.Change{{Rule: "gate auc", Effect: union.Removed}}
	for name, c := range map[string]struct {
		word union.Word
		how  string
	}{
		"a comment with the ID and a reason": {union.Word{By: "lead", Body: "Fine.\n/assay accept " + id + " the old limit was a guess\n"}, "comment"},
		"an approving review of this head":   {union.Word{By: "lead", Commit: head}, "review"},
		"no reason":                          {union.Word{By: "lead", Body: "/assay accept " + id}, ""},
		"the ID of another head":             {union.Word{By: "lead", Body: "/assay accept " + loosened.ID("other") + " why"}, ""},
		"the ID of other changes":            {union.Word{By: "lead", Body: "/assay accept " + other.ID(head) + " why"}, ""},
		"a quotation":                        {union.Word{By: "lead", Body: "> /assay accept " + id + " why"}, ""},
		"a review of an earlier head":        {union.Word{By: "lead", Commit: "0123"}, ""},
		"the author's own":                   {union.Word{By: "Author", Body: "/assay accept " + id + " why"}, ""},
		"the author's own approval":          {union.Word{By: "author", Commit: head}, ""},
		"a bot's":                            {union.Word{By: "lead", IsBot: true, Body: "/assay accept " + id + " why"}, ""},
		"a stranger's":                       {union.Word{By: "stranger", Body: "/assay accept " + id + " why"}, ""},
		"somebody's who has left":            {union.Word{Body: "/assay accept " + id + " why"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			people := crowd{words: []union.Word{c.word}, write: map[string]bool{"lead": true, "author": true, "Author": true, "": true}}
			accepted, err := loosened.Accept(t.Context(), head, people)
			require.NoError(t, err)
			if c.how == "" {
				require.Nil(t, accepted)
				return
			}
			require.Equal(t, c.how, accepted.How)
			loosened := loosened
			loosened.Accepted = accepted
			require.False(t, loosened.NeedsWord())
			require.Equal(t, finding.Pass, loosened.Findings()[0].Outcome)
			require.Contains(t, loosened.Findings()[0].Message, "accepted by lead")
		})
	}
	loosened.Word = id
	require.Equal(t, "/assay accept "+id+" REASON", loosened.Blocks()[1].(finding.Note).Command)
	require.Equal(t, id, loosened.ID(head), "the ID does not name itself")
	loosened.Accepted = &union.Acceptance{By: "lead", How: "comment"}
	require.Empty(t, loosened.Blocks()[1].(finding.Note).Command, "nobody is asked twice")
	_, err := loosened.Accept(t.Context(), head, crowd{err: errors.New("GitHub is away")})
	require.Error(t, err)
}
