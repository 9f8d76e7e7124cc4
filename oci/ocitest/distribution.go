package ocitest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Distribution starts the real docker-registry (the package of that name in Debian) with an empty folder, and
// returns its host. The test is skipped where the program is missing.
func Distribution(tb testing.TB) string {
	tb.Helper()
	program, err := exec.LookPath("docker-registry")
	if err != nil {
		tb.Skip("docker-registry is not installed (Debian: apt install docker-registry)")
	}
	host := freePort(tb)
	folder := tb.TempDir()
	config := filepath.Join(folder, "config.yml")
	text := fmt.Sprintf("version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: %q}\n  delete: {enabled: true}\nhttp: {addr: %q}\n",
		filepath.Join(folder, "data"), host)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	output := &lockedBuffer{}
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), program, "serve", config) // ends in Cleanup
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		tb.Fatalf("starting docker-registry: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for range 500 {
		resp, err := http.Get("http://" + host + "/v2/") //nolint:noctx // bounded by the loop
		if err == nil {
			_ = resp.Body.Close()
			return host
		}
		select {
		case <-ended:
			tb.Fatalf("docker-registry ended: %s", output)
		case <-time.After(10 * time.Millisecond):
		}
	}
	tb.Fatalf("docker-registry does not answer: %s", output)
	return ""
}

// freePort returns an address on which nothing listens. Another process could take it before its user does; the
// kernel hands out ports in turn, so that does not happen in practice.
func freePort(tb testing.TB) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
