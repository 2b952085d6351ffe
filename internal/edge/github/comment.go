package github

import (
	"context"
	"errors"

	"github.com/google/go-github/v62/github"
)

// PutComment makes the pull request have one comment of ours with the note's key, or none where the note is silent. A comment is ours only
// if we wrote it: anybody can write a mark. An error beside an address says that the comment stands, and what could not be made sure of.
func (c *Client) PutComment(ctx context.Context, pull int, n Note) (Posted, error) {
	posted, err := c.put(ctx, comments{c, pull}, n)
	shouldFold := n.Fold == Closed
	if err == nil && !posted.Outdated && posted.URL != "" && n.Fold != AsItIs && posted.post.IsMinimized != shouldFold {
		err = c.fold(ctx, posted.post, shouldFold)
	}
	return posted, err
}

// comments is the shelf of a pull request.
type comments struct {
	*Client
	pull int
}

// commentsQuery asks for authorship, which only GraphQL tells: GET /user is forbidden to a workflow's token.
const commentsQuery = `query comments($owner: String!, $name: String!, $number: Int!, $cursor: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { headRefOid comments(first: 100, after: $cursor) {
    pageInfo { hasNextPage endCursor } nodes { id fullDatabaseId url body viewerDidAuthor isMinimized } } } }
}`

// maxPages bounds a list: ten thousand entries.
const maxPages = 100

func (s comments) read(ctx context.Context, after string) (listing, error) {
	head := ""
	list, err := s.pages(ctx, action{doing: "read the comments", permission: "pull-requests: read"}, after, func(ctx context.Context, cursor *string) (page, error) {
		var answer struct {
			Repository struct {
				PullRequest struct {
					HeadRefOid string `json:"headRefOid"`
					Comments   page   `json:"comments"`
				} `json:"pullRequest"`
			} `json:"repository"`
		}
		err := s.graph(ctx, commentsQuery, s.repository(map[string]any{"number": s.pull, "cursor": cursor}), &answer)
		head = answer.Repository.PullRequest.HeadRefOid
		return answer.Repository.PullRequest.Comments, err
	})
	list.head = head
	return list, err
}

// pages reads all pages behind a cursor, and keeps what we wrote.
func (c *Client) pages(ctx context.Context, a action, after string, next func(context.Context, *string) (page, error)) (listing, error) {
	list := listing{end: after}
	for range maxPages {
		var cursor *string
		if list.end != "" {
			cursor = &list.end
		}
		var found page
		a.send = func(ctx context.Context) (err error) { found, err = next(ctx, cursor); return err }
		if err := c.do(ctx, a); err != nil {
			return listing{}, err
		}
		for _, p := range found.Nodes {
			if p.ViewerDidAuthor {
				list.posts = append(list.posts, p)
			}
		}
		if list.end = or(found.PageInfo.EndCursor, list.end); !found.PageInfo.HasNextPage {
			break
		}
	}
	return list, nil
}

func (s comments) create(ctx context.Context, n Note, found func(context.Context) (post, bool, error)) (post, error) {
	body := n.body()
	var made post
	err := s.do(ctx, action{doing: "create the comment", permission: "pull-requests: write",
		send: func(ctx context.Context) error {
			created, _, err := s.rest().Issues.CreateComment(ctx, s.options.Owner, s.options.Repository, s.pull, &github.IssueComment{Body: &body})
			made = post{Node: created.GetNodeID(), URL: created.GetHTMLURL(), Body: body}
			return err
		},
		done: func(ctx context.Context) (took bool, err error) {
			made, took, err = found(ctx)
			return took, err
		}})
	return made, err
}

func (s comments) edit(ctx context.Context, p post, body string) error {
	return s.do(ctx, action{doing: "update the comment", permission: "pull-requests: write",
		send: func(ctx context.Context) error {
			_, _, err := s.rest().Issues.EditComment(ctx, s.options.Owner, s.options.Repository, p.id(), &github.IssueComment{Body: &body})
			return err
		},
		done: func(ctx context.Context) (bool, error) { return s.tookEdit(ctx, p, body) }})
}

func (s comments) drop(ctx context.Context, p post) error {
	err := s.do(ctx, action{doing: "delete a comment of ours", permission: "pull-requests: write",
		send: func(ctx context.Context) error {
			_, err := s.rest().Issues.DeleteComment(ctx, s.options.Owner, s.options.Repository, p.id())
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			_, err := s.revisions(ctx, p)
			return false, err // errGone where it took effect
		}})
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

const (
	collapseQuery = `mutation collapse($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: RESOLVED}) { minimizedComment { isMinimized } } }`
	unfoldQuery   = `mutation unfold($id: ID!) { unminimizeComment(input: {subjectId: $id}) { unminimizedComment { isMinimized } } }`
)

// fold collapses a comment, or unfolds it. It may be sent twice.
func (c *Client) fold(ctx context.Context, p post, closed bool) error {
	query := unfoldQuery
	if closed {
		query = collapseQuery
	}
	return c.do(ctx, action{doing: "fold the comment", permission: "pull-requests: write", send: func(ctx context.Context) error {
		var ignored struct{}
		return c.graph(ctx, query, map[string]any{"id": p.Node}, &ignored)
	}})
}
