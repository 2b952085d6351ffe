package github

import (
	"context"

	"github.com/google/go-github/v62/github"
)

// PutIssue makes the repository have one open issue of ours with the note's key.
func (c *Client) PutIssue(ctx context.Context, title string, n Note) (Posted, error) {
	return c.put(ctx, issues{c, title}, n)
}

// CloseIssue closes our open issues with the note's key as done, with the note's text, but for those of newer runs.
func (c *Client) CloseIssue(ctx context.Context, n Note) error {
	s := issues{Client: c}
	list, err := c.readMarked(ctx, s, n, "")
	if err != nil {
		return err
	}
	for _, p := range list.posts {
		if p.mark().Order.Compare(n.Order) > 0 {
			continue
		}
		body := n.body()
		if err := s.change(ctx, p, github.IssueRequest{Body: &body, State: github.String("closed"), StateReason: github.String("completed")}); err != nil {
			return err
		}
	}
	return nil
}

// issues is the shelf of a repository's open issues.
type issues struct {
	*Client
	title string
}

// issuesQuery lists the oldest first, so that what is made later stands behind the last cursor.
const issuesQuery = `query issues($owner: String!, $name: String!, $cursor: String) {
  repository(owner: $owner, name: $name) { issues(first: 100, after: $cursor, states: OPEN, orderBy: {field: CREATED_AT, direction: ASC}) {
    pageInfo { hasNextPage endCursor } nodes { id number url body viewerDidAuthor } } }
}`

func (s issues) read(ctx context.Context, after string) (listing, error) {
	return s.pages(ctx, action{doing: "read the issues", permission: "issues: read"}, after, func(ctx context.Context, cursor *string) (page, error) {
		var answer struct {
			Repository struct {
				Issues page `json:"issues"`
			} `json:"repository"`
		}
		err := s.graph(ctx, issuesQuery, s.repository(map[string]any{"cursor": cursor}), &answer)
		return answer.Repository.Issues, err
	})
}

func (s issues) create(ctx context.Context, n Note, found func(context.Context) (post, bool, error)) (post, error) {
	body := n.body()
	var made post
	err := s.do(ctx, action{doing: "open an issue", permission: "issues: write",
		send: func(ctx context.Context) error {
			created, _, err := s.rest().Issues.Create(ctx, s.options.Owner, s.options.Repository, &github.IssueRequest{Title: &s.title, Body: &body})
			made = post{Node: created.GetNodeID(), Number: int64(created.GetNumber()), URL: created.GetHTMLURL(), Body: body}
			return err
		},
		done: func(ctx context.Context) (took bool, err error) {
			made, took, err = found(ctx)
			return took, err
		}})
	return made, err
}

func (s issues) edit(ctx context.Context, p post, body string) error {
	return s.change(ctx, p, github.IssueRequest{Body: &body})
}

// drop closes an issue that stands twice: deleting one takes an administrator.
func (s issues) drop(ctx context.Context, p post) error {
	return s.change(ctx, p, github.IssueRequest{State: github.String("closed"), StateReason: github.String("not_planned")})
}

// change may be sent twice: it says how the issue shall be.
func (s issues) change(ctx context.Context, p post, to github.IssueRequest) error {
	return s.do(ctx, action{doing: "update the issue", permission: "issues: write",
		send: func(ctx context.Context) error {
			_, _, err := s.rest().Issues.Edit(ctx, s.options.Owner, s.options.Repository, int(p.Number), &to)
			return err
		},
		done: func(context.Context) (bool, error) { return false, nil }})
}
