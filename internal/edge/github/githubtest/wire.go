package githubtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Loss is how an answer gets lost.
type Loss int

// The ways.
const (
	Arrives   Loss = iota
	Reset          // the connection is cut
	Hang           // nothing comes until the client gives up
	Truncated      // half of it comes
)

// Fault is what befalls a request.
type Fault struct {
	Name    string // for people
	Status  int    // answered in place of GitHub's own answer, 0: that one
	Header  http.Header
	Body    string
	Applies bool          // the request takes effect all the same
	Late    time.Duration // it takes effect so much later
	Twice   bool          // it is delivered twice
	Slow    time.Duration // the answer takes so long
	Lost    Loss
}

// takesEffect reports whether GitHub does what was asked.
func (f *Fault) takesEffect() bool { return f.Applies || f.Status == 0 && f.Lost == Arrives }

// reply is an answer on its way.
type reply struct {
	status int
	header http.Header
	body   []byte
	fault  Fault
}

// meet does what a request asks, or what befalls it.
func (s *Server) meet(r *http.Request, body []byte) reply {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.state.Requests = append(s.state.Requests, r.Method+" "+r.URL.Path)
	var fault *Fault
	if s.Fail != nil {
		asked := r.Clone(r.Context())
		asked.Body = io.NopCloser(bytes.NewReader(body))
		fault = s.Fail(asked)
	}
	if fault == nil {
		fault = &Fault{}
	}
	out := reply{status: fault.Status, body: []byte(fault.Body), fault: *fault, header: http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Date": {s.now().Format(http.TimeFormat)},
		"X-Github-Request-Id": {"REQ:" + strconv.Itoa(len(s.state.Requests))}}}
	for name, values := range fault.Header {
		out.header[name] = values
	}
	if !fault.takesEffect() {
		return out
	}
	if fault.Late > 0 {
		late := r.Clone(context.Background())
		time.AfterFunc(fault.Late, func() { s.mutex.Lock(); defer s.mutex.Unlock(); s.answer(late, body) })
		return out
	}
	status, answer := s.answer(r, body)
	if fault.Twice {
		s.isRepeat = true
		status, answer = s.answer(r, body)
		s.isRepeat = false
	}
	if fault.Status == 0 {
		out.status, out.body = status, answer
		if s.location != "" {
			out.header.Set("Location", s.location)
		}
	}
	return out
}

func (s *Server) now() time.Time { return time.Now().Add(s.Skew).UTC() }

// ServeHTTP answers one request over the network.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := s.meet(r, body)
	time.Sleep(out.fault.Slow)
	switch out.fault.Lost {
	case Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case Reset:
		panic(http.ErrAbortHandler)
	}
	for name, values := range out.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	w.WriteHeader(out.status)
	if out.fault.Lost == Truncated {
		w.Write(out.body[:len(out.body)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	w.Write(out.body)
}

// Wire is the way of one client to a server without a network. It holds the client to what GitHub asks of clients: not to
// come back before a limit is over, and not to flood.
type Wire struct {
	Server *Server
	// Latency is how long a request takes each way; nil: no time.
	Latency func() time.Duration

	mutex  sync.Mutex
	closed time.Time // until when a limit holds
	sent   []time.Time
	killed bool
}

// maxMinute is how many requests a client may send in a minute: GitHub's 900 points, and a write has five.
const maxMinute = 180

// Kill makes the wire carry nothing any more, as where the client's process is gone.
func (w *Wire) Kill() {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.killed = true
}

// errKilled is what a process never sees that is gone.
var errKilled = errors.New("the process was killed")

// RoundTrip carries one request.
func (w *Wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if err := w.travel(r.Context()); err != nil {
		return nil, err
	}
	w.watch(r)
	out := w.Server.meet(r, body)
	if err := sleep(r.Context(), out.fault.Slow); err != nil {
		return nil, err
	}
	if err := w.travel(r.Context()); err != nil {
		return nil, err
	}
	switch out.fault.Lost {
	case Hang:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case Reset:
		return nil, errors.New("connection reset by peer")
	}
	w.heed(out)
	response := &http.Response{StatusCode: out.status, Header: out.header, Body: io.NopCloser(bytes.NewReader(out.body)), Request: r, ContentLength: int64(len(out.body))}
	if out.fault.Lost == Truncated {
		half := io.MultiReader(bytes.NewReader(out.body[:len(out.body)/2]), brokenReader{})
		response.Body = io.NopCloser(half)
	}
	return response, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// travel takes the time of one way.
func (w *Wire) travel(ctx context.Context) error {
	if w.Latency != nil {
		if err := sleep(ctx, w.Latency()); err != nil {
			return err
		}
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.killed {
		return errKilled
	}
	return ctx.Err()
}

func sleep(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// watch counts what GitHub forbids.
func (w *Wire) watch(r *http.Request) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	now := time.Now()
	if early := w.closed.Sub(now); early > 0 {
		w.Server.complain(fmt.Sprintf("%s %s came %s before a limit was over", r.Method, r.URL.Path, early))
	}
	w.sent = append(w.sent, now)
	if n := len(w.sent); n > maxMinute && now.Sub(w.sent[n-1-maxMinute]) < time.Minute {
		w.Server.complain(fmt.Sprintf("more than %d requests in a minute", maxMinute))
	}
}

// heed remembers how long GitHub told the client to wait.
func (w *Wire) heed(out reply) {
	wait, err := strconv.Atoi(out.header.Get("Retry-After"))
	reset, resetErr := strconv.ParseInt(out.header.Get("X-Ratelimit-Reset"), 10, 64)
	until := time.Time{}
	switch {
	case err == nil:
		until = time.Now().Add(time.Duration(wait) * time.Second)
	case resetErr == nil && out.header.Get("X-Ratelimit-Remaining") == "0":
		until = time.Unix(reset, 0).Add(-w.Server.Skew)
	case out.status == http.StatusTooManyRequests || out.status == http.StatusForbidden && bytes.Contains(out.body, []byte("secondary")):
		until = time.Now().Add(time.Minute)
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if until.After(w.closed) {
		w.closed = until
	}
}

func (s *Server) complain(text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.violation("%s", text)
}
