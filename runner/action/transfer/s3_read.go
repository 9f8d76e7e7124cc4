package transfer

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Read returns one object, s3://bucket/key, of at most limit bytes; a larger one is an error before it is read. It is for
// others than the modules, which want the same access to S3.
func (a S3Access) Read(ctx context.Context, uri string, limit int64) ([]byte, error) {
	from, err := parseLocation(uri)
	if err != nil {
		return nil, err
	}
	var data []byte
	objects := &store{access: a}
	err = objects.do(ctx, func(client *s3.Client) error {
		object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &from.bucket, Key: &from.key})
		if err != nil {
			return err
		}
		defer object.Body.Close()
		if size := aws.ToInt64(object.ContentLength); size > limit {
			return fmt.Errorf("it has %d bytes; at most %d are read", size, limit)
		}
		data, err = io.ReadAll(io.LimitReader(object.Body, limit+1))
		if err == nil && int64(len(data)) > limit {
			err = fmt.Errorf("it has more than %d bytes", limit)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}
