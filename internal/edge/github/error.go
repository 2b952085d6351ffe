package github

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/go-github/v62/github"
)

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

var (
	// ErrTooLong says that GitHub takes no text of this length.
	ErrTooLong = errors.New("the text is too long for GitHub")
	// errGone says that what was to be changed is not there any more.
	errGone = errors.New("it is not there any more")
)

// apiError is an error as people read it, without secrets.
type apiError struct {
	text  string
	cause error // what Is and As may find
}

func (e *apiError) Error() string { return e.text }
func (e *apiError) Unwrap() error { return e.cause }

// explain says what was being done, which request it was, and which permission lacks; no secret stands in it.
func (c *Client) explain(a action, err error) error {
	if err == nil {
		return nil
	}
	text := fmt.Sprintf("%s: %v", a.doing, err)
	var answered *github.ErrorResponse
	status := 0
	if errors.As(err, &answered) {
		status = answered.Response.StatusCode
		text += " (request " + or(answered.Response.Header.Get(requestIDHeader), "without an id") + ")"
	}
	clean := &apiError{Redact(text, c.options.Token), err}
	switch {
	case status == http.StatusUnprocessableEntity && isAboutLength(answered):
		clean.cause = ErrTooLong
	case status == http.StatusNotFound && answered.Response.Request.Method != http.MethodPost:
		clean.cause = errGone
	case isForbidden(err, status):
		return &PermissionError{Doing: a.doing, Permission: a.permission, Err: clean}
	}
	return clean
}

// isForbidden reports a refusal for want of a permission. What a token may not see is "not found".
func isForbidden(err error, status int) bool {
	var graph *graphError
	return status == http.StatusForbidden || status == http.StatusNotFound || errors.As(err, &graph) && graph.kind == "FORBIDDEN"
}

// isAboutLength knows both ways in which GitHub says that a text is too long: "Body is too long (maximum is 65536
// characters)" and "Only 65535 characters are allowed".
func isAboutLength(answered *github.ErrorResponse) bool {
	text := answered.Message
	for _, detail := range answered.Errors {
		text += " " + detail.Message
	}
	return strings.Contains(text, "too long") || strings.Contains(text, "characters are allowed")
}

// signed are the parameters that make an address a key: those of Azure's and Amazon's stores, and tokens.
var signed = regexp.MustCompile(`(?i)([?&](?:sig|signature|token|access_token|jwt|x-amz-signature|x-amz-credential|x-amz-security-token)=)[^&\s"']+`)

// Redact takes secrets, and the signatures of signed addresses, out of a text for a log.
func Redact(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return signed.ReplaceAllString(text, "${1}***")
}
