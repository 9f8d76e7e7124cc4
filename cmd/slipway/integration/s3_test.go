//go:build linux

package integration

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// s3Server starts a real S3 server. It returns the folder that is its bucket "bucket", and the environment with which
// AWS tools find it.
func s3Server(t *testing.T) (bucket string, env []string) {
	t.Helper()
	server := os.Getenv("SLIPWAY_S3_SERVER")
	if server == "" {
		t.Skip("SLIPWAY_S3_SERVER must name an S3 server: make bin/versitygw, then SLIPWAY_S3_SERVER=$PWD/bin/versitygw")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	root := t.TempDir()
	bucket = filepath.Join(root, "bucket")
	if err := os.Mkdir(bucket, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, server, "--access", "012345678901", "--secret", "secret", "--port", address, "--quiet", "posix", root)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("S3 server: %s", &log)
		}
	})
	for tick, end := time.NewTicker(20*time.Millisecond), time.Now().Add(20*time.Second); time.Now().Before(end); <-tick.C {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return bucket, []string{
				"AWS_ENDPOINT_URL=http://" + address, "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=us-east-1",
				"AWS_ACCESS_KEY_ID=012345678901", "AWS_SECRET_ACCESS_KEY=secret",
			}
		}
	}
	t.Fatal("the S3 server does not answer")
	return "", nil
}

// put writes a file below a folder.
func put(t *testing.T, folder, name, text string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
