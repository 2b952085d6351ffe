// Package https is the edge to files on web servers: one address, one file, read in ranges where the server can.
package https

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/edge/outbound"
)

// Store is one server. It implements blob.Store, but lists nothing.
type Store struct {
	at     blob.Location
	client *http.Client
}

// maxRedirects bounds how often one request is sent elsewhere.
const maxRedirects = 5

// New is the server of a location. It sends nothing.
func New(at blob.Location, guard outbound.Guard) *Store {
	return &Store{at: at, client: &http.Client{Transport: outbound.Transport(guard), CheckRedirect: follow}}
}

// follow follows few redirects, and none from https to http.
func follow(next *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return &outbound.RefusedError{Address: next.URL.Hostname(), Why: fmt.Sprintf("it is the end of more than %d redirects", maxRedirects)}
	case next.URL.Scheme != "https" && via[0].URL.Scheme == "https":
		return &outbound.RefusedError{Address: next.URL.Hostname(), Why: "the redirect leaves https"}
	}
	return nil
}

// List refuses: web servers have no listing that can be relied on.
func (s *Store) List(_ context.Context, prefix string) ([]blob.Object, error) {
	return nil, &blob.Error{Cause: blob.Refused, Where: s.at.Name(prefix), Reason: "web servers list no files", Hint: "name one file"}
}

// Stat asks for the first byte: servers that answer HEAD differently from GET are many, and an address may be signed for GET
// alone. An empty file is described by its refusal of that range.
func (s *Store) Stat(ctx context.Context, key string) (blob.Object, error) {
	answer, err := s.get(ctx, key, 0, 1, "")
	if err != nil {
		return blob.Object{}, err
	}
	defer answer.Body.Close()
	object := blob.Object{Key: key, Size: answer.ContentLength, Whole: true, Version: version(answer.Header)}
	switch answer.StatusCode {
	case http.StatusPartialContent:
		object.Size, object.Whole = total(answer.Header.Get("Content-Range")), false
	case http.StatusRequestedRangeNotSatisfiable:
		object.Size = total(answer.Header.Get("Content-Range"))
	case http.StatusOK:
	default:
		return blob.Object{}, s.refusal(key, answer)
	}
	if object.Size < 0 {
		return blob.Object{}, &blob.Error{Cause: blob.Refused, Where: s.at.Name(key), Reason: "the server does not say how long the file is",
			Hint: "serve it with a Content-Length"}
	}
	return object, nil
}

// total is the length of the file that a Content-Range speaks of, -1 where it says none.
func total(contentRange string) int64 {
	_, text, _ := strings.Cut(contentRange, "/")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// version is the entity tag, or the time of the last change; a weak tag is still one that changes.
func version(header http.Header) string {
	if tag := header.Get("ETag"); tag != "" {
		return tag
	}
	return header.Get("Last-Modified")
}

// ReadRange reads a part of the file, or the whole of it where the server knows no ranges.
func (s *Store) ReadRange(ctx context.Context, object blob.Object, offset, length int64) (io.ReadCloser, error) {
	answer, err := s.get(ctx, object.Key, offset, length, object.Version)
	if err != nil {
		return nil, err
	}
	switch {
	case answer.StatusCode == http.StatusPreconditionFailed, answer.StatusCode == http.StatusRequestedRangeNotSatisfiable,
		isRead(answer) && version(answer.Header) != object.Version:
		err = blob.ChangedError(s.at.Name(object.Key))
	case answer.StatusCode == http.StatusPartialContent && strings.HasPrefix(answer.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, object.Size)):
		return answer.Body, nil
	case answer.StatusCode == http.StatusOK && offset == 0 && length == object.Size:
		return answer.Body, nil
	case isRead(answer):
		err = &blob.Error{Cause: blob.Unreachable, Where: s.at.Name(object.Key), Reason: "the server gave another range than it was asked for"}
	default:
		err = s.refusal(object.Key, answer)
	}
	answer.Body.Close()
	return nil, err
}

func isRead(answer *http.Response) bool {
	return answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusPartialContent
}

// get sends a request for a range.
func (s *Store) get(ctx context.Context, key string, offset, length int64, version string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.at.Scheme+"://"+s.at.Host+key, nil)
	if err != nil {
		return nil, &blob.Error{Cause: blob.Refused, Where: s.at.Name(key), Reason: "the address cannot be read"}
	}
	request.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	if strings.HasPrefix(version, `"`) { // weak tags never match
		request.Header.Set("If-Match", version)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, s.failure(ctx, key, err)
	}
	return answer, nil
}

// failure says what kept a request from its answer.
func (s *Store) failure(ctx context.Context, key string, err error) error {
	var refused *outbound.RefusedError
	var name *net.DNSError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &refused):
		return &blob.Error{Cause: blob.Refused, Where: s.at.Name(key), Reason: refused.Error(), Hint: "name another address", Err: err}
	case errors.As(err, &name) && name.IsNotFound:
		return &blob.Error{Cause: blob.NotFound, Where: s.at.Name(key), Reason: "there is no host of that name", Hint: "check the address", Err: err}
	}
	return &blob.Error{Cause: blob.Unreachable, Where: s.at.Name(key), Reason: outbound.Plain(err).Error(), Hint: "is the server up, and its certificate right?", Err: err}
}

// refusal says what a status means.
func (s *Store) refusal(key string, answer *http.Response) error {
	e := &blob.Error{Where: s.at.Name(key), Reason: fmt.Sprintf("%d %s", answer.StatusCode, http.StatusText(answer.StatusCode))}
	switch code := answer.StatusCode; {
	case code == http.StatusNotFound || code == http.StatusGone:
		e.Cause, e.Hint = blob.NotFound, "check the address"
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		e.Cause, e.Hint = blob.Denied, "the file must be public, or its address signed and not run out"
	case code == http.StatusTooManyRequests || code >= http.StatusInternalServerError:
		e.Cause, e.Hint = blob.Unreachable, "the server is busy or broken: run again later"
	}
	return e
}
