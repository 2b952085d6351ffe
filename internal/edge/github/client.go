// Package github is the edge to GitHub's API: posts that are found again and converge, one check run that always ends,
// commit statuses. It knows text and numbers, and nothing of results.
package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
)

// Options say where GitHub is and who we are there.
type Options struct {
	Token      string
	APIURL     string // such as https://api.github.com, or https://HOST/api/v3 of a server of one's own
	GraphQLURL string // such as https://api.github.com/graphql, or https://HOST/api/graphql
	Owner      string
	Repository string
	Transport  http.RoundTripper // nil: the usual one
}

// Client talks to GitHub about one repository. No error of it holds the token or a signed address. Each call lasts at most
// until the deadline of its context, which the job sets; without one at most a minute.
type Client struct {
	options Options
	base    *url.URL
	http    *http.Client
}

// New makes a client. It sends nothing.
func New(options Options) (*Client, error) {
	if options.Token == "" {
		return nil, errors.New("there is no token")
	}
	base, err := url.Parse(strings.TrimSuffix(options.APIURL, "/") + "/")
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("%q is no address of an API", options.APIURL)
	}
	if options.Transport == nil {
		options.Transport = http.DefaultTransport
	}
	return &Client{options: options, base: base, http: &http.Client{Transport: &transport{next: options.Transport}, CheckRedirect: stayAtHost}}, nil
}

// rest is go-github for one request: after a limit it would refuse requests by its own clock, and the waiting is ours.
func (c *Client) rest() *github.Client {
	rest := github.NewClient(c.http).WithAuthToken(c.options.Token)
	rest.BaseURL = c.base
	return rest
}

var errRedirect = errors.New("refused to follow a redirect to another host")

// stayAtHost follows no redirect to another host: the token would go with it.
func stayAtHost(next *http.Request, via []*http.Request) error {
	if next.URL.Host != via[0].URL.Host || len(via) > 5 {
		return fmt.Errorf("%w, %s", errRedirect, next.URL.Host)
	}
	return nil
}

// action is one request as its caller means it.
type action struct {
	doing      string // "create the comment"
	permission string // as a workflow writes it: "checks: write"
	// send does it.
	send func(context.Context) error
	// done looks whether a write whose answer was lost took effect after all; nil for what only reads.
	done func(context.Context) (bool, error)
}

// settled is how long after it was sent a request may still take effect: GitHub ends its work on one after ten seconds
// (documentation of the REST API, "Timeouts"). Only then does "not there" mean that it never will be.
const settled = 11 * time.Second

// patience bounds a call whose context has no deadline.
const patience = time.Minute

// do sends a request, and again where that makes sense. A write whose answer was lost is looked up before it is repeated.
func (c *Client) do(ctx context.Context, a action) error {
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		ctx = limited
	}
	if a.done == nil {
		return c.explain(a, a.send(context.WithValue(ctx, readKey{}, true)))
	}
	for {
		err := a.send(ctx)
		if !wasLost(err) {
			return c.explain(a, err)
		}
		took, isSettled, lookErr := lookFor(ctx, a, time.Now())
		if took || lookErr != nil {
			return c.explain(a, lookErr)
		}
		if !isSettled {
			return c.explain(a, err)
		}
	}
}

// lookFor looks until the effect of a write is there, or can come no more. Where the time runs out first, nothing is
// settled, and the write may not be repeated.
func lookFor(ctx context.Context, a action, lost time.Time) (took, isSettled bool, err error) {
	for look := 0; ; look++ {
		if !hold(ctx, backoff(look)) {
			return false, false, nil
		}
		isSettled = time.Since(lost) >= settled
		if took, err = a.done(context.WithValue(ctx, readKey{}, true)); took || err != nil || isSettled {
			return took, isSettled, err
		}
	}
}

// wasLost reports an error that leaves open whether the request took effect.
func wasLost(err error) bool {
	var limit *LimitError
	var answered *github.ErrorResponse
	var graph *graphError
	switch {
	case err == nil, errors.As(err, &limit), errors.Is(err, errRedirect):
		return false
	case errors.As(err, &answered):
		return answered.Response.StatusCode >= http.StatusInternalServerError
	case errors.As(err, &graph):
		return graph.status >= http.StatusInternalServerError
	}
	return true
}
