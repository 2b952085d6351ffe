package sagemaker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/assay-ml/assay/internal/edge/outbound"
)

// messageOf is a server's code and message, "" where it gave none.
func messageOf(err error) (code, message string) {
	var answer smithy.APIError
	if errors.As(err, &answer) {
		return answer.ErrorCode(), answer.ErrorMessage()
	}
	return "", ""
}

// isAbsent reports that a group is not there. SageMaker has no code of its own for that.
func isAbsent(err error) bool {
	code, message := messageOf(err)
	return code == "ResourceNotFound" || code == "ValidationException" && strings.Contains(message, "does not exist")
}

// isThere reports that somebody else made a group of this name.
func isThere(err error) bool {
	_, message := messageOf(err)
	return strings.Contains(message, "already exists")
}

// isRefused reports that SageMaker answered, and did not do what it was told.
func isRefused(err error) bool {
	var answer *awshttp.ResponseError
	return errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusBadRequest && answer.HTTPStatusCode() < http.StatusInternalServerError
}

// Error is what went wrong with SageMaker.
type Error struct {
	Doing, Reason, Hint string
	Err                 error
}

func (e *Error) Error() string {
	text := "SageMaker: " + e.Doing + ": " + e.Reason
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// explain says what went wrong and what to do. Messages of the server are not shown: they repeat key ids and accounts.
func explain(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := &Error{Doing: doing, Reason: "no answer came", Hint: "are AWS_REGION and the endpoint right, and the network up?", Err: err}
	var refused *outbound.RefusedError
	var answer *awshttp.ResponseError
	switch {
	case errors.As(err, &refused):
		e.Reason, e.Hint = refused.Error(), "name another endpoint"
	case errors.As(err, &answer) && answer.HTTPStatusCode() != 0:
		code, _ := messageOf(err)
		e.Reason, e.Hint = fmt.Sprintf("%d %s", answer.HTTPStatusCode(), code), hintOf(answer.HTTPStatusCode(), code)
	}
	return e
}

func hintOf(status int, code string) string {
	switch {
	case code == "AccessDeniedException" || status == http.StatusForbidden:
		return "the credentials need sagemaker:CreateModelPackageGroup, DescribeModelPackageGroup, ListModelPackageGroups, CreateModelPackage, DescribeModelPackage, " +
			"ListModelPackages, UpdateModelPackage, AddTags and ListTags"
	case code == "ExpiredTokenException" || code == "UnrecognizedClientException" || status == http.StatusUnauthorized:
		return "the credentials have run out or are wrong"
	case status == http.StatusTooManyRequests || code == "ThrottlingException" || status >= http.StatusInternalServerError:
		return "SageMaker is busy: run again later"
	}
	return ""
}
