package registry_test

import (
	"errors"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// anonymous has no credentials; the tests must not read those of whoever runs them.
type anonymous struct{}

func (anonymous) Resolve(authn.Resource) (authn.Authenticator, error) { return authn.Anonymous, nil }

// password has one user for every registry.
type password struct{ user, secret string }

func (p password) Resolve(authn.Resource) (authn.Authenticator, error) {
	return authn.FromConfig(authn.AuthConfig{Username: p.user, Password: p.secret}), nil
}

// recorder collects progress from several goroutines.
type recorder struct {
	mu   sync.Mutex
	seen []registry.Progress
}

func (r *recorder) add(p registry.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, p)
}

func (r *recorder) all() []registry.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

func wantText(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error = %v, want %q", err, want)
	}
}

func wantHint(t *testing.T, err error, want string) {
	t.Helper()
	var h interface{ Hint() string }
	if !errors.As(err, &h) || !strings.Contains(h.Hint(), want) {
		t.Errorf("error = %v, want a hint with %q", err, want)
		if h != nil {
			t.Logf("its hint is %q", h.Hint())
		}
	}
}

// quiet is a logger for servers whose complaints a test expects.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// damage changes a byte of the first layer.
func damage(t *testing.T, s *store.Store, img store.Image) {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Dir(), "blobs", "sha256", layers[0].Digest.Hex)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[0] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
