package artifact

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const servicePath = "/twirp/github.actions.results.api.v1.ArtifactService/"

// maxAnswer bounds an answer of the service: it is names and one address.
const maxAnswer = 4 << 20

// refusal is an answer that is no success.
type refusal struct {
	doing   string
	status  int
	message string
}

func (e *refusal) Error() string { return fmt.Sprintf("%s: %d %s", e.doing, e.status, e.message) }

// call asks the service once more where the answer was lost or none could be given: for methods that may be called twice.
func (s *Service) call(ctx context.Context, method string, fields map[string]any, into any) error {
	return again(ctx, func() error { return s.callOnce(ctx, method, fields, into) })
}

// callOnce sends one request. Fields of answers may be in camel case, as protobuf writes JSON, or in snake case: into names them in lower
// case without either.
func (s *Service) callOnce(ctx context.Context, method string, fields map[string]any, into any) error {
	input := map[string]any{"workflow_run_backend_id": s.run.Run, "workflow_job_run_backend_id": s.run.Job}
	for name, value := range fields {
		input[name] = value
	}
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.origin+servicePath+method, bytes.NewReader(body))
	if err != nil {
		return withoutAddress(method, err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/json")
	data, err := s.send(request, method, maxAnswer)
	if err != nil {
		return err
	}
	plain, err := plainKeys(data)
	if err != nil {
		return fmt.Errorf("%s: the answer is not JSON", method)
	}
	return json.Unmarshal(plain, into)
}

// send answers with the body of a success.
func (s *Service) send(request *http.Request, doing string, limit int64) ([]byte, error) {
	response, err := s.http.Do(request)
	if err != nil {
		return nil, withoutAddress(doing, err)
	}
	defer response.Body.Close()
	if response.ContentLength > limit {
		return nil, &TooLargeError{limit}
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: the answer was cut off", doing)
	case response.StatusCode < 200 || response.StatusCode > 299:
		return nil, &refusal{doing, response.StatusCode, http.StatusText(response.StatusCode)} // the body may repeat the address
	case int64(len(data)) > limit:
		return nil, &TooLargeError{limit}
	}
	return data, nil
}

// withoutAddress is an error of the client without the address that it quotes: a signed one is a key.
func withoutAddress(doing string, err error) error {
	var quoting *url.Error
	if errors.As(err, &quoting) {
		err = quoting.Err
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// plainKeys writes the names of fields in lower case and without underscores.
func plainKeys(data []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	return json.Marshal(plain(tree))
}

func plain(node any) any {
	switch node := node.(type) {
	case map[string]any:
		out := make(map[string]any, len(node))
		for name, value := range node {
			out[strings.ToLower(strings.ReplaceAll(name, "_", ""))] = plain(value)
		}
		return out
	case []any:
		for i, value := range node {
			node[i] = plain(value)
		}
	}
	return node
}

// number is a 64-bit number: protobuf writes it as a text in JSON.
type number int64

// UnmarshalJSON reads both forms.
func (n *number) UnmarshalJSON(data []byte) error {
	value, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	*n = number(value)
	return err
}

// attempts bounds how often a request is sent, and firstPause is the wait after the first; it doubles.
const (
	attempts   = 4
	firstPause = time.Second
)

// again repeats what may be sent twice, while nobody knows whether it took effect or the service asks for patience.
func again(ctx context.Context, send func() error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := send()
		if err == nil || try == attempts || !isPassing(err) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
		pause *= 2
	}
}

// isPassing reports an error that the next attempt may not meet.
func isPassing(err error) bool {
	var refused *refusal
	if errors.As(err, &refused) {
		return refused.status == http.StatusTooManyRequests || refused.status > http.StatusInternalServerError // 500 is said of requests that are not understood
	}
	var tooLarge *TooLargeError
	return !errors.As(err, &tooLarge) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// hasStatus reports a refusal with a status.
func hasStatus(err error, statuses ...int) bool {
	var refused *refusal
	if !errors.As(err, &refused) {
		return false
	}
	for _, status := range statuses {
		if refused.status == status {
			return true
		}
	}
	return false
}
