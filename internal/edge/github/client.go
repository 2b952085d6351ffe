// Package github is the edge to GitHub's API: one comment that is found again, and one check run that always ends. It knows
// text and numbers, and nothing of results.
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
	APIURL     string // such as https://api.github.com
	GraphQLURL string // such as https://api.github.com/graphql
	Owner      string
	Repository string
	Transport  http.RoundTripper                                // nil: the usual one
	Wait       func(ctx context.Context, d time.Duration) error // nil: wait for real
}

// Client talks to GitHub about one repository. No error of it holds the token.
type Client struct {
	options Options
	base    *url.URL
	http    *http.Client
}

// requestLimit bounds one request.
const requestLimit = 30 * time.Second

// New makes a client. It sends nothing.
func New(options Options) (*Client, error) {
	if options.Token == "" {
		return nil, errors.New("there is no token")
	}
	base, err := url.Parse(strings.TrimSuffix(options.APIURL, "/") + "/")
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("%q is no address of an API", options.APIURL)
	}
	if options.Wait == nil {
		options.Wait = wait
	}
	return &Client{options: options, base: base, http: &http.Client{Timeout: requestLimit, Transport: options.Transport, CheckRedirect: stayAtHost}}, nil
}

// rest is go-github for one request: after a limit it would refuse requests by its own clock, and the waiting is ours.
func (c *Client) rest() *github.Client {
	rest := github.NewClient(c.http).WithAuthToken(c.options.Token)
	rest.BaseURL = c.base
	return rest
}

// stayAtHost follows no redirect to another host: the token would go with it.
func stayAtHost(next *http.Request, via []*http.Request) error {
	if next.URL.Host != via[0].URL.Host || len(via) > 5 {
		return fmt.Errorf("refused to follow a redirect to %s", next.URL.Host)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// PermissionError says what the token may not do.
type PermissionError struct {
	Doing      string
	Permission string // as a workflow writes it: "checks: write"
	Err        error
}

func (e *PermissionError) Error() string {
	return fmt.Sprintf("%s: the token lacks the permission %s", e.Doing, e.Permission)
}

func (e *PermissionError) Unwrap() error { return e.Err }

// action is one request as its caller means it.
type action struct {
	doing      string // "create the comment"
	permission string
	// send does it.
	send func(context.Context) error
	// done looks whether an attempt whose answer was lost took effect after all; nil for what may be sent twice.
	done func(context.Context) (bool, error)
}

// The waits before an attempt is repeated, and how long rate limits may hold us up in all: a job is waiting.
var backoff = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}

const maxWait = 60 * time.Second

// do sends a request, and again where that makes sense. What creates something is looked up before it is repeated.
func (c *Client) do(ctx context.Context, a action) error {
	waited := time.Duration(0)
	for try := 0; ; try++ {
		err := a.send(ctx)
		pause, again := retryAfter(err, try)
		if !again || waited+pause > maxWait || ctx.Err() != nil {
			return c.explain(a, err)
		}
		waited += pause
		if err := c.options.Wait(ctx, pause); err != nil {
			return c.explain(a, err)
		}
		if a.done == nil || isLimit(err) {
			continue
		}
		if done, err := a.done(ctx); done || err != nil {
			return c.explain(a, err)
		}
	}
}

// retryAfter is how long to wait before the request is worth repeating, if it is.
func retryAfter(err error, try int) (time.Duration, bool) {
	if err == nil || try >= len(backoff) {
		return 0, false
	}
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	var answered *github.ErrorResponse
	switch {
	case errors.As(err, &primary):
		return time.Until(primary.Rate.Reset.Time), true
	case errors.As(err, &secondary):
		if secondary.RetryAfter == nil {
			return maxWait, true // GitHub's documentation: at least a minute
		}
		return *secondary.RetryAfter, true
	case errors.As(err, &answered):
		return backoff[try], answered.Response.StatusCode >= http.StatusInternalServerError
	}
	var graph *graphError
	if errors.As(err, &graph) {
		return backoff[try], graph.status >= http.StatusInternalServerError
	}
	return backoff[try], !errors.Is(err, context.Canceled) && !strings.Contains(err.Error(), "refused to follow")
}

// isLimit reports a refusal by a rate limit: nothing took effect.
func isLimit(err error) bool {
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	return errors.As(err, &primary) || errors.As(err, &secondary)
}

// explain says what was being done and which permission lacks, without the token.
func (c *Client) explain(a action, err error) error {
	if err == nil {
		return nil
	}
	var answered *github.ErrorResponse
	isRefused := errors.As(err, &answered) && (answered.Response.StatusCode == http.StatusForbidden || answered.Response.StatusCode == http.StatusNotFound)
	clean := fmt.Errorf("%s: %w", a.doing, err)
	if strings.Contains(clean.Error(), c.options.Token) {
		clean = errors.New(strings.ReplaceAll(clean.Error(), c.options.Token, "***"))
	}
	if isRefused && !isLimit(err) {
		return &PermissionError{Doing: a.doing, Permission: a.permission, Err: clean}
	}
	return clean
}
