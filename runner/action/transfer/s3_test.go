package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/actiontest"
	"github.com/slipway-oci/slipway/runner/action/transfer"
)

// onlyThisEnvironment hides every setting for AWS that the machine of the test may have, and then sets variables.
func onlyThisEnvironment(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for name, value := range variables {
		t.Setenv(name, value)
	}
}

// s3Server starts a real S3 server with one empty bucket, "bucket", and sets the environment for it.
func s3Server(t *testing.T) *s3.Client {
	t.Helper()
	program := os.Getenv("SLIPWAY_S3_SERVER")
	if program == "" {
		t.Skip("SLIPWAY_S3_SERVER must name an S3 server: make bin/versitygw, then SLIPWAY_S3_SERVER=$PWD/bin/versitygw")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	onlyThisEnvironment(t, map[string]string{
		"AWS_ENDPOINT_URL": "http://" + address, "AWS_ACCESS_KEY_ID": "012345678901", "AWS_SECRET_ACCESS_KEY": "secret",
	})
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	server := exec.CommandContext(ctx, program, "--access", "012345678901", "--secret", "secret", "--port", address, "--quiet", "posix", t.TempDir())
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = server.Wait()
		if t.Failed() {
			t.Logf("server: %s", &log)
		}
	})
	for limit := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			break
		}
		if time.Now().After(limit) {
			t.Fatal("the S3 server does not answer")
		}
	}
	client, err := transfer.S3Access{}.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")}); err != nil {
		t.Fatal(err)
	}
	return client
}

// putObjects stores objects by key; a key that ends with "/" is the marker of a folder.
func putObjects(t *testing.T, client *s3.Client, objects map[string]string) {
	t.Helper()
	for key, content := range objects {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader(content),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wantObjects compares the whole bucket.
func wantObjects(t *testing.T, client *s3.Client, want map[string]string) {
	t.Helper()
	page, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("bucket")})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, object := range page.Contents {
		out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: object.Key})
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(out.Body)
		out.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		got[*object.Key] = string(data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

// local is a working directory for S3 modules.
type local struct{ *fixture }

func newLocal(t *testing.T, files map[string]string) local {
	t.Helper()
	f := &fixture{t: t, url: "no-url"}
	f.req, f.rec = actiontest.Request(t)
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(f.req.Dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		f.write(name, content)
	}
	return local{f}
}

func (l local) run(m action.Module, entries ...action.Entry) string {
	l.t.Helper()
	l.req.Entries = entries
	_, err := m.Run(l.t.Context(), l.req)
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), l.req.Dir, "DIR")
}

func (l local) must(m action.Module, entries ...action.Entry) {
	l.t.Helper()
	if err := l.run(m, entries...); err != "" {
		l.t.Error(err)
	}
}

func (l local) fails(want string, m action.Module, entries ...action.Entry) {
	l.t.Helper()
	if err := l.run(m, entries...); err != want {
		l.t.Errorf("error = %s\nwant    %s", err, want)
	}
}

func TestTransferEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel(action.ErrInterrupted)
		<-r.Context().Done()
	}))
	defer server.Close()
	onlyThisEnvironment(t, map[string]string{"AWS_ENDPOINT_URL": server.URL})
	l := newLocal(t, nil)
	l.req.Entries = []action.Entry{{"source": "s3://bucket/key", "destination": "f"}}
	if _, err := (transfer.S3Download{}).Run(ctx, l.req); !errors.Is(err, action.ErrInterrupted) {
		t.Errorf("error = %v", err)
	}
	l.want(map[string]string{})
}

func TestS3StaticChecks(t *testing.T) {
	source, _ := transfer.S3Download{}.Spec().Input("source")
	for text, ok := range map[string]bool{
		"s3://b/key": true, "s3://b/p/*": true, "s3://b/*": true, "s3://b/p*": true, "s3://b/a/../b": true,
		"s3://b/*/x": false, "s3://b/p/": false, "s3://b": false, "s3:///key": false, "https://b/key": false, "b/key": false, "s3://b*/x": false,
	} {
		if err := source.Check(text); (err == nil) != ok {
			t.Errorf("check of source %q = %v", text, err)
		}
	}
	destination, _ := transfer.S3Upload{}.Spec().Input("destination")
	for text, ok := range map[string]bool{"s3://b/key": true, "s3://b/p/": true, "s3://b": true, "s3://b/p/*": false, "/p": false} {
		if err := destination.Check(text); (err == nil) != ok {
			t.Errorf("check of destination %q = %v", text, err)
		}
	}
}
