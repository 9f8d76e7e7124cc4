package transfer_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/slipway-oci/slipway/runner/action/transfer"
)

func TestReadOfAnObject(t *testing.T) {
	client := s3Server(t)
	_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("folder/step.yaml"), Body: strings.NewReader("hello"),
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := transfer.S3Access{}.Read(t.Context(), "s3://bucket/folder/step.yaml", 5)
	if err != nil || string(data) != "hello" {
		t.Errorf("got %q, %v", data, err)
	}
	for _, test := range []struct{ uri, want string }{
		{"s3://bucket/folder/step.yaml", "it has 5 bytes; at most 4 are read"},
		{"s3://bucket/none", "NoSuchKey"},
		{"bucket/none", "is not of the form s3://bucket/key"},
	} {
		if _, err := (transfer.S3Access{}).Read(t.Context(), test.uri, 4); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.uri, err, test.want)
		}
	}
}
