package github

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"
)

// Pull is a pull request.
type Pull struct {
	Number  int
	BaseRef string
	IsOpen  bool
}

// PullsOf lists the pull requests into this repository whose head is a branch of some owner's and stands at a commit. The commit alone
// does not lead there: GitHub knows none of a fork's.
func (c *Client) PullsOf(ctx context.Context, owner, branch, head string) ([]Pull, error) {
	var found []Pull
	options := &github.PullRequestListOptions{State: "all", Head: owner + ":" + branch, Sort: "updated", Direction: "desc", ListOptions: github.ListOptions{PerPage: 100}}
	err := c.do(ctx, action{doing: "find the pull request", permission: "pull-requests: read", send: func(ctx context.Context) error {
		all, _, err := c.rest().PullRequests.List(ctx, c.options.Owner, c.options.Repository, options)
		for _, p := range all {
			isOurs := strings.EqualFold(p.GetBase().GetRepo().GetFullName(), c.options.Owner+"/"+c.options.Repository)
			if isOurs && p.GetHead().GetSHA() == head {
				found = append(found, Pull{Number: p.GetNumber(), BaseRef: p.GetBase().GetRef(), IsOpen: p.GetState() == "open"})
			}
		}
		return err
	}})
	return found, err
}

// Proposal is a change that is not checked out: its files are asked of the API, at commits that GitHub names. Paths start at a folder.
type Proposal struct {
	client  *Client
	dir     string
	base    string // the tip of the branch that it goes into
	fork    string // where it left that branch
	head    string
	fetched map[[2]string]fetched
}

type fetched struct {
	data []byte
	err  error
}

// Propose compares a head with the branch that it goes into.
func (c *Client) Propose(ctx context.Context, baseRef, head, dir string) (*Proposal, error) {
	p := &Proposal{client: c, dir: dir, head: head, fetched: map[[2]string]fetched{}}
	err := c.do(ctx, action{doing: "compare the head with its base", permission: "contents: read", send: func(ctx context.Context) error {
		compared, _, err := c.rest().Repositories.CompareCommits(ctx, c.options.Owner, c.options.Repository, baseRef, head, &github.ListOptions{PerPage: 1})
		p.base, p.fork = compared.GetBaseCommit().GetSHA(), compared.GetMergeBaseCommit().GetSHA()
		return err
	}})
	if err == nil && (p.base == "" || p.fork == "") {
		err = errors.New("compare the head with its base: GitHub named no commits")
	}
	return p, err
}

// Base is the tip of the branch that the change goes into.
func (p *Proposal) Base(context.Context) (string, error) { return p.base, nil }

// Named lists nothing: whoever asks names files.
func (p *Proposal) Named(context.Context, string, string) ([]string, error) { return nil, nil }

// File is a file at a commit; fs.ErrNotExist where there is none.
func (p *Proposal) File(ctx context.Context, commit, name string) ([]byte, error) {
	key := [2]string{commit, path.Join(p.dir, name)}
	if strings.HasPrefix(key[1], "..") {
		return nil, fmt.Errorf("%s lies outside of the repository", key[1])
	}
	if _, isKnown := p.fetched[key]; !isKnown {
		data, err := p.client.content(ctx, commit, key[1])
		p.fetched[key] = fetched{data, err}
	}
	return p.fetched[key].data, p.fetched[key].err
}

// Merged is a file as a merge would leave it: the base's where the change did not touch it, else the head's. Where both changed it the
// merge may differ; the head's is then what the change wants.
func (p *Proposal) Merged(ctx context.Context, name string) ([]byte, error) {
	proposed, proposedErr := p.File(ctx, p.head, name)
	before, beforeErr := p.File(ctx, p.fork, name)
	for _, err := range []error{proposedErr, beforeErr} {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	if (proposedErr == nil) == (beforeErr == nil) && slices.Equal(proposed, before) {
		return p.File(ctx, p.base, name)
	}
	return proposed, proposedErr
}

// DefaultFile is a file as the default branch has it; fs.ErrNotExist where there is none.
func (c *Client) DefaultFile(ctx context.Context, name string) ([]byte, error) {
	return c.content(ctx, "", name)
}

// maxContent bounds a file of rules; GitHub gives files of up to one megabyte so.
const maxContent = 1 << 20

// content asks for one file.
func (c *Client) content(ctx context.Context, commit, name string) ([]byte, error) {
	var text string
	isFile := true
	err := c.do(ctx, action{doing: "read " + name + " at " + or(commit, "the default branch"), permission: "contents: read", send: func(ctx context.Context) error {
		file, _, response, err := c.rest().Repositories.GetContents(ctx, c.options.Owner, c.options.Repository, name, &github.RepositoryContentGetOptions{Ref: commit})
		if response != nil && response.StatusCode == http.StatusNotFound {
			return fs.ErrNotExist
		}
		if err != nil {
			return err
		}
		if isFile = file != nil && file.GetType() == "file" && file.GetSize() <= maxContent; isFile {
			text, err = file.GetContent()
		}
		return err
	}})
	if err == nil && !isFile {
		err = fmt.Errorf("%s at %s is no file of at most %d bytes", name, commit, maxContent)
	}
	return []byte(text), err
}
