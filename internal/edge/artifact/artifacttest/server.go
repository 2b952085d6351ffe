// Package artifacttest is an artifact service for tests. It is stricter than the real one: an unknown field, another run's identifiers, a
// block that nobody sent, a wrong size or hash are refused, and each is a violation that a test asserts there is none of.
package artifacttest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// The run that the service belongs to.
const (
	Run = "ce7f54c7-61c7-4aae-887f-30da475f5f1a"
	Job = "ca395085-040a-526b-2ce8-bdc85f692774"
	// Signature makes an address of the service a key: no log may hold it.
	Signature = "c2lnbmF0dXJl-s3cret"
)

// Token is one whose claims name the run.
func Token() string { return TokenFor("Actions.Example Actions.Results:" + Run + ":" + Job) }

// TokenFor is a token with a scope.
func TokenFor(scope string) string {
	claims, err := json.Marshal(map[string]string{"scp": scope})
	if err != nil {
		panic(err)
	}
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(`{"alg":"none"}`)) + "." + part(claims) + "." + part([]byte("runtime-s3cret"))
}

// Artifact is one that was uploaded.
type Artifact struct {
	ID       int64
	Name     string
	MIME     string // "" for a zip
	Version  int
	Data     []byte
	Finished bool

	blocks map[string][]byte
}

// Server is the service of one run, and the store of its blobs.
type Server struct {
	// Camel makes answers use camel case, as protobuf writes JSON.
	Camel bool
	// NoTypes makes it refuse a MIME type as a field that it does not know, as older services do.
	NoTypes bool
	// Fail is asked before each request for the status to answer with instead, 0 for none, and whether the request takes effect
	// all the same.
	Fail func(*http.Request) (status int, applies bool)

	mutex      sync.Mutex
	artifacts  []*Artifact
	violations []string
	requests   []string
	last       int64
	host       string // by which it was reached
}

// RoundTrip answers without a network, for tests whose clock is not the world's.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, r)
	response := recorder.Result()
	response.Request = r
	return response, nil
}

// Artifacts are those that are finished.
func (s *Server) Artifacts() []Artifact {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var all []Artifact
	for _, a := range s.artifacts {
		if a.Finished {
			all = append(all, *a)
		}
	}
	return all
}

// Violations are the rules that requests broke.
func (s *Server) Violations() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]string(nil), s.violations...)
}

// Requests are the methods that were called, and "PUT" with what the store was asked.
func (s *Server) Requests() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]string(nil), s.requests...)
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.host = r.Host
	method, isCall := strings.CutPrefix(r.URL.Path, "/twirp/github.actions.results.api.v1.ArtifactService/")
	if isCall {
		s.requests = append(s.requests, method)
	} else {
		s.requests = append(s.requests, r.Method+" "+r.URL.Query().Get("comp"))
	}
	fault, applies := 0, false
	if s.Fail != nil {
		fault, applies = s.Fail(r)
	}
	if fault != 0 && !applies {
		w.WriteHeader(fault)
		return
	}
	var status int
	var answer []byte
	if isCall {
		status, answer = s.call(method, r)
	} else {
		status, answer = s.store(r)
	}
	if fault != 0 {
		status, answer = fault, nil
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func (s *Server) refuse(status int, format string, args ...any) (int, []byte) {
	if status != http.StatusConflict && status != http.StatusNotFound {
		s.violations = append(s.violations, fmt.Sprintf(format, args...))
	}
	return status, fmt.Appendf(nil, `{"code":"refused","msg":"sig=%s"}`, Signature)
}

// find is the artifact of a name, or nil.
func (s *Server) find(name string, finished bool) *Artifact {
	for _, a := range s.artifacts {
		if a.Name == name && (a.Finished || !finished) {
			return a
		}
	}
	return nil
}

// store is Azure's: a blob is made of blocks, and their list.
func (s *Server) store(r *http.Request) (int, []byte) {
	query := r.URL.Query()
	name, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(r.URL.Path, "/blob/"))
	artifact := s.find(string(name), false)
	if err != nil || artifact == nil {
		return s.refuse(http.StatusNotFound, "no blob at %s", r.URL.Path)
	}
	if query.Get("sig") != Signature || r.Header.Get("Authorization") != "" {
		return s.refuse(http.StatusForbidden, "%s: a signed address goes as it is, and without the token", r.URL.Path)
	}
	if r.Method == http.MethodGet {
		return http.StatusOK, artifact.Data
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return s.refuse(http.StatusBadRequest, "%v", err)
	}
	switch query.Get("comp") {
	case "block":
		return s.storeBlock(artifact, query.Get("blockid"), body)
	case "blocklist":
		return s.storeList(artifact, body, r.Header.Get("X-Ms-Blob-Content-Type"))
	}
	return s.refuse(http.StatusBadRequest, "a blob is put in blocks")
}
