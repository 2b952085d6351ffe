package mlflow

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/assay-ml/assay/internal/edge/outbound"
)

// client speaks MLflow's REST protocol with one server.
type client struct {
	root  string // address before the path of a call
	shown string // the server's address, as it may be shown
	auth  string // the header Authorization, "" for none
	http  *http.Client
	pause time.Duration // before the first repetition
}

// The limits of a call.
const (
	callLimit = 60 * time.Second
	maxAnswer = 64 << 20 // bytes
	tries     = 4        // of a call that may be repeated
)

// Options say where the server is and how it is spoken to.
type Options struct {
	// Getenv finds what MLflow's own tools read: MLFLOW_TRACKING_URI, MLFLOW_TRACKING_USERNAME and _PASSWORD, MLFLOW_TRACKING_TOKEN.
	Getenv func(string) string
	Guard  outbound.Guard
	Pause  time.Duration // before a call is repeated, doubled each time; 0 for half a second
}

func newClient(options Options) (*client, error) {
	const hint = "set MLFLOW_TRACKING_URI to the address of an MLflow server, such as https://mlflow.example.com"
	text := options.Getenv("MLFLOW_TRACKING_URI")
	if text == "" {
		return nil, &Error{Doing: "find the MLflow server", Reason: "nobody says where it is", Hint: hint}
	}
	at, err := url.Parse(text)
	if err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" {
		return nil, &Error{Doing: "find the MLflow server", Reason: "MLFLOW_TRACKING_URI is no address of a web server", Hint: hint}
	}
	c := &client{auth: authorization(at.User, options.Getenv), pause: cmp.Or(options.Pause, 500*time.Millisecond),
		http: &http.Client{Transport: outbound.Transport(options.Guard), CheckRedirect: stay, Timeout: callLimit}}
	c.shown = at.Scheme + "://" + at.Host
	c.root = c.shown + strings.TrimSuffix(at.EscapedPath(), "/") + "/api/2.0/mlflow/"
	return c, nil
}

// authorization is what the server is shown. A name and password stand before a token, as in MLflow's own client, and what the
// environment says before what the address holds.
func authorization(inAddress *url.Userinfo, getenv func(string) string) string {
	name, password := getenv("MLFLOW_TRACKING_USERNAME"), getenv("MLFLOW_TRACKING_PASSWORD")
	if name == "" && inAddress != nil {
		name = inAddress.Username()
		password, _ = inAddress.Password()
	}
	if name != "" {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
	}
	if token := getenv("MLFLOW_TRACKING_TOKEN"); token != "" {
		return "Bearer " + token
	}
	return ""
}

// stay follows no redirect: the credentials are for this server, and a POST that is redirected becomes a GET.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// get asks for something.
func (c *client) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.repeat(ctx, call{method: http.MethodGet, path: path + "?" + query.Encode(), out: out})
}

// set changes something to a value: saying it twice is the same as once.
func (c *client) set(ctx context.Context, method, path string, body any) error {
	return c.repeat(ctx, call{method: method, path: path, body: body})
}

// create makes something new, and is sent once: after a lost answer nobody knows what a second one would make.
func (c *client) create(ctx context.Context, path string, body, out any) error {
	return c.once(ctx, call{method: http.MethodPost, path: path, body: body, out: out})
}

type call struct {
	method, path string
	body, out    any
}

// repeat makes a call again while the server is away or busy.
func (c *client) repeat(ctx context.Context, what call) error {
	pause := c.pause
	for try := 1; ; try++ {
		err := c.once(ctx, what)
		if try == tries || !isPassing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// isPassing reports whether an error may be gone a moment later.
func isPassing(err error) bool {
	var e *Error
	return errors.As(err, &e) && (e.Status == http.StatusTooManyRequests || e.Status >= http.StatusInternalServerError || e.Status == 0 && e.isSilence)
}

// once makes a call.
func (c *client) once(ctx context.Context, what call) error {
	var body io.Reader
	if what.body != nil {
		data, err := json.Marshal(what.body)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, what.method, c.root+what.path, body)
	if err != nil {
		return c.silence(ctx, what, err)
	}
	request.Header.Set("Content-Type", "application/json")
	if c.auth != "" {
		request.Header.Set("Authorization", c.auth)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return c.silence(ctx, what, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return c.silence(ctx, what, err)
	}
	if answer.StatusCode != http.StatusOK {
		return c.refusal(what, answer.StatusCode, data)
	}
	if what.out != nil && json.Unmarshal(data, what.out) != nil {
		return &Error{Doing: what.name(c), Reason: "the answer cannot be read", Hint: isItMLflow}
	}
	return nil
}

// name is what a call does, for errors: its query may hold anything.
func (w call) name(c *client) string {
	path, _, _ := strings.Cut(w.path, "?")
	return fmt.Sprintf("%s: %s", c.shown, path)
}

// Error is what went wrong with a server.
type Error struct {
	Doing  string // the server and the call
	Status int    // of the answer; 0 where none came
	Code   string // MLflow's word for it
	Reason string
	Hint   string // what to do about it
	Err    error

	isSilence bool // no answer came
}

func (e *Error) Error() string {
	text := e.Doing + ": " + e.Reason
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

const isItMLflow = "is MLFLOW_TRACKING_URI the address of an MLflow server, and of its root?"

// maxMessage bounds what is shown of a server's own words.
const maxMessage = 300 // bytes

// refusal says what an answer means. Those of proxies and of MLflow's own authentication are no JSON.
func (c *client) refusal(what call, status int, data []byte) error {
	e := &Error{Doing: what.name(c), Status: status, Reason: fmt.Sprintf("%d %s", status, http.StatusText(status))}
	var said struct {
		Code    string `json:"error_code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(data, &said) == nil && said.Code != "" {
		e.Code = said.Code
		e.Reason += fmt.Sprintf(" (%s: %s)", said.Code, strings.ToValidUTF8(said.Message[:min(len(said.Message), maxMessage)], ""))
	}
	switch {
	case status == http.StatusUnauthorized:
		e.Hint = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
	case status == http.StatusForbidden:
		e.Hint = "the user may not do this, or the server does not go by this name: see its --allowed-hosts"
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		e.Hint = "redirects are not followed: set MLFLOW_TRACKING_URI to where the server is"
	case status == http.StatusNotFound && e.Code == "":
		e.Hint = isItMLflow
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		e.Hint = "the server is busy or broken: run again later"
	}
	return e
}

// silence says what kept a call from its answer.
func (c *client) silence(ctx context.Context, what call, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var refused *outbound.RefusedError
	var name *net.DNSError
	e := &Error{Doing: what.name(c), Err: err}
	switch {
	case errors.As(err, &refused):
		e.Reason, e.Hint = refused.Error(), "set MLFLOW_TRACKING_URI to another address"
	case errors.As(err, &name) && name.IsNotFound:
		e.Reason, e.Hint = "there is no host of that name", "check MLFLOW_TRACKING_URI"
	default:
		e.Reason, e.Hint, e.isSilence = "no answer came: "+outbound.Plain(err).Error(), "is the server up?", true
	}
	return e
}

// isAbsent reports that what was asked for is not there, and that it was MLflow who said so.
func isAbsent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == "RESOURCE_DOES_NOT_EXIST"
}

// isRefused reports that a server answered and did not do what it was told.
func isRefused(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status >= http.StatusMultipleChoices && e.Status < http.StatusInternalServerError
}
