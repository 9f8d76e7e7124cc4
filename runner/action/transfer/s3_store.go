package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// location is an s3:// URI.
type location struct{ bucket, key string }

// parseLocation reads s3://bucket/key. Nothing is unescaped: a key is written as it is.
func parseLocation(text string) (location, error) {
	rest, ok := strings.CutPrefix(text, "s3://")
	bucket, key, _ := strings.Cut(rest, "/")
	if !ok || bucket == "" {
		return location{}, fmt.Errorf("%q is not of the form s3://bucket/key", text)
	}
	if strings.ContainsAny(bucket, "*?#@: ") {
		return location{}, fmt.Errorf("%q: %q is not the name of a bucket", text, bucket)
	}
	return location{bucket, key}, nil
}

func (l location) String() string { return "s3://" + l.bucket + "/" + l.key }

// Sizes of uploads: larger files are sent in parts, several of which are in memory at a time.
const (
	multipartThreshold = 64 << 20
	partSize           = 8 << 20
)

// store is one S3 client for the entries of a step. It is made when first needed.
type store struct {
	access S3Access
	client *s3.Client
}

// do calls operate with the client. A bucket in another region is tried once more there.
func (s *store) do(ctx context.Context, operate func(*s3.Client) error) error {
	if s.client == nil {
		client, err := s.access.Client(ctx)
		if err != nil {
			return err
		}
		s.client = client
	}
	err := operate(s.client)
	if region := otherRegion(err); region != "" && region != s.client.Options().Region {
		s.client = s3.New(s.client.Options(), func(o *s3.Options) { o.Region = region })
		err = operate(s.client)
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return storeReason(err)
}

// otherRegion returns the region that a store names in a refusal, or "".
func otherRegion(err error) string {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return ""
	}
	switch response.HTTPStatusCode() {
	case 301, 307, 400:
		return response.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// storeError is an error of S3 in one line, without the ids of requests.
type storeError struct {
	text  string
	cause error
}

func (e *storeError) Error() string { return e.text }
func (e *storeError) Unwrap() error { return e.cause }

func storeReason(err error) error {
	var answer smithy.APIError
	var transport *url.Error
	switch {
	case errors.As(err, &answer) && answer.ErrorMessage() != "":
		return &storeError{answer.ErrorCode() + ": " + answer.ErrorMessage(), err}
	case errors.As(err, &answer):
		return &storeError{answer.ErrorCode(), err}
	case errors.As(err, &transport):
		return &storeError{transport.Err.Error(), err}
	}
	return err
}

func (s *store) manager(client *s3.Client) *transfermanager.Client {
	return transfermanager.New(client, func(o *transfermanager.Options) {
		o.MultipartUploadThreshold = multipartThreshold
		o.PartSizeBytes = partSize
		o.RequestChecksumCalculation = client.Options().RequestChecksumCalculation
		o.GetObjectType = types.GetObjectParts
	})
}

// get writes an object to out.
func (s *store) get(ctx context.Context, from location, owner string, out io.WriterAt) error {
	return s.do(ctx, func(client *s3.Client) error {
		_, err := s.manager(client).DownloadObject(ctx, &transfermanager.DownloadObjectInput{
			Bucket: &from.bucket, Key: &from.key, ExpectedBucketOwner: optional(owner), WriterAt: out,
		})
		return err
	})
}

// put stores a file as an object. A file in one part is sent as it is read; the transfer manager would hold it in memory.
func (s *store) put(ctx context.Context, to location, owner string, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return s.do(ctx, func(client *s3.Client) error {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if info.Size() <= multipartThreshold {
			_, err := client.PutObject(ctx, &s3.PutObjectInput{
				Bucket: &to.bucket, Key: &to.key, ExpectedBucketOwner: optional(owner), Body: file,
			})
			return err
		}
		_, err := s.manager(client).UploadObject(ctx, &transfermanager.UploadObjectInput{
			Bucket: &to.bucket, Key: &to.key, ExpectedBucketOwner: optional(owner), Body: file,
		})
		return err
	})
}

// list returns the keys that start with a prefix, at most limit; more is an error.
func (s *store) list(ctx context.Context, prefix location, owner string, limit int) ([]string, error) {
	var keys []string
	err := s.do(ctx, func(client *s3.Client) error {
		keys = nil
		pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{
			Bucket: &prefix.bucket, Prefix: &prefix.key, ExpectedBucketOwner: optional(owner),
		}, func(o *s3.ListObjectsV2PaginatorOptions) { o.StopOnDuplicateToken = true })
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, object := range page.Contents {
				keys = append(keys, aws.ToString(object.Key))
			}
			if len(keys) > limit {
				return fmt.Errorf("more than %d objects match", limit)
			}
		}
		return nil
	})
	return keys, err
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// cancelOnClose releases the context of a response when its body has been read.
type cancelOnClose struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close closes the body and releases the context.
func (c cancelOnClose) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}
