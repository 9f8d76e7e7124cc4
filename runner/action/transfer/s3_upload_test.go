package transfer_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/transfer"
)

func testFileUpload(t *testing.T) {
	client := s3Server(t)
	l := newLocal(t, map[string]string{"a b.txt": "A", "empty": ""})
	if err := os.Symlink("a b.txt", filepath.Join(l.req.Dir, "link")); err != nil {
		t.Fatal(err)
	}
	l.must(transfer.S3Upload{},
		action.Entry{"source": "a b.txt", "destination": "s3://bucket/key"},
		action.Entry{"source": "a b.txt", "destination": "s3://bucket/prefix/"},
		action.Entry{"source": "empty", "destination": "s3://bucket"},
		action.Entry{"source": "link", "destination": "s3://bucket/link", "recurse": true})
	wantObjects(t, client, map[string]string{"key": "A", "prefix/a b.txt": "A", "empty": "", "link": "A"})
	l.must(transfer.S3Upload{}, action.Entry{"source": "empty", "destination": "s3://bucket/key"})
	wantObjects(t, client, map[string]string{"key": "", "prefix/a b.txt": "A", "empty": "", "link": "A"})
	l.fails(`S3Upload: reading "DIR/none": no such file or directory`, transfer.S3Upload{}, action.Entry{"source": "none", "destination": "s3://bucket/key"})
}

func testFolderUpload(t *testing.T) {
	client := s3Server(t)
	l := newLocal(t, map[string]string{"d/f": "F", "d/sub/g": "G", "other/o": "O"})
	for link, target := range map[string]string{"d/file": "../other/o", "d/folder": "../other"} {
		if err := os.Symlink(target, filepath.Join(l.req.Dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	l.fails(`S3Upload: "DIR/d" is a folder and recurse is false`, transfer.S3Upload{}, action.Entry{"source": "d", "destination": "s3://bucket/p"})
	l.must(transfer.S3Upload{}, action.Entry{"source": "d", "destination": "s3://bucket/p", "recurse": true})
	wantObjects(t, client, map[string]string{"p/f": "F", "p/sub/g": "G", "p/file": "O"})
}

func testWildcardUpload(t *testing.T) {
	client := s3Server(t)
	l := newLocal(t, map[string]string{"in/a.log": "A", "in/b.log": "B", "in/c.log/f": "F", "in/x": "X", "empty/sub/x": ""})
	if err := os.Remove(filepath.Join(l.req.Dir, "empty/sub/x")); err != nil {
		t.Fatal(err)
	}
	l.must(transfer.S3Upload{}, action.Entry{"source": "in/*.log", "destination": "s3://bucket/p"})
	wantObjects(t, client, map[string]string{"p/a.log": "A", "p/b.log": "B"})
	l.must(transfer.S3Upload{}, action.Entry{"source": "in/*.log", "destination": "s3://bucket/p/", "recurse": true})
	wantObjects(t, client, map[string]string{"p/a.log": "A", "p/b.log": "B", "p/c.log/f": "F"})
	l.fails(`S3Upload: "DIR/in/none*": no file to upload`, transfer.S3Upload{}, action.Entry{"source": "in/none*", "destination": "s3://bucket/p"})
	l.fails(`S3Upload: "DIR/empty": no file to upload`, transfer.S3Upload{}, action.Entry{"source": "empty", "destination": "s3://bucket/p", "recurse": true})
}

func TestLargeFilesAreSentInParts(t *testing.T) {
	client := s3Server(t)
	data := make([]byte, 65<<20)
	for i := range data {
		data[i] = byte(i * i >> 8)
	}
	l := newLocal(t, map[string]string{"large": string(data)})
	l.must(transfer.S3Upload{}, action.Entry{"source": "large", "destination": "s3://bucket/large"})
	head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("large")})
	if err != nil {
		t.Fatal(err)
	}
	if tag := aws.ToString(head.ETag); !strings.HasSuffix(tag, `-9"`) {
		t.Errorf("ETag %s is not one of nine parts", tag)
	}
	l.must(transfer.S3Download{}, action.Entry{"source": "s3://bucket/large", "destination": "copy"})
	copied, err := os.ReadFile(filepath.Join(l.req.Dir, "copy"))
	if err != nil || !bytes.Equal(copied, data) {
		t.Errorf("the copy differs: %d bytes, %v", len(copied), err)
	}
}
