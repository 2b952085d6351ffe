package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/assay-ml/assay/internal/release/gittag"
	"github.com/assay-ml/assay/internal/release/registry"
)

var _ gittag.Repository = (*Client)(nil)

// contents is the permission that tags take.
const contents = "contents: write"

// refsQuery asks for refs and what they point at, and for the name by which updateRefs knows the repository.
const refsQuery = `query refs($owner: String!, $name: String!, $prefix: String!, $query: String, $cursor: String) {
  repository(owner: $owner, name: $name) { id refs(refPrefix: $prefix, query: $query, first: 100, after: $cursor) {
    pageInfo { hasNextPage endCursor }
    nodes { prefix name target { oid ... on Tag { message tagger { name email date } target { oid __typename } } ... on Blob { text } } } } }
}`

// refNode is a ref as GraphQL tells it.
type refNode struct {
	Prefix string `json:"prefix"`
	Name   string `json:"name"`
	Target struct {
		OID     string  `json:"oid"`
		Text    string  `json:"text"`    // of a blob
		Message *string `json:"message"` // of a tag
		Tagger  *struct {
			Name  string    `json:"name"`
			Email string    `json:"email"`
			Date  time.Time `json:"date"`
		} `json:"tagger"`
		Target *struct {
			OID  string `json:"oid"`
			Kind string `json:"__typename"`
		} `json:"target"`
	} `json:"target"`
}

// ref is the node in the words of package gittag.
func (n refNode) ref() gittag.Ref {
	ref := gittag.Ref{Name: n.Prefix + n.Name, OID: n.Target.OID, Text: n.Target.Text}
	if n.Target.Target == nil {
		return ref
	}
	ref.Tag = &gittag.Tag{}
	if n.Target.Message != nil {
		ref.Tag.Message = *n.Target.Message
	}
	if n.Target.Target.Kind == "Commit" {
		ref.Tag.Commit = n.Target.Target.OID
	}
	if tagger := n.Target.Tagger; tagger != nil {
		ref.Tag.Name, ref.Tag.Email, ref.Tag.At = tagger.Name, tagger.Email, tagger.Date.UTC()
	}
	return ref
}

// TagNames implements gittag.Repository.
func (c *Client) TagNames(ctx context.Context) ([]string, error) {
	refs, _, err := c.refs(ctx, "refs/tags/", "")
	names := make([]string, len(refs))
	for i, ref := range refs {
		names[i] = ref.Name
	}
	return names, err
}

// Refs implements gittag.Repository.
func (c *Client) Refs(ctx context.Context, prefixes ...string) ([]gittag.Ref, error) {
	refs, _, err := c.refsOf(ctx, prefixes)
	return refs, err
}

// refsOf also answers with GraphQL's name of the repository. What GitHub is asked for is wider than the prefixes: what stands
// before the first '@' or '#' of a name.
func (c *Client) refsOf(ctx context.Context, prefixes []string) (found []gittag.Ref, id string, err error) {
	asked := map[string]bool{}
	for _, prefix := range prefixes {
		prefix = prefix[:strings.IndexAny(prefix+"@", "@#")]
		if asked[prefix] {
			continue
		}
		asked[prefix] = true
		slash := placeOf(prefix)
		var refs []gittag.Ref
		if refs, id, err = c.refs(ctx, prefix[:slash], prefix[slash:]); err != nil {
			return nil, "", err
		}
		found = append(found, slices.DeleteFunc(refs, func(ref gittag.Ref) bool {
			return !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(ref.Name, p) })
		})...)
	}
	return found, id, nil
}

// placeOf is where the folder of a ref ends that is GraphQL's refPrefix.
func placeOf(name string) int {
	for _, place := range []string{"refs/tags/", "refs/assay/registry/"} {
		if strings.HasPrefix(name, place) {
			return len(place)
		}
	}
	return strings.LastIndexByte(name, '/') + 1
}

// refs lists all refs of a folder whose name holds a text.
func (c *Client) refs(ctx context.Context, prefix, text string) (found []gittag.Ref, id string, err error) {
	variables := c.repository(map[string]any{"prefix": prefix})
	if text != "" {
		variables["query"] = text
	}
	for {
		var answer struct {
			Repository struct {
				ID   string `json:"id"`
				Refs struct {
					PageInfo struct {
						HasNextPage bool   `json:"hasNextPage"`
						EndCursor   string `json:"endCursor"`
					} `json:"pageInfo"`
					Nodes []refNode `json:"nodes"`
				} `json:"refs"`
			} `json:"repository"`
		}
		err := c.do(ctx, action{doing: "read the refs below " + prefix, permission: "contents: read", send: func(ctx context.Context) error {
			return c.graph(ctx, refsQuery, variables, &answer)
		}})
		if err != nil {
			return nil, "", err
		}
		refs := answer.Repository.Refs
		for _, node := range refs.Nodes {
			found = append(found, node.ref())
		}
		if !refs.PageInfo.HasNextPage {
			return found, answer.Repository.ID, nil
		}
		variables["cursor"] = refs.PageInfo.EndCursor
	}
}

// updateRefs moves refs, all of them or none.
const updateRefs = `mutation updateRefs($repository: ID!, $updates: [RefUpdate!]!) {
  updateRefs(input: {repositoryId: $repository, refUpdates: $updates}) { clientMutationId }
}`

// refUpdate is one of them. Blobs know no fast forward, so each is forced; what keeps others' work is Before.
type refUpdate struct {
	Name   string `json:"name"`
	Before string `json:"beforeOid"`
	After  string `json:"afterOid"`
	Force  bool   `json:"force"`
}

// noObject stands for no object in updateRefs.
const noObject = "0000000000000000000000000000000000000000"

// Update implements gittag.Repository: objects by the REST API, where the same content is the same object however often it is sent,
// then their refs by updateRefs.
func (c *Client) Update(ctx context.Context, moves []gittag.Move) error {
	updates, names, made := make([]refUpdate, len(moves)), make([]string, len(moves)), make([]string, len(moves))
	for i, m := range moves {
		var err error
		if made[i], err = c.make(ctx, m); err != nil {
			return err
		}
		updates[i] = refUpdate{m.Ref, or(m.Before, noObject), or(made[i], noObject), true}
		names[i] = m.Ref
	}
	_, id, err := c.refsOf(ctx, names[:1])
	if err != nil {
		return err
	}
	err = c.do(ctx, action{doing: "move " + strings.Join(names, ", "), permission: contents,
		send: func(ctx context.Context) error {
			return c.graph(ctx, updateRefs, map[string]any{"repository": id, "updates": updates}, &struct{}{})
		},
		done: func(ctx context.Context) (bool, error) {
			now, err := c.outcome(ctx, moves, made)
			return now == gittag.AsMeant, errors.Join(err, now.Err())
		}})
	return c.judge(ctx, moves, made, err)
}

// judge says what became of an update that did not just succeed.
func (c *Client) judge(ctx context.Context, moves []gittag.Move, made []string, err error) error {
	if err == nil || errors.Is(err, registry.ErrMoved) {
		return err
	}
	now, lookErr := c.outcome(ctx, moves, made)
	var graph *graphError
	var limit *LimitError
	switch {
	case lookErr != nil:
		return fmt.Errorf("%w: %w", registry.ErrUnsure, err)
	case now != gittag.AsBefore:
		return now.Err()
	case errors.As(err, &limit), errors.As(err, &graph) && graph.kind != "": // GitHub says why it did not
		return err
	}
	return fmt.Errorf("%w: %w", registry.ErrUnsure, err)
}

// make stores the object of a move, and answers with its name; "" for a ref that is taken away.
func (c *Client) make(ctx context.Context, m gittag.Move) (sha string, err error) {
	if m.Deletes() {
		return "", nil
	}
	return sha, c.do(ctx, action{doing: "make what " + m.Ref + " is to point at", permission: contents, send: func(ctx context.Context) error {
		if m.Tag == nil {
			text, encoding := m.Blob, "utf-8"
			blob, _, err := c.rest().Git.CreateBlob(ctx, c.options.Owner, c.options.Repository, &github.Blob{Content: &text, Encoding: &encoding})
			sha = blob.GetSHA()
			return err
		}
		name, kind := strings.TrimPrefix(m.Ref, "refs/tags/"), "commit"
		tag, _, err := c.rest().Git.CreateTag(ctx, c.options.Owner, c.options.Repository, &github.Tag{Tag: &name, Message: &m.Tag.Message,
			Object: &github.GitObject{Type: &kind, SHA: &m.Tag.Commit},
			Tagger: &github.CommitAuthor{Name: &m.Tag.Name, Email: &m.Tag.Email, Date: &github.Timestamp{Time: m.Tag.At}}})
		sha = tag.GetSHA()
		return err
	}})
}

// outcome looks where the refs of an update are now.
func (c *Client) outcome(ctx context.Context, moves []gittag.Move, made []string) (gittag.Outcome, error) {
	names := make([]string, len(moves))
	for i, m := range moves {
		names[i] = m.Ref
	}
	refs, _, err := c.refsOf(ctx, names)
	if err != nil {
		return gittag.AsBefore, err
	}
	now := map[string]string{}
	for _, ref := range refs {
		now[ref.Name] = ref.OID
	}
	return gittag.OutcomeOf(moves, made, now), nil
}
