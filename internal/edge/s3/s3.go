// Package s3 is the edge to object stores that speak the protocol of Amazon S3.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/logging"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/assay-ml/assay/internal/data/blob"
	"github.com/assay-ml/assay/internal/edge/outbound"
)

// Options say where the servers are. What they leave out comes from the environment and the files of AWS's own tools:
// AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_PROFILE, and the credentials.
type Options struct {
	Region    string
	Endpoint  string
	PathStyle bool // the bucket stands in the path; always so where there is an endpoint of one's own
	Guard     outbound.Guard
}

// usualRegion is asked where nobody names one; it knows where every bucket is.
const usualRegion = "us-east-1"

// Store is one bucket. It implements blob.Keeper.
type Store struct {
	at     blob.Location
	client *s3.Client
	region string
}

// Open finds credentials for a bucket by AWS's default chain. No error shows them.
func Open(ctx context.Context, at blob.Location, options Options) (*Store, error) {
	loaded, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}), config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	if err != nil {
		return nil, &blob.Error{Cause: blob.NoCredentials, Where: at.String(), Reason: "the configuration of AWS cannot be read", Hint: "check AWS_PROFILE, ~/.aws/config and ~/.aws/credentials", Err: err}
	}
	if _, err := loaded.Credentials.Retrieve(ctx); err != nil {
		return nil, noCredentials(ctx, at, err)
	}
	s := &Store{at: at, region: firstOf(options.Region, loaded.Region, usualRegion)}
	s.client = s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.Region = s.region
		if options.Endpoint != "" {
			o.BaseEndpoint = &options.Endpoint
		}
		o.UsePathStyle = options.PathStyle || o.BaseEndpoint != nil
		o.HTTPClient = &http.Client{Transport: outbound.Transport(options.Guard), CheckRedirect: stay}
		o.DisableLogOutputChecksumValidationSkipped = true // ranges have no checksum of their own: the whole is checked
	})
	return s, nil
}

// Endpoint is the address of the servers that the options and the environment name, "" for Amazon's own.
func Endpoint(options Options, getenv func(string) string) string {
	return firstOf(options.Endpoint, getenv("AWS_ENDPOINT_URL_S3"), getenv("AWS_ENDPOINT_URL"))
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// stay follows no redirect: S3 sends one for a bucket of another region, and the signature is for this one.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// List pages through the bucket.
func (s *Store) List(ctx context.Context, prefix string) ([]blob.Object, error) {
	var found []blob.Object
	pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.at.Host, Prefix: &prefix, EncodingType: types.EncodingTypeUrl})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.explain(ctx, prefix, err)
		}
		for _, entry := range page.Contents {
			key, err := keyOf(page, entry)
			if err != nil {
				return nil, &blob.Error{Where: s.at.Name(prefix), Reason: "the server lists a key that cannot be read"}
			}
			found = append(found, blob.Object{Key: key, Size: aws.ToInt64(entry.Size), Version: aws.ToString(entry.ETag)})
		}
		if len(found) > blob.MaxListed {
			return nil, blob.TooManyError(s.at.Name(prefix))
		}
	}
	return found, nil
}

// keyOf decodes a key: XML cannot hold every character of one, so the server is asked to escape them.
func keyOf(page *s3.ListObjectsV2Output, entry types.Object) (string, error) {
	if page.EncodingType != types.EncodingTypeUrl {
		return aws.ToString(entry.Key), nil
	}
	return url.QueryUnescape(aws.ToString(entry.Key))
}

// Stat asks for the head of an object, with its checksums.
func (s *Store) Stat(ctx context.Context, key string) (blob.Object, error) {
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.at.Host, Key: &key, ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		return blob.Object{}, s.explain(ctx, key, err)
	}
	return blob.Object{Key: key, Size: aws.ToInt64(head.ContentLength), Version: aws.ToString(head.ETag), Sums: sums(head)}, nil
}

// sums are the checksums of the whole object. An entity tag is the MD5 of what was written in one piece, unless a key of
// one's own or of the key service encrypts it (Amazon S3 API reference, Object, ETag).
func sums(head *s3.HeadObjectOutput) []blob.Sum {
	var found []blob.Sum
	tag := strings.Trim(aws.ToString(head.ETag), `"`)
	isPlain := head.ServerSideEncryption == "" || head.ServerSideEncryption == types.ServerSideEncryptionAes256
	if len(tag) == 32 && !strings.Contains(tag, "-") && isPlain && head.SSECustomerAlgorithm == nil {
		found = append(found, blob.Sum{Algorithm: "md5", Hex: tag})
	}
	if head.ChecksumType == types.ChecksumTypeComposite {
		return found
	}
	for algorithm, text := range map[string]*string{"crc32": head.ChecksumCRC32, "crc32c": head.ChecksumCRC32C, "crc64nvme": head.ChecksumCRC64NVME,
		"sha1": head.ChecksumSHA1, "sha256": head.ChecksumSHA256} {
		if sum, ok := blob.SumFromBase64(algorithm, aws.ToString(text)); ok {
			found = append(found, sum)
		}
	}
	return found
}

// ReadRange reads a part of an object, on condition that it is the same.
func (s *Store) ReadRange(ctx context.Context, object blob.Object, offset, length int64) (io.ReadCloser, error) {
	got, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.at.Host, Key: &object.Key, IfMatch: &object.Version,
		Range: aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))})
	if err != nil {
		return nil, s.explain(ctx, object.Key, err)
	}
	if aws.ToString(got.ETag) != object.Version {
		got.Body.Close()
		return nil, blob.ChangedError(s.at.Name(object.Key))
	}
	if want := fmt.Sprintf("bytes %d-%d/", offset, offset+length-1); got.ContentRange != nil && !strings.HasPrefix(*got.ContentRange, want) {
		got.Body.Close()
		return nil, &blob.Error{Cause: blob.Unreachable, Where: s.at.Name(object.Key), Reason: "the server gave another range than it was asked for"}
	}
	return got.Body, nil
}

// Put writes an object where none lies.
func (s *Store) Put(ctx context.Context, key string, content io.ReadSeeker, size int64) error {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.at.Host, Key: &key, Body: content, ContentLength: &size, IfNoneMatch: aws.String("*")})
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && (response.HTTPStatusCode() == http.StatusPreconditionFailed || response.HTTPStatusCode() == http.StatusConflict) {
		return blob.TakenError(s.at.Name(key)) // 409: another writes there at this moment
	}
	return s.explainWrite(ctx, key, err)
}

// Delete takes an object away.
func (s *Store) Delete(ctx context.Context, key string) error {
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.at.Host, Key: &key})
	return s.explainWrite(ctx, key, err)
}

// explainWrite is the error of a write, nil for none.
func (s *Store) explainWrite(ctx context.Context, key string, err error) error {
	if err == nil {
		return nil
	}
	err = s.explain(ctx, key, err)
	var e *blob.Error
	if errors.As(err, &e) {
		e.Writes = true
	}
	return err
}
