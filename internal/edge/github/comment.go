package github

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-github/v62/github"
)

// Comment is a comment as it stands now.
type Comment struct {
	URL   string
	Wrote bool // false: it stood there already, word for word
}

// UpsertComment makes the pull request have one comment of ours with the marker, a line of the body, and this body. A comment is ours
// only if we wrote it: anybody can write a marker.
func (c *Client) UpsertComment(ctx context.Context, pull int, marker, body string) (Comment, error) {
	found, err := c.findComment(ctx, pull, marker)
	switch {
	case err != nil:
		return Comment{}, err
	case found == nil:
		return c.createComment(ctx, pull, marker, body)
	case sameText(found.Body, body):
		return Comment{URL: found.URL}, nil
	}
	err = c.do(ctx, action{doing: "update the comment", permission: "pull-requests: write", send: func(ctx context.Context) error {
		_, _, err := c.rest().Issues.EditComment(ctx, c.options.Owner, c.options.Repository, found.id(), &github.IssueComment{Body: &body})
		return err
	}})
	return Comment{URL: found.URL, Wrote: err == nil}, err
}

func (c *Client) createComment(ctx context.Context, pull int, marker, body string) (Comment, error) {
	comment := Comment{Wrote: true}
	err := c.do(ctx, action{doing: "create the comment", permission: "pull-requests: write",
		send: func(ctx context.Context) error {
			created, _, err := c.rest().Issues.CreateComment(ctx, c.options.Owner, c.options.Repository, pull, &github.IssueComment{Body: &body})
			comment.URL = created.GetHTMLURL()
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			found, err := c.findComment(ctx, pull, marker)
			if found != nil {
				comment.URL = found.URL
			}
			return found != nil, err
		}})
	if err != nil {
		return Comment{}, err
	}
	return comment, nil
}

// FindComment is the body of our comment with the marker.
func (c *Client) FindComment(ctx context.Context, pull int, marker string) (body string, found bool, err error) {
	comment, err := c.findComment(ctx, pull, marker)
	if comment == nil {
		return "", false, err
	}
	return comment.Body, true, nil
}

// sameText compares bodies as GitHub stores them: it trims the end and may write line ends its own way.
func sameText(a, b string) bool {
	plain := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return plain(a) == plain(b)
}

// commentNode is a comment as the query below asks for it.
type commentNode struct {
	FullDatabaseID  string `json:"fullDatabaseId"` // the identifiers have outgrown databaseId's 32 bits
	URL             string `json:"url"`
	Body            string `json:"body"`
	ViewerDidAuthor bool   `json:"viewerDidAuthor"`
}

func (n commentNode) id() int64 {
	id, _ := strconv.ParseInt(n.FullDatabaseID, 10, 64)
	return id
}

// commentsQuery asks for authorship, which only GraphQL tells: GET /user is forbidden to a workflow's token.
const commentsQuery = `query($owner: String!, $name: String!, $number: Int!, $cursor: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) { comments(first: 100, after: $cursor) {
    pageInfo { hasNextPage endCursor } nodes { fullDatabaseId url body viewerDidAuthor } } } }
}`

type commentsAnswer struct {
	Data struct {
		Repository struct {
			PullRequest struct {
				Comments struct {
					PageInfo struct {
						HasNextPage bool   `json:"hasNextPage"`
						EndCursor   string `json:"endCursor"`
					} `json:"pageInfo"`
					Nodes []commentNode `json:"nodes"`
				} `json:"comments"`
			} `json:"pullRequest"`
		} `json:"repository"`
	} `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// maxPages bounds a conversation: ten thousand comments.
const maxPages = 100

// findComment reads all pages. Of several comments of ours the oldest counts.
func (c *Client) findComment(ctx context.Context, pull int, marker string) (*commentNode, error) {
	var ours []commentNode
	var cursor *string
	for range maxPages {
		var page commentsAnswer
		err := c.do(ctx, action{doing: "read the comments", permission: "pull-requests: read", send: func(ctx context.Context) error {
			return c.graph(ctx, commentsQuery, map[string]any{"owner": c.options.Owner, "name": c.options.Repository, "number": pull, "cursor": cursor}, &page)
		}})
		if err != nil {
			return nil, err
		}
		comments := page.Data.Repository.PullRequest.Comments
		for _, node := range comments.Nodes {
			if node.ViewerDidAuthor && hasLine(node.Body, marker) {
				ours = append(ours, node)
			}
		}
		if !comments.PageInfo.HasNextPage {
			break
		}
		cursor = &comments.PageInfo.EndCursor
	}
	if len(ours) == 0 {
		return nil, nil
	}
	oldest := slices.MinFunc(ours, func(a, b commentNode) int { return cmp.Compare(a.id(), b.id()) })
	return &oldest, nil
}

func hasLine(body, marker string) bool {
	for line := range strings.Lines(body) {
		if strings.TrimSpace(line) == marker {
			return true
		}
	}
	return false
}

// graphError is an answer of GraphQL that is none.
type graphError struct {
	status  int
	message string
}

func (e *graphError) Error() string { return fmt.Sprintf("GraphQL: %d %s", e.status, e.message) }

// maxAnswer bounds an answer: a hundred comments of the largest size, as JSON.
const maxAnswer = 64 << 20

// graph asks GraphQL.
func (c *Client) graph(ctx context.Context, query string, variables map[string]any, into *commentsAnswer) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.options.GraphQLURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.options.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	switch {
	case err != nil:
		return err
	case response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusTooManyRequests:
		response.Body = io.NopCloser(bytes.NewReader(data))
		return github.CheckResponse(response) // tells limits from permissions
	case response.StatusCode != http.StatusOK:
		return &graphError{response.StatusCode, http.StatusText(response.StatusCode)}
	}
	*into = commentsAnswer{}
	if err := json.Unmarshal(data, into); err != nil {
		return &graphError{response.StatusCode, "the answer is not JSON"}
	}
	if len(into.Errors) > 0 {
		return &graphError{response.StatusCode, into.Errors[0].Message}
	}
	return nil
}
