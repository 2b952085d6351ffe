// Package githubtest is a GitHub for tests. It holds every request and every answer against GitHub's own description of
// its API, adds the rules that the description leaves out, and keeps what it was given, so that a test asserts what a
// person would see in the end.
package githubtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// App is who a token speaks for, and what it may do.
type App struct {
	ID       int64
	Login    string
	Checks   bool // checks: write
	Comments bool // pull-requests: write
	Statuses bool // statuses: write
	Issues   bool // issues: write
	Contents bool // contents: write
	Actions  bool // actions: write
	Members  bool // members: read of the organization
}

// Comment is a comment of a pull request.
type Comment struct {
	ID     int64
	Pull   int
	Author string
	Editor string // who changed it last, "" where nobody did
	Body   string
	Edits  int

	Revisions   []string // all bodies so far, the oldest first
	IsMinimized bool
}

// Issue is an issue of the repository.
type Issue struct {
	Number    int64
	Author    string
	Title     string
	Body      string
	State     string // open or closed
	Reason    string // for which it was closed
	Revisions []string
}

// Status is a commit status.
type Status struct{ SHA, Context, State, Description, TargetURL string }

// CheckRun is a check run.
type CheckRun struct {
	ID          int64
	App         int64
	Name        string
	HeadSHA     string
	Status      string
	Conclusion  string
	ExternalID  string
	Title       string
	Summary     string
	Text        string
	Annotations []map[string]any
	Updates     int
	Conclusions []string // all that it ever had
}

// State is what a person would see, and what was asked to get there.
type State struct {
	Comments   []Comment
	CheckRuns  []CheckRun
	Issues     []Issue
	Statuses   []Status // the oldest first
	Head       string   // of the pull requests
	Made       []string // the bodies of all comments that requests made; one that is delivered twice counts once
	Requests   []string // method and path
	Violations []string // of the API's description or rules
}

// Server is a GitHub with one repository, owner/repo.
type Server struct {
	*httptest.Server
	// Fail is asked before each request; nil for none. It is set before the first one.
	Fail func(*http.Request) *Fault
	// Skew is how far GitHub's clock is ahead of ours.
	Skew time.Duration

	router      routers.Router
	kinds       openapi3.Schemas // the types of GitHub's description
	history     History
	release     Release
	location    string // where the answer leads
	mutex       sync.Mutex
	tokens      map[string]App
	state       State
	nextID      int64
	lastIssue   int64
	commits     []Commit
	reviews     []Review
	permissions map[string]string           // by login
	isRepeat    bool                        // a request is being delivered again
	rules       map[string][]map[string]any // by branch
	refs        map[string]string           // full name → object
	objects     map[string]object           // of tags and blobs, by name
}

// New starts a server that knows these tokens. Close ends it.
func New(tokens map[string]App) (*Server, error) {
	s, err := NewOffline(tokens)
	if err == nil {
		s.Server = httptest.NewServer(s)
	}
	return s, err
}

// NewOffline is a server without a network, for tests whose clock is not the world's: a Wire reaches it. It needs no Close.
func NewOffline(tokens map[string]App) (*Server, error) {
	known, err := description()
	if err != nil {
		return nil, err
	}
	offline := &httptest.Server{URL: "http://github.test"}
	return &Server{Server: offline, router: known.router, kinds: known.kinds, tokens: tokens, nextID: 3_000_000_000}, nil // more than 32 bits hold, as on GitHub
}

// described is GitHub's own description of its API.
type described struct {
	router routers.Router
	kinds  openapi3.Schemas
}

// description reads it, once.
var description = sync.OnceValues(func() (described, error) {
	_, here, _, _ := runtime.Caller(0)
	path := filepath.Join(filepath.Dir(here), "../../../../testdata/openapi/github.json")
	document, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return described{}, fmt.Errorf("read GitHub's description: %w", err)
	}
	document.Servers = nil // routes by path alone
	router, err := gorillamux.NewRouter(document)
	return described{router, document.Components.Schemas}, err
})

// State is a copy of what there is now.
func (s *Server) State() State {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	data, err := json.Marshal(s.state)
	if err != nil {
		panic(err)
	}
	var copied State
	if err := json.Unmarshal(data, &copied); err != nil {
		panic(err)
	}
	return copied
}

// AddComments writes comments as somebody.
func (s *Server) AddComments(pull int, author string, bodies ...string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, body := range bodies {
		s.state.Comments = append(s.state.Comments, newComment(s.id(), pull, author, body))
	}
}

// ChangeComments is somebody who writes something else into all comments.
func (s *Server) ChangeComments(by, body string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i := range s.state.Comments {
		s.state.Comments[i].Editor, s.state.Comments[i].Body = by, body
	}
}

// DeleteComments is a person who takes away all comments.
func (s *Server) DeleteComments() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.state.Comments = nil
}

func (s *Server) id() int64 {
	s.nextID++
	return s.nextID
}

// refusal is an answer that is no success.
type refusal struct {
	status  int
	message string
}

func (e refusal) Error() string { return e.message }

// SetHead moves the pull requests on to a commit.
func (s *Server) SetHead(sha string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.state.Head = sha
}

// answer is status and body for a request, both held against the description.
func (s *Server) answer(r *http.Request, body []byte) (int, []byte) {
	s.location = ""
	if strings.HasPrefix(r.URL.Path, blobPath) {
		return s.blob(r)
	}
	app, ok := s.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		return http.StatusUnauthorized, message("Bad credentials")
	}
	if r.URL.Path == "/graphql" {
		return s.graph(app, body)
	}
	input, err := s.check(r, body)
	if err != nil {
		s.violation("%s %s: %v", r.Method, r.URL.Path, err)
		return http.StatusUnprocessableEntity, message(err.Error())
	}
	status, value, err := s.serve(app, r, body, input.PathParams)
	if err != nil {
		var refused refusal
		if !errors.As(err, &refused) {
			refused = refusal{http.StatusUnprocessableEntity, err.Error()}
			s.violation("%s %s: %v", r.Method, r.URL.Path, err)
		}
		return refused.status, message(refused.message)
	}
	if to, isMoved := value.(moved); isMoved {
		s.location, value = to.to, nil
	}
	answer, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	if value == nil { // 204, 302
		answer = nil
	}
	s.checkAnswer(input, status, answer)
	return status, answer
}

func (s *Server) violation(format string, args ...any) {
	s.state.Violations = append(s.state.Violations, fmt.Sprintf(format, args...))
}

func message(text string) []byte {
	data, err := json.Marshal(map[string]string{"message": text, "documentation_url": "https://docs.github.com/rest"})
	if err != nil {
		panic(err)
	}
	return data
}

// check holds a request against the description.
func (s *Server) check(r *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	r = forRouter(r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	route, parameters, err := s.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		return nil, err
	}
	return input, unknownFields(route, body)
}

// unknownFields refuses what the description does not name: GitHub ignores it in silence, so it is a mistake of ours.
func unknownFields(route *routers.Route, body []byte) error {
	if route.Operation.RequestBody == nil {
		return nil
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		return err
	}
	known := map[string]bool{}
	var collect func(schema *openapi3.Schema)
	collect = func(schema *openapi3.Schema) {
		for name := range schema.Properties {
			known[name] = true
		}
		for _, group := range []openapi3.SchemaRefs{schema.OneOf, schema.AnyOf, schema.AllOf} {
			for _, part := range group {
				collect(part.Value)
			}
		}
	}
	collect(route.Operation.RequestBody.Value.Content.Get("application/json").Schema.Value)
	for name := range fields {
		if !known[name] {
			return fmt.Errorf("the API knows no field %q", name)
		}
	}
	return nil
}

// checkAnswer makes sure that we answer as GitHub would.
func (s *Server) checkAnswer(input *openapi3filter.RequestValidationInput, status int, answer []byte) {
	response := &openapi3filter.ResponseValidationInput{RequestValidationInput: input, Status: status,
		Header: http.Header{"Content-Type": {"application/json"}, "Location": {s.location}}, Options: &openapi3filter.Options{IncludeResponseStatus: true}}
	response.SetBodyBytes(answer)
	if err := openapi3filter.ValidateResponse(context.Background(), response); err != nil {
		s.violation("the fake's own answer to %s %s: %v", input.Request.Method, input.Request.URL.Path, err)
	}
}
