//go:build linux

package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// s3Server starts a real S3 server and returns its address and the folder that is its bucket "bucket".
func s3Server(t *testing.T) (address, bucket string) {
	t.Helper()
	program := os.Getenv("SLIPWAY_S3_SERVER")
	if program == "" {
		t.Skip("SLIPWAY_S3_SERVER must name an S3 server: make bin/versitygw, then SLIPWAY_S3_SERVER=$PWD/bin/versitygw")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	listener.Close()
	root := t.TempDir()
	bucket = filepath.Join(root, "bucket")
	if err := os.Mkdir(bucket, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	server := exec.CommandContext(ctx, program, "--access", "012345678901", "--secret", "secret", "--port", address, "--quiet", "posix", root)
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
	for range 500 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address, bucket
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the S3 server does not answer")
	return "", ""
}

// TestEverythingInS3 takes the config file and the document from a bucket, uploads the logs there, and finds its
// credentials among the secrets.
func TestEverythingInS3(t *testing.T) {
	t.Parallel()
	address, bucket := s3Server(t)
	c := newCall(t)
	c.env = []string{
		"PATH=" + os.Getenv("PATH"), "AWS_ENDPOINT_URL=http://" + address, "AWS_EC2_METADATA_DISABLED=true",
		"SLIPWAY_SECRETS_DIR=" + filepath.Join(c.dir, "secrets"),
	}
	c.write("secrets/AWS_ACCESS_KEY_ID", "012345678901\n")
	c.write("secrets/AWS_SECRET_ACCESS_KEY", "secret\n")
	c.write("local.txt", "from here")
	for name, text := range map[string]string{
		"c.json": `{"documents":[{"path":"s3://bucket/docs/d.yaml"}],"logS3BucketName":"bucket","logS3KeyPrefix":"logs"}`,
		"docs/d.yaml": steps(
			"{name: up, action: S3Upload, inputs: [{source: local.txt, destination: 's3://bucket/up/'}]}",
			"{name: down, action: S3Download, inputs: [{source: 's3://bucket/up/*', destination: .}]}",
			"{name: nested, action: ExecuteDocument, inputs: {document: 's3://bucket/docs/inner.yaml'}}",
		),
		"docs/inner.yaml": steps(sh("i", "echo nested $AWS_ACCESS_KEY_ID")),
	} {
		path := filepath.Join(bucket, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c.run(0, "run", "-c", "s3://bucket/c.json", "-l", "logs", "-i", "x")
	folder := filepath.Base(c.folder())
	if got, want := c.summary()["logUrl"], "s3://bucket/logs/"+folder; got != want {
		t.Errorf("logUrl %v, want %s; %s", got, want, c.stderr)
	}
	stored, err := os.ReadFile(filepath.Join(bucket, "logs", folder, "console.log"))
	if err != nil || !strings.Contains(string(stored), "Stdout: nested\n") {
		t.Errorf("stored console: %s, %v", stored, err)
	}
	if console := c.log("console.log"); console != string(stored) {
		t.Errorf("the console log here:\n%s\nthe stored one:\n%s", console, stored)
	}
	c.run(1, "run", "-d", "s3://bucket/docs/none.yaml", "-l", "logs2")
	if !strings.Contains(c.stderr, "NoSuchKey") {
		t.Errorf("stderr %s", c.stderr)
	}
}
