package s3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/edge/outbound"
)

const credentialsHint = "in Actions: run aws-actions/configure-aws-credentials before (with permissions: id-token: write); elsewhere: aws sso login, " +
	"AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"

func noCredentials(ctx context.Context, at blob.Location, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := &blob.Error{Cause: blob.NoCredentials, Where: at.String(), Reason: "there are no credentials for AWS", Hint: credentialsHint, Err: err}
	var answer smithy.APIError
	if errors.As(err, &answer) {
		e.Reason = "the credentials for AWS could not be had: " + answer.ErrorCode()
	}
	return e
}

// What is said of an answer that is none of S3's.
const (
	unread = "the answer cannot be read"
	isItS3 = "is the endpoint a server of S3?"
)

// regionHeader names the region of a bucket in every answer of S3 that comes from another one.
const regionHeader = "X-Amz-Bucket-Region"

// expecting is how S3 names the region in the message of AuthorizationHeaderMalformed.
var expecting = regexp.MustCompile(`expecting '([a-z0-9-]+)'`)

// explain says what went wrong and what to do. Messages of the server are shown nowhere: they repeat key ids and signatures.
func (s *Store) explain(ctx context.Context, key string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e := &blob.Error{Where: s.at.Name(key), Err: err}
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || answer.HTTPStatusCode() == 0 {
		s.explainSilence(e, err)
		return e
	}
	code, message := "", ""
	var api smithy.APIError
	if errors.As(err, &api) {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	status := answer.HTTPStatusCode()
	e.Reason = fmt.Sprintf("%d %s", status, http.StatusText(status))
	if code != "" && code != "Unknown" {
		e.Reason += " (" + code + ")"
	}
	region := ""
	if answer.Response != nil {
		region = answer.Response.Header.Get(regionHeader)
	}
	if found := expecting.FindStringSubmatch(message); region == "" && found != nil {
		region = found[1]
	}
	s.explainStatus(e, status, code, region)
	return e
}

// explainStatus finds the cause of an answer.
func (s *Store) explainStatus(e *blob.Error, status int, code, region string) {
	switch {
	case region != "" && region != s.region && (status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect || status == http.StatusBadRequest):
		e.Cause = blob.Misplaced
		e.Reason = fmt.Sprintf("the bucket is in the region %s, and %s was asked", region, s.region)
		e.Hint = "set AWS_REGION=" + region + ", or s3: {region: " + region + "} in assay.yaml"
	case status == http.StatusMovedPermanently:
		e.Cause, e.Hint = blob.Misplaced, "the bucket is in another region than "+s.region+": set AWS_REGION, or s3: {region: …} in assay.yaml"
	case code == "NoSuchBucket":
		e.Cause, e.Reason, e.Hint = blob.NotFound, "there is no bucket "+s.at.Host, "check the bucket's name and the endpoint"
	case status == http.StatusNotFound:
		e.Cause, e.Hint = blob.NotFound, "check the bucket and the key"
	case code == "ExpiredToken" || code == "RequestExpired" || code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "InvalidToken" || status == http.StatusUnauthorized:
		e.Cause, e.Hint = blob.Denied, "the credentials have run out or are wrong; "+credentialsHint
	case status == http.StatusForbidden:
		e.Cause, e.Hint = blob.Denied, "the credentials need s3:GetObject on the objects and s3:ListBucket on the bucket; without the latter a key that is missing is forbidden too"
	case status == http.StatusPreconditionFailed || status == http.StatusRequestedRangeNotSatisfiable:
		changed := blob.ChangedError(e.Where)
		e.Cause, e.Reason, e.Hint = changed.Cause, changed.Reason, changed.Hint
	case status == http.StatusBadRequest:
		e.Cause, e.Hint = blob.Denied, "the credentials may have run out, or the region "+s.region+" be another's; "+credentialsHint
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		e.Cause, e.Hint = blob.Unreachable, "the store is busy: run again later"
	case status < http.StatusMultipleChoices:
		e.Reason, e.Hint = unread, isItS3
	}
}

// explainSilence finds the cause where no answer came.
func (s *Store) explainSilence(e *blob.Error, err error) {
	var refused *outbound.RefusedError
	var name *net.DNSError
	var network net.Error
	switch {
	case errors.As(err, &refused):
		e.Cause, e.Reason, e.Hint = blob.Refused, refused.Error(), "name another endpoint"
	case errors.As(err, &name) && name.IsNotFound:
		e.Cause, e.Reason, e.Hint = blob.NotFound, "there is no host "+name.Name, "check the region and the endpoint"
	case errors.As(err, &network):
		e.Cause, e.Reason, e.Hint = blob.Unreachable, "no answer came: "+outbound.Plain(network).Error(), "is the endpoint right, and the network up?"
	default:
		e.Reason, e.Hint = unread, isItS3
	}
}
