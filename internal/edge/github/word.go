package github

import (
	"context"
	"net/http"
)

// Word is a comment, or with Commit an approving review, of a pull request.
type Word struct {
	By     string
	IsBot  bool
	Body   string
	Commit string
	URL    string
}

const wordsQuery = `query words($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { author { login }
    comments(last: 100) { nodes { author { login __typename } editor { login } body url } }
    reviews(last: 100, states: APPROVED) { nodes { author { login __typename } url commit { oid } } } } }
}`

type wordNode struct {
	Author *struct {
		Login    string
		Typename string `json:"__typename"`
	}
	Editor *struct{ Login string } // nil: nobody changed it
	Body   string
	URL    string
	Commit *struct{ OID string }
}

// isOwn reports whether the text is its author's: whoever may moderate may change the comments of others.
func (n wordNode) isOwn() bool {
	return n.Editor == nil || n.Author != nil && n.Editor.Login == n.Author.Login
}

func (n wordNode) word() Word {
	w := Word{Body: n.Body, URL: n.URL}
	if n.Author != nil { // nobody, where the account is gone
		w.By, w.IsBot = n.Author.Login, n.Author.Typename != "User"
	}
	if n.Commit != nil {
		w.Commit = n.Commit.OID
	}
	return w
}

// Words are the last hundred comments and approving reviews of a pull request, the oldest first, and the login of its author. A comment that
// somebody else changed is nobody's word.
func (c *Client) Words(ctx context.Context, pull int) (words []Word, author string, err error) {
	var answer struct {
		Repository struct {
			PullRequest struct {
				Author            *struct{ Login string }
				Comments, Reviews struct{ Nodes []wordNode }
			}
		}
	}
	err = c.do(ctx, action{doing: "read what was said on the pull request", permission: "pull-requests: read", send: func(ctx context.Context) error {
		return c.graph(ctx, wordsQuery, c.repository(map[string]any{"number": pull}), &answer)
	}})
	pr := answer.Repository.PullRequest
	for _, node := range append(pr.Comments.Nodes, pr.Reviews.Nodes...) {
		if node.isOwn() {
			words = append(words, node.word())
		}
	}
	if pr.Author != nil {
		author = pr.Author.Login
	}
	return words, author, err
}

// MayWrite reports whether somebody has write permission on the repository. Somebody whom GitHub does not know has none.
func (c *Client) MayWrite(ctx context.Context, login string) (bool, error) {
	var level string
	err := c.do(ctx, action{doing: "ask what " + login + " may do", permission: "metadata: read", send: func(ctx context.Context) error {
		permission, response, err := c.rest().Repositories.GetPermissionLevel(ctx, c.options.Owner, c.options.Repository, login)
		if response != nil && response.StatusCode == http.StatusNotFound {
			return nil
		}
		level = permission.GetPermission()
		return err
	}})
	return level == "admin" || level == "write", err
}
