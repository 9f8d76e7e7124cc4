package ocitest

import (
	"bytes"
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
func Distribution(t testing.TB) string {
	t.Helper()
	program, err := exec.LookPath("docker-registry")
	if err != nil {
		t.Skip("docker-registry is not installed (Debian: apt install docker-registry)")
	}
	host := freePort(t)
	folder := t.TempDir()
	config := filepath.Join(folder, "config.yml")
	text := fmt.Sprintf("version: 0.1\nlog: {level: error}\nstorage:\n  filesystem: {rootdirectory: %q}\n  delete: {enabled: true}\nhttp: {addr: %q}\n",
		filepath.Join(folder, "data"), host)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	output := &lockedBuffer{}
	cmd := exec.Command(program, "serve", config)
	cmd.Stdout, cmd.Stderr = output, output
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting docker-registry: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
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
			t.Fatalf("docker-registry ended: %s", output)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatalf("docker-registry does not answer: %s", output)
	return ""
}

// freePort returns an address on which nothing listens. Another process could take it before its user does; the
// kernel hands out ports in turn, so that does not happen in practice.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
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
