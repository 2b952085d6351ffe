// Package s3test starts real S3 servers for tests, and writes into them. It counts what the servers send.
package s3test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/assay-ml/assay/internal/edge/servertest"
)

// The credentials that the servers take.
const (
	accessKey = "ASSAYTESTKEY"
	secretKey = "assay-test-secret"
	region    = "us-east-1"
)

// Bucket is there on every server.
const Bucket = "bucket"

// Server is a real server behind a proxy that counts.
type Server struct {
	URL    string
	Gets   atomic.Int64 // requests for the content of objects
	Bytes  atomic.Int64 // of that content
	client *s3.Client
}

// Each runs a test on each of the servers: moto's, from the environment of ASSAY_PEERS_PYTHON, and versitygw, from the PATH.
func Each(t *testing.T, test func(t *testing.T, s *Server)) {
	python := os.Getenv("ASSAY_PEERS_PYTHON")
	require.NotEmpty(t, python, "set ASSAY_PEERS_PYTHON to the python of .ci/venv")
	t.Run("moto", func(t *testing.T) {
		port := servertest.FreePort(t)
		test(t, start(t, port, "Running on", filepath.Join(filepath.Dir(python), "moto_server"), "-H", "127.0.0.1", "-p", port))
	})
	t.Run("versitygw", func(t *testing.T) {
		port := servertest.FreePort(t)
		test(t, start(t, port, "http://127.0.0.1:"+port, "versitygw", "--access", accessKey, "--secret", secretKey, "--port", "127.0.0.1:"+port, "posix", t.TempDir()))
	})
}

// start starts a server, waits until it says ready, and makes the bucket. The environment then leads to it.
func start(t *testing.T, port, ready string, name string, args ...string) *Server {
	servertest.Start(t, ready, nil, name, args...)
	s := &Server{}
	front := httptest.NewServer(s.proxy("http://127.0.0.1:" + port))
	t.Cleanup(front.Close)
	s.URL = front.URL
	s.client = s3.New(s3.Options{BaseEndpoint: &s.URL, Region: region, UsePathStyle: true, RetryMaxAttempts: 10,
		Credentials: credentials.NewStaticCredentialsProvider(accessKey, secretKey, "")})
	_, err := s.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(Bucket)})
	require.NoError(t, err)
	for _, entry := range s.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	return s
}

// Environ leads a program to the server.
func (s *Server) Environ() []string {
	return []string{"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey, "AWS_SESSION_TOKEN=", "AWS_REGION=" + region,
		"AWS_ENDPOINT_URL_S3=" + s.URL, "AWS_EC2_METADATA_DISABLED=true"}
}

// proxy passes requests on and counts the answers to those for the content of objects.
func (s *Server) proxy(to string) http.Handler {
	target, _ := url.Parse(to)
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { // the host stays: it is signed
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
		},
		ModifyResponse: func(answer *http.Response) error {
			if r := answer.Request; r.Method == http.MethodGet && !r.URL.Query().Has("list-type") {
				s.Gets.Add(1)
				answer.Body = counted{answer.Body, &s.Bytes}
			}
			return nil
		},
	}
}

type counted struct {
	io.ReadCloser
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

// Put writes an object.
func (s *Server) Put(t *testing.T, key string, content []byte) {
	_, err := s.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(Bucket), Key: &key, Body: bytes.NewReader(content)})
	require.NoError(t, err)
}
