package github

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// transport is the one way to GitHub. It waits where a limit refuses, since nothing took effect then, and repeats reads
// whose answer was lost; writes are left to Client.do, which looks first whether they took effect. It reads answers as a
// whole, so that one that was cut off is none.
type transport struct {
	next http.RoundTripper

	mutex sync.Mutex
	limit *LimitError // the last one, which holds for all requests
	until time.Time
}

// requestLimit bounds one attempt. It is longer than GitHub works on a request (see settled): what timed out here is
// decided there.
const requestLimit = 30 * time.Second

// maxAnswer bounds an answer: a hundred comments of the largest size, as JSON.
const maxAnswer = 64 << 20

// LimitError says that a rate limit lasts longer than there is time.
type LimitError struct {
	Kind string // primary or secondary
	Wait time.Duration
	ID   string // of the request

	isGuess bool // GitHub named no wait
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("GitHub's %s rate limit lasts %s longer, and there is not so much time (request %s)", e.Kind, e.Wait.Round(time.Second), or(e.ID, "without an id"))
}

// RoundTrip sends a request until it is answered, or the deadline of its context would pass.
func (t *transport) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	limits, losses := 0, 0
	for {
		if limit := t.inForce(); limit != nil && !hold(ctx, limit.Wait) {
			return nil, limit
		}
		response, data, err := t.attempt(request)
		pause := time.Duration(0)
		limit := limitOf(response, data, limits)
		switch {
		case limit != nil:
			pause, err = limit.pause(ctx), limit
			t.remember(limit)
			limits++
		case isLost(response, data, err) && isRead(ctx), isConflict(response), isNotThereYet(response) && losses < 2:
			pause = backoff(losses)
			losses++
		default:
			return response, err
		}
		if hold(ctx, pause) {
			continue
		}
		if err != nil { // a RoundTripper answers or fails, and never both
			return nil, err
		}
		return response, nil
	}
}

// remember keeps a limit: GitHub counts who comes back too early.
func (t *transport) remember(limit *LimitError) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	wait := limit.Wait
	if limit.isGuess {
		wait = leastWait
	}
	t.limit, t.until = limit, time.Now().Add(wait)
}

// inForce is the limit that holds now, with what is left of it, nil for none.
func (t *transport) inForce() *LimitError {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if left := time.Until(t.until); left > 0 {
		now := *t.limit
		now.Wait = left
		return &now
	}
	return nil
}

// attempt sends a request once and reads the whole of its answer.
func (t *transport) attempt(request *http.Request) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(request.Context(), requestLimit)
	defer cancel()
	again := request.Clone(ctx)
	if request.GetBody != nil {
		body, err := request.GetBody()
		if err != nil {
			return nil, nil, err
		}
		again.Body = body
	}
	response, err := t.next.RoundTrip(again)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("the answer was cut off (request %s): %w", or(response.Header.Get(requestIDHeader), "without an id"), err)
	}
	response.Body = io.NopCloser(bytes.NewReader(data))
	return response, data, nil
}

const requestIDHeader = "X-GitHub-Request-Id"

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// readKey marks the context of a request that changes nothing.
type readKey struct{}

func isRead(ctx context.Context) bool { return ctx.Value(readKey{}) != nil }

// isLost reports that nobody knows whether a request took effect.
func isLost(response *http.Response, data []byte, err error) bool {
	if err != nil {
		return true
	}
	return response.StatusCode >= http.StatusInternalServerError || graphGaveUp.Match(data)
}

// What GraphQL answers with status 200. No text of people's holds these words so: within JSON its quotes are escaped.
var (
	graphGaveUp  = regexp.MustCompile(`"message"\s*:\s*"Something went wrong while executing your query`)
	graphLimited = regexp.MustCompile(`"type"\s*:\s*"RATE_LIMITED"`)
)

// isConflict reports that another request was in the way: nothing took effect.
func isConflict(response *http.Response) bool {
	return response != nil && response.StatusCode == http.StatusConflict
}

// isNotThereYet reports that what is to be changed was not found: what was made a moment ago may be unknown to another of
// GitHub's machines.
func isNotThereYet(response *http.Response) bool {
	return response != nil && response.StatusCode == http.StatusNotFound && response.Request != nil && response.Request.Method == http.MethodPatch
}

// leastWait is what GitHub asks for where a secondary limit names no wait.
const leastWait = time.Minute

// pause is how long to wait for a limit: where the doubled wait does not fit into the time that is left, the least one may.
func (e *LimitError) pause(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok && e.isGuess && e.Wait > time.Until(deadline) {
		return leastWait
	}
	return e.Wait
}

// limitOf reads a refusal by a rate limit out of an answer, nil where it is none. earlier counts those before it.
// GitHub's documentation of the limits: both kinds answer 403 or 429, GraphQL also 200; a secondary one names the wait in
// retry-after, or nowhere: then it is at least a minute, and more each time.
func limitOf(response *http.Response, data []byte, earlier int) *LimitError {
	if response == nil || !speaksOfLimits(response, data) {
		return nil
	}
	limit := &LimitError{Kind: "secondary", Wait: leastWait << min(earlier, 10), ID: response.Header.Get(requestIDHeader)}
	if response.Header.Get("X-RateLimit-Remaining") == "0" {
		limit.Kind = "primary"
	}
	if seconds, err := strconv.ParseInt(response.Header.Get("Retry-After"), 10, 32); err == nil && seconds >= 0 {
		limit.Wait = time.Duration(seconds) * time.Second
	} else if reset, err := strconv.ParseInt(response.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil && limit.Kind == "primary" {
		limit.Wait = max(0, time.Unix(reset, 0).Sub(clockOf(response))) + time.Second // both are cut to whole seconds
	} else {
		limit.isGuess = true
	}
	return limit
}

func speaksOfLimits(response *http.Response, data []byte) bool {
	switch response.StatusCode {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		text := strings.ToLower(string(data))
		return response.Header.Get("Retry-After") != "" || response.Header.Get("X-RateLimit-Remaining") == "0" ||
			strings.Contains(text, "rate limit") || strings.Contains(text, "abuse detection")
	case http.StatusOK:
		return graphLimited.Match(data)
	}
	return false
}

// clockOf is the time by GitHub's own clock, which is not ours.
func clockOf(response *http.Response) time.Time {
	if sent, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		return sent
	}
	return time.Now()
}

// backoff is the wait before the next attempt after a number of lost ones.
func backoff(losses int) time.Duration { return min(time.Second<<min(losses, 5), 20*time.Second) }

// hold waits, unless the context's deadline comes first: then it says so at once.
func hold(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
