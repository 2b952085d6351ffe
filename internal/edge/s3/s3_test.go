package s3_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/edge/outbound"
	"github.com/assay-ml/assay/internal/edge/s3"
)

const secret = "hush-hush-hush"

// environment leads to a server, and nowhere else.
func environment(t *testing.T, url string, more ...string) {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "", "AWS_REGION": "us-east-1",
		"AWS_PROFILE": "", "AWS_ENDPOINT_URL_S3": url, "AWS_ENDPOINT_URL": "", "AWS_EC2_METADATA_DISABLED": "true", "HOME": t.TempDir(),
		"AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"),
		"AWS_WEB_IDENTITY_TOKEN_FILE": "", "AWS_ROLE_ARN": ""} {
		t.Setenv(name, value)
	}
	for i := 0; i < len(more); i += 2 {
		t.Setenv(more[i], more[i+1])
	}
}

var place = blob.Location{Scheme: "s3", Host: "bucket", Key: "a.csv"}

// against is a bucket of a server that answers so.
func against(t *testing.T, answer http.HandlerFunc) *s3.Store {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	environment(t, server.URL)
	s, err := s3.Open(t.Context(), place, s3.Options{Guard: outbound.Guard{Loopback: true}})
	require.NoError(t, err)
	return s
}

func failure(status int, code, message string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
	}
}

// The answers are those of Amazon S3 API reference, "Error responses".
func TestEveryRefusalSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		answer       http.HandlerFunc
		cause        blob.Cause
		reason, hint string
	}{
		"another region, by its header":  {failure(301, "PermanentRedirect", "x", "X-Amz-Bucket-Region", "eu-west-1"), blob.Misplaced, "in the region eu-west-1, and us-east-1 was asked", "AWS_REGION=eu-west-1"},
		"another region, by its message": {failure(400, "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong; expecting 'eu-west-1'"), blob.Misplaced, "in the region eu-west-1", "s3: {region: eu-west-1}"},
		"another region, unnamed":        {failure(301, "PermanentRedirect", "x"), blob.Misplaced, "301", "another region than us-east-1"},
		"forbidden":                      {failure(403, "AccessDenied", "x"), blob.Denied, "403 Forbidden (AccessDenied)", "s3:GetObject"},
		"run out":                        {failure(400, "ExpiredToken", "x"), blob.Denied, "ExpiredToken", "have run out"},
		"no bucket":                      {failure(404, "NoSuchBucket", "x"), blob.NotFound, "there is no bucket bucket", "endpoint"},
		"no key":                         {failure(404, "NoSuchKey", "x"), blob.NotFound, "404", "check the bucket and the key"},
		"changed":                        {failure(412, "PreconditionFailed", "x"), blob.Changed, "it changed while it was read", "new name"},
		"busy":                           {failure(503, "SlowDown", "x"), blob.Unreachable, "503 Service Unavailable (SlowDown)", "later"},
		"no S3":                          {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, blob.Unknown, "cannot be read", "is the endpoint a server of S3?"},
	} {
		t.Run(name, func(t *testing.T) {
			s := against(t, c.answer)
			_, err := s.ReadRange(t.Context(), blob.Object{Key: "a.csv", Size: 1, Version: `"v"`}, 0, 1)
			if name == "no S3" {
				_, err = s.List(t.Context(), "")
			}
			var e *blob.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, c.cause, e.Cause, "%v", err)
			require.Contains(t, e.Reason, c.reason)
			require.Contains(t, e.Hint, c.hint)
			require.NotContains(t, err.Error()+e.Hint, secret)
			require.NotContains(t, err.Error()+e.Hint, "AKIDEXAMPLE")
		})
	}
}

func TestHeadsHaveNoBodyToExplainThem(t *testing.T) {
	s := against(t, failure(301, "", "", "X-Amz-Bucket-Region", "ap-south-1"))
	_, err := s.Stat(t.Context(), "a.csv")
	require.Equal(t, blob.Misplaced, blob.CauseOf(err), "%v", err)
	require.ErrorContains(t, err, "ap-south-1")
}

// A server that ignores the condition is found out by the tag of its answer, one that ignores the range by its range.
func TestAnswersAreHeldAgainstTheQuestion(t *testing.T) {
	serve := func(tag, contentRange string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", tag)
			w.Header().Set("Content-Range", contentRange)
			w.WriteHeader(http.StatusPartialContent)
			fmt.Fprint(w, "ab")
		}
	}
	object := blob.Object{Key: "a.csv", Size: 10, Version: `"v"`}
	_, err := against(t, serve(`"w"`, "bytes 2-3/10")).ReadRange(t.Context(), object, 2, 2)
	require.Equal(t, blob.Changed, blob.CauseOf(err))
	_, err = against(t, serve(`"v"`, "bytes 0-1/10")).ReadRange(t.Context(), object, 2, 2)
	require.Equal(t, blob.Unreachable, blob.CauseOf(err))
	body, err := against(t, serve(`"v"`, "bytes 2-3/10")).ReadRange(t.Context(), object, 2, 2)
	require.NoError(t, err)
	require.NoError(t, body.Close())
}

// The tag is an MD5 only where nothing but S3's own key encrypts; a sum of sums is none of the object.
func TestSumsAreThoseOfTheWholeObject(t *testing.T) {
	const tag = `"25f9e794323b453885f5181f1b624d0b"`
	md5 := blob.Sum{Algorithm: "md5", Hex: strings.Trim(tag, `"`)}
	crc := blob.Sum{Algorithm: "crc32", Hex: "cbf43926"}
	for name, c := range map[string]struct {
		header []string
		want   []blob.Sum
	}{
		"plain":       {[]string{"ETag", tag}, []blob.Sum{md5}},
		"AES256":      {[]string{"ETag", tag, "X-Amz-Server-Side-Encryption", "AES256"}, []blob.Sum{md5}},
		"KMS":         {[]string{"ETag", tag, "X-Amz-Server-Side-Encryption", "aws:kms"}, nil},
		"own key":     {[]string{"ETag", tag, "X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256"}, nil},
		"in parts":    {[]string{"ETag", `"25f9e794323b453885f5181f1b624d0b-3"`}, nil},
		"with a CRC":  {[]string{"ETag", tag, "X-Amz-Checksum-Crc32", "y/Q5Jg==", "X-Amz-Checksum-Type", "FULL_OBJECT"}, []blob.Sum{md5, crc}},
		"CRC of CRCs": {[]string{"ETag", tag, "X-Amz-Checksum-Crc32", "y/Q5Jg==", "X-Amz-Checksum-Type", "COMPOSITE"}, []blob.Sum{md5}},
	} {
		t.Run(name, func(t *testing.T) {
			s := against(t, func(w http.ResponseWriter, r *http.Request) {
				require.Equal(t, "ENABLED", r.Header.Get("X-Amz-Checksum-Mode"))
				failure(200, "", "", c.header...)(w, r)
			})
			object, err := s.Stat(t.Context(), "a.csv")
			require.NoError(t, err)
			require.Equal(t, c.want, object.Sums)
		})
	}
}

func TestCredentialsComeFromTheUsualPlaces(t *testing.T) {
	environment(t, "", "AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", "")
	_, err := s3.Open(t.Context(), place, s3.Options{})
	require.Equal(t, blob.NoCredentials, blob.CauseOf(err))
	var e *blob.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, e.Hint, "aws-actions/configure-aws-credentials")

	file := filepath.Join(t.TempDir(), "credentials")
	require.NoError(t, os.WriteFile(file, []byte("[team]\naws_access_key_id = A\naws_secret_access_key = B\n"), 0o600))
	environment(t, "", "AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", "", "AWS_SHARED_CREDENTIALS_FILE", file, "AWS_PROFILE", "team")
	_, err = s3.Open(t.Context(), place, s3.Options{})
	require.NoError(t, err)
	environment(t, "", "AWS_PROFILE", "no-such-profile")
	_, err = s3.Open(t.Context(), place, s3.Options{})
	require.Equal(t, blob.NoCredentials, blob.CauseOf(err))
}

// The variables are those that aws-actions/configure-aws-credentials exports, and those of a web identity; the answers of the token
// service are AWS STS API reference, AssumeRoleWithWebIdentity.
func TestARoleOfOIDC(t *testing.T) {
	var asked string
	status, body := http.StatusOK, `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>
		<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.NoError(t, r.ParseForm())
		asked = r.Form.Get("WebIdentityToken")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	defer server.Close()
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte(secret), 0o600))
	environment(t, "", "AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", "", "AWS_WEB_IDENTITY_TOKEN_FILE", token, "AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r",
		"AWS_ENDPOINT_URL_STS", server.URL)
	_, err := s3.Open(t.Context(), place, s3.Options{})
	require.NoError(t, err)
	require.Equal(t, secret, asked)
	status, body = http.StatusForbidden, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not for `+secret+`</Message></Error></ErrorResponse>`
	_, err = s3.Open(t.Context(), place, s3.Options{})
	require.Equal(t, blob.NoCredentials, blob.CauseOf(err))
	require.ErrorContains(t, err, "could not be had: AccessDenied")
	require.NotContains(t, err.Error(), secret)
}

func TestOptionsStandBeforeTheEnvironment(t *testing.T) {
	var host, region, path string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
		host, region, path = r.Host, strings.Split(scope, "/")[2], r.URL.Path
		w.Header().Set("ETag", `"v"`)
	}))
	defer server.Close()
	environment(t, "http://127.0.0.1:1")
	options := s3.Options{Endpoint: server.URL, Region: "eu-north-1", Guard: outbound.Guard{Loopback: true}}
	s, err := s3.Open(t.Context(), place, options)
	require.NoError(t, err)
	_, err = s.Stat(t.Context(), "a.csv")
	require.NoError(t, err)
	require.Equal(t, []string{strings.TrimPrefix(server.URL, "http://"), "eu-north-1", "/bucket/a.csv"}, []string{host, region, path})
	require.Equal(t, server.URL, s3.Endpoint(options, os.Getenv))
	require.Equal(t, "http://127.0.0.1:1", s3.Endpoint(s3.Options{}, os.Getenv))
}

func TestEndpointsAreGuarded(t *testing.T) {
	for _, endpoint := range []string{"http://169.254.169.254", "https://127.0.0.1:1"} {
		environment(t, "")
		s, err := s3.Open(t.Context(), place, s3.Options{Endpoint: endpoint})
		require.NoError(t, err)
		_, err = s.Stat(t.Context(), "a.csv")
		require.Equal(t, blob.Refused, blob.CauseOf(err), "%v", err)
	}
}

func TestACancelledRequestIsNoOutage(t *testing.T) {
	s := against(t, failure(503, "SlowDown", ""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.List(ctx, "")
	require.ErrorIs(t, err, context.Canceled)
}
