package github

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
)

// post is a comment or an issue of ours as GraphQL tells it.
type post struct {
	Node            string `json:"id"`
	FullDatabaseID  string `json:"fullDatabaseId"` // of a comment: its identifiers have outgrown 32 bits
	Number          int64  `json:"number"`         // of an issue
	URL             string `json:"url"`
	Body            string `json:"body"`
	ViewerDidAuthor bool   `json:"viewerDidAuthor"`
	IsMinimized     bool   `json:"isMinimized"`
}

// id orders posts by the time when they were made.
func (p post) id() int64 {
	if id, err := strconv.ParseInt(p.FullDatabaseID, 10, 64); err == nil {
		return id
	}
	return p.Number
}

func (p post) mark() Mark { m, _ := MarkOf(p.Body); return m }

// shelf is where posts stand: the comments of a pull request, or the open issues of a repository.
type shelf interface {
	// read lists all posts that we wrote behind a cursor, "" for the beginning.
	read(ctx context.Context, after string) (listing, error)
	// create adds the note's post. Where the answer was lost, found tells whether it is there.
	create(ctx context.Context, n Note, found func(context.Context) (post, bool, error)) (post, error)
	// edit answers errGone where the post is not there any more.
	edit(ctx context.Context, p post, body string) error
	// drop takes away a post that should not be there; one that is gone is no error.
	drop(ctx context.Context, p post) error
}

// listing is what a shelf holds behind a cursor.
type listing struct {
	posts []post
	end   string // the last cursor: what is made later stands behind it
	head  string // the commit that a pull request is at, "" for issues
}

// Fold is whether a comment is shown.
type Fold int

// The ways.
const (
	AsItIs Fold = iota
	Open
	Closed // as resolved
)

// Note is what a run has to say in a post of its own.
type Note struct {
	Mark
	Text        string
	OnlyChanges bool // leave a post with the same digest as it is
	Fresh       bool // a post for each run, and none is edited by another
	// OnlyStanding changes a post that stands, and makes none.
	OnlyStanding bool
	Fold         Fold // of a comment
	// Head, where it is set, is the commit without which there is nothing to say: once the pull request has moved on,
	// nothing is written. Trace is where runs at this commit say their word. Both stand in for the order of posts where a
	// run may leave no mark on one.
	Head  string
	Trace Trace
}

func (n Note) body() string { return n.Text + "\n" + n.String() + "\n" }

// isSilent reports a note that wants no post.
func (n Note) isSilent() bool { return n.Digest == Silent }

// stands reports whether a post needs no writing to say what the note says.
func (n Note) stands(p post) bool {
	return sameText(p.Body, n.body()) || n.OnlyChanges && p.mark().Digest == n.Digest
}

// isTold reports whether nothing has to be written, for what the posts show.
func (n Note) isTold(posts []post) bool {
	for _, p := range posts {
		if isNewer := p.mark().Order.Compare(n.Order) > 0; !isNewer && (n.isSilent() || !n.stands(p)) {
			return false
		}
	}
	return n.isSilent() || len(posts) == 1 || len(posts) == 0 && n.OnlyStanding
}

// Posted is a post as it stands now.
type Posted struct {
	URL      string
	Wrote    bool // false: nothing had to be written
	Outdated bool // a newer run has said its word already, and it stands
	post     post
}

// maxRounds bounds how often others may come between.
const maxRounds = 8

// put makes a shelf have one post with the note's key: that of the newest run; or none, where the note is silent. GitHub has no
// conditional write, so each write is followed by a look at what came between, and whoever wrote last sees to it that the newest stands:
//   - Of several posts the lowest stays, and whoever made another takes it away. It sees the lower one, which was there first.
//   - An older run that overwrote a newer one's text finds that among the post's revisions and puts it back.
//   - A newer run that left no mark on a post, since it changed nothing or wants none, said its word in its check run before it
//     looked. An older one that finds it there speaks in its name.
func (c *Client) put(ctx context.Context, s shelf, n Note) (Posted, error) {
	var posted Posted
	isOutdated := false
	for range maxRounds {
		list, err := c.readMarked(ctx, s, n, "")
		if err != nil {
			return posted, err
		}
		if n.Head != "" && list.head != "" && list.head != n.Head {
			posted.Outdated = true
			return posted, nil
		}
		if !n.isTold(list.posts) {
			newer, isThere, err := c.newerThan(ctx, n)
			if err != nil {
				return posted, err
			}
			if isThere && (newer.isSilent() || len(list.posts) > 0) { // a first post is the newer run's own to make
				n, isOutdated = newer, true
			}
		}
		said, err := c.say(ctx, s, n, list)
		if errors.Is(err, errGone) {
			continue
		}
		said.Outdated = said.Outdated || isOutdated
		if posted = said; err != nil || !posted.Wrote {
			return posted, err
		}
		later, isThere, err := c.newerThan(ctx, n)
		if err != nil || !isThere {
			return posted, err
		}
		n, isOutdated = later, true
	}
	return posted, errors.New("others change it faster than it can be written")
}

// say writes the note once, where there is something to write. It answers errGone where somebody took away what was to be changed.
func (c *Client) say(ctx context.Context, s shelf, n Note, list listing) (Posted, error) {
	switch {
	case n.isSilent():
		return c.dropAll(ctx, s, n, list.posts)
	case len(list.posts) > 0:
		return c.settle(ctx, s, n, list.posts)
	case n.OnlyStanding:
		return Posted{}, nil
	}
	made, err := s.create(ctx, n, func(ctx context.Context) (post, bool, error) { return c.find(ctx, s, n, list.end) })
	if err != nil {
		return Posted{}, err
	}
	posted := Posted{URL: made.URL, Wrote: true, post: made}
	since, err := c.readMarked(ctx, s, n, list.end)
	if err != nil || len(since.posts) == 0 { // a list may lag behind
		return posted, err
	}
	posted, err = c.settle(ctx, s, n, since.posts)
	posted.Wrote = true
	return posted, err
}

// dropAll takes away the posts of this run and older ones.
func (c *Client) dropAll(ctx context.Context, s shelf, n Note, posts []post) (Posted, error) {
	var posted Posted
	for _, p := range posts {
		if p.mark().Order.Compare(n.Order) > 0 {
			posted.Outdated = true
			continue
		}
		if err := s.drop(ctx, p); err != nil {
			return posted, err
		}
		posted.Wrote = true
	}
	return posted, nil
}

// find looks for the note's post behind a cursor. Where another run's stands there instead, it answers errGone: ours may have
// been taken away already in its favour, and is not to be made again.
func (c *Client) find(ctx context.Context, s shelf, n Note, after string) (post, bool, error) {
	list, err := c.readMarked(ctx, s, n, after)
	for _, p := range list.posts {
		if sameText(p.Body, n.body()) {
			return p, true, err
		}
	}
	if err == nil && len(list.posts) > 0 {
		err = errGone
	}
	return post{}, false, err
}

// readMarked lists the posts behind a cursor that the note is about, the lowest first.
func (c *Client) readMarked(ctx context.Context, s shelf, n Note, after string) (listing, error) {
	list, err := s.read(ctx, after)
	list.posts = slices.DeleteFunc(list.posts, func(p post) bool {
		mark, ok := MarkOf(p.Body)
		isOther := n.Fresh && (mark.Order.Run != n.Order.Run || mark.Order.Attempt != n.Order.Attempt)
		return !ok || mark.Key != n.Key || isOther
	})
	slices.SortFunc(list.posts, func(a, b post) int { return cmp.Compare(a.id(), b.id()) })
	return list, err
}

// settle makes the lowest of the posts say what the newest run says, and takes away those of this run and older ones
// beside it.
func (c *Client) settle(ctx context.Context, s shelf, n Note, posts []post) (Posted, error) {
	for _, extra := range posts[1:] {
		if extra.mark().Order.Compare(n.Order) <= 0 {
			if err := s.drop(ctx, extra); err != nil {
				return Posted{}, err
			}
		}
	}
	lowest := posts[0]
	posted := Posted{URL: lowest.URL, post: lowest}
	switch old := lowest.mark(); {
	case old.Order.Compare(n.Order) > 0:
		posted.Outdated = true
		return posted, nil
	case n.stands(lowest):
		return posted, nil
	}
	posted.Wrote = true
	outdated, err := c.overwrite(ctx, s, lowest, n.body())
	posted.Outdated = outdated
	return posted, err
}

// overwrite edits a post and then makes sure that no newer text was lost by it.
func (c *Client) overwrite(ctx context.Context, s shelf, p post, body string) (outdated bool, err error) {
	for range maxRounds {
		if err := s.edit(ctx, p, body); err != nil {
			return outdated, err
		}
		newest, err := c.newest(ctx, p)
		if err != nil {
			return outdated, err
		}
		if newest == "" {
			return outdated, nil
		}
		body, outdated = newest, true
	}
	return outdated, nil
}

// revisionsQuery asks for what a post said before, whole texts, the newest first.
const revisionsQuery = `query revisions($id: ID!) {
  node(id: $id) { ... on Comment { body } ... on IssueComment { userContentEdits(first: 30) { nodes { diff } } } ... on Issue { userContentEdits(first: 30) { nodes { diff } } } }
}`

// revisions are what a post says, and what it said before.
func (c *Client) revisions(ctx context.Context, p post) ([]string, error) {
	var answer struct {
		Node *struct {
			Body             string `json:"body"`
			UserContentEdits struct {
				Nodes []struct {
					Diff string `json:"diff"`
				} `json:"nodes"`
			} `json:"userContentEdits"`
		} `json:"node"`
	}
	err := c.graph(ctx, revisionsQuery, map[string]any{"id": p.Node}, &answer)
	var graph *graphError
	if errors.As(err, &graph) && graph.kind == "NOT_FOUND" || err == nil && answer.Node == nil {
		return nil, errGone
	}
	if err != nil {
		return nil, err
	}
	texts := []string{answer.Node.Body}
	for _, edit := range answer.Node.UserContentEdits.Nodes {
		texts = append(texts, edit.Diff)
	}
	return texts, nil
}

// newest is the revision of a newer run than the text that stands there now, "" where there is none.
func (c *Client) newest(ctx context.Context, p post) (string, error) {
	var texts []string
	err := c.do(ctx, action{doing: "read what the post said before", permission: "pull-requests: read", send: func(ctx context.Context) error {
		var err error
		texts, err = c.revisions(ctx, p)
		return err
	}})
	if err != nil {
		return "", err
	}
	best, key := texts[0], p.mark().Key
	for _, text := range texts[1:] {
		mark, ok := MarkOf(text)
		now, _ := MarkOf(best)
		if ok && mark.Key == key && mark.Order.Compare(now.Order) > 0 {
			best = text
		}
	}
	if best == texts[0] {
		return "", nil
	}
	return best, nil
}

// tookEdit looks whether a post says a text, or said it and was edited since.
func (c *Client) tookEdit(ctx context.Context, p post, body string) (bool, error) {
	texts, err := c.revisions(ctx, p)
	return slices.ContainsFunc(texts, func(text string) bool { return sameText(text, body) }), err
}
