package distribute_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/slipway-oci/slipway/oci/distribute"
	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// anonymous has no credentials; the tests must not read those of whoever runs them.
type anonymous struct{}

func (anonymous) Resolve(authn.Resource) (authn.Authenticator, error) { return authn.Anonymous, nil }

func noSleep(context.Context, time.Duration) error { return nil }

func client(t *testing.T) *registry.Client {
	t.Helper()
	c := registry.New(registry.Options{Keychain: anonymous{}, Retry: registry.Retry{Sleep: noSleep}})
	t.Cleanup(c.Close)
	return c
}

func target(t *testing.T, c *registry.Client, reference string, tags ...string) distribute.Target {
	t.Helper()
	r, err := ref.ParseRegistry(reference)
	if err != nil {
		t.Fatal(err)
	}
	return distribute.Registry(c, r, registry.PushOptions{Tags: tags})
}

func statuses(outcomes []distribute.Outcome) []distribute.Status {
	var all []distribute.Status
	for _, o := range outcomes {
		all = append(all, o.Status)
	}
	return all
}

func headDigest(t *testing.T, reference string) string {
	t.Helper()
	r, err := ref.ParseRegistry(reference)
	if err != nil {
		t.Fatal(err)
	}
	desc, err := client(t).Head(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return desc.Digest.String()
}

func TestSendToAllTargets(t *testing.T) {
	one, two := ocitest.Registry(t), ocitest.Distribution(t)
	dir := filepath.Join(t.TempDir(), "layout")
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1.0.0-1")
	c := client(t)
	targets := []distribute.Target{
		target(t, c, one.Host+"/app:1.0.0-1", "latest"),
		target(t, c, two+"/team/app:1.0.0-1"),
		distribute.Layout(dir, "app:1.0.0-1"),
	}
	first := distribute.Send(t.Context(), img, targets, distribute.Options{})
	if err := distribute.Errors(first); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]distribute.Status{"pushed", "pushed", "written"}, statuses(first)); diff != "" {
		t.Errorf("first send, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{one.Host + "/app:1.0.0-1", one.Host + "/app:latest"}, first[0].References); diff != "" {
		t.Errorf("references, -want +got:\n%s", diff)
	}
	for _, reference := range []string{one.Host + "/app:1.0.0-1", one.Host + "/app:latest", two + "/team/app:1.0.0-1"} {
		if got := headDigest(t, reference); got != img.Digest().String() {
			t.Errorf("%s has %s, want the digest that was sent, %s", reference, got, img.Digest())
		}
	}
	layout, err := store.OpenExisting(dir)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := layout.Named("app:1.0.0-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := copied.Verify(t.Context()); err != nil || copied.Digest() != img.Digest() {
		t.Errorf("the layout has %s (%v), want %s", copied.Digest(), err, img.Digest())
	}
	second := distribute.Send(t.Context(), img, targets, distribute.Options{})
	if diff := cmp.Diff([]distribute.Status{"present", "present", "present"}, statuses(second)); diff != "" {
		t.Errorf("second send, -want +got:\n%s", diff)
	}
}

func TestFailingTargetDoesNotStopOthers(t *testing.T) {
	good := ocitest.Registry(t)
	bad := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	c := client(t)
	outcomes := distribute.Send(t.Context(), img, []distribute.Target{
		target(t, c, bad.Host+"/app:1"), target(t, c, good.Host+"/one:1"), target(t, c, bad.Host+"/two:1"), target(t, c, good.Host+"/two:1"),
	}, distribute.Options{})
	if diff := cmp.Diff([]distribute.Status{"failed", "pushed", "failed", "pushed"}, statuses(outcomes)); diff != "" {
		t.Errorf("statuses, -want +got:\n%s", diff)
	}
	err := distribute.Errors(outcomes)
	var failed *distribute.TargetError
	if !errors.As(err, &failed) || failed.Target != bad.Host+"/app:1" || !errors.Is(err, registry.ErrDenied) {
		t.Errorf("Errors = %v, want a TargetError of the first target that matches ErrDenied", err)
	}
	if n := strings.Count(err.Error(), "403 Forbidden"); n != 2 {
		t.Errorf("the error %q names %d failures, want 2", err, n)
	}
}

func TestSecondSendTransfersTheRest(t *testing.T) {
	host := ocitest.Distribution(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.BigImage(t, 1000, 2000, 500_000), "app:1")
	proxy := ocitest.FaultProxy(t, host, ocitest.Fault{Method: "PUT", Path: "/blobs/uploads/", Times: -1, CutUpload: 100_000})
	targets := []distribute.Target{target(t, client(t), proxy.Host+"/app:1")}
	first := distribute.Send(t.Context(), img, targets, distribute.Options{})
	if first[0].Status != distribute.Failed {
		t.Fatalf("first send = %+v, want failed", first[0])
	}
	proxy.Set()
	proxy.Reset()
	second := distribute.Send(t.Context(), img, []distribute.Target{target(t, client(t), proxy.Host+"/app:1")}, distribute.Options{})
	if second[0].Status != distribute.Pushed || second[0].Delivery.Skipped == 0 || second[0].Delivery.Bytes < 500_000 {
		t.Errorf("second send = %+v, want the large layer sent and others skipped", second[0])
	}
	if n := proxy.Count("PUT", "/blobs/uploads/"); n >= 4 {
		t.Errorf("%d uploads, want only what was missing", n)
	}
}

func TestTargetsOfOneRegistryMount(t *testing.T) {
	host := ocitest.Distribution(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}, ocitest.Files{"b": "1"}), "app:1")
	c := client(t)
	outcomes := distribute.Send(t.Context(), img, []distribute.Target{
		target(t, c, host+"/one:1"), target(t, c, host+"/two:1"), target(t, c, host+"/three:1"),
	}, distribute.Options{})
	if err := distribute.Errors(outcomes); err != nil {
		t.Fatal(err)
	}
	for n, want := range []int{0, 3, 3} {
		if got := outcomes[n].Delivery.Mounted; got != want {
			t.Errorf("target %d mounted %d blobs, want %d", n, got, want)
		}
	}
}

func TestUploadThenSend(t *testing.T) {
	server := ocitest.Registry(t)
	dir := t.TempDir()
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	targets := []distribute.Target{target(t, client(t), server.Host+"/app:1"), distribute.Layout(dir, "app:1")}
	uploaded := distribute.Upload(t.Context(), img, targets, distribute.Options{})
	if diff := cmp.Diff([]distribute.Status{"pushed", ""}, statuses(uploaded)); diff != "" {
		t.Errorf("upload, -want +got:\n%s", diff)
	}
	if n := server.Count("PUT", "/manifests/"); n != 0 {
		t.Errorf("the upload wrote %d manifests", n)
	}
	server.Reset()
	if err := distribute.Errors(distribute.Send(t.Context(), img, targets, distribute.Options{})); err != nil {
		t.Fatal(err)
	}
	if n := server.Count("", "/blobs/"); n != 0 {
		t.Errorf("the send made %d requests for blobs, want none", n)
	}
}

// flaky is a target that fails a number of times.
type flaky struct {
	distribute.Target
	failures int
	sent     int
}

func (f *flaky) Send(ctx context.Context, img store.Image, progress func(registry.Progress)) (distribute.Delivery, error) {
	f.sent++
	if f.sent <= f.failures {
		return distribute.Delivery{}, io.ErrUnexpectedEOF
	}
	return f.Target.Send(ctx, img, progress)
}

func TestWithRetry(t *testing.T) {
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	tests := []struct {
		name                     string
		failures, attempts, sent int
		want                     distribute.Status
	}{
		{"passes", 2, 3, 3, distribute.Pushed},
		{"gives up", 9, 3, 3, distribute.Failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inner := &flaky{Target: distribute.Layout(t.TempDir(), "app:1"), failures: tt.failures}
			wrapped := distribute.WithRetry(inner, registry.Retry{Attempts: tt.attempts, Sleep: noSleep})
			outcomes := distribute.Send(t.Context(), img, []distribute.Target{wrapped}, distribute.Options{})
			if outcomes[0].Status != tt.want || inner.sent != tt.sent {
				t.Errorf("%s after %d sends, want %s after %d", outcomes[0].Status, inner.sent, tt.want, tt.sent)
			}
		})
	}
}

func TestCallbacksNameTheTarget(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	var mu sync.Mutex
	var blobs, done []string
	outcomes := distribute.Send(t.Context(), img, []distribute.Target{target(t, client(t), server.Host+"/app:1")}, distribute.Options{
		Progress: func(p distribute.Progress) {
			mu.Lock()
			defer mu.Unlock()
			if p.Done {
				blobs = append(blobs, p.Target)
			}
		},
		Done: func(o distribute.Outcome) { done = append(done, o.References[0]) },
	})
	if err := distribute.Errors(outcomes); err != nil {
		t.Fatal(err)
	}
	name := server.Host + "/app:1"
	if !slices.Equal(blobs, []string{name, name}) || !slices.Equal(done, []string{name}) {
		t.Errorf("progress of %v, done %v, want two blobs and one end of %s", blobs, done, name)
	}
}

func TestCancelledSendFailsEveryTarget(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := client(t)
	outcomes := distribute.Send(ctx, img, []distribute.Target{target(t, c, server.Host+"/one:1"), target(t, c, server.Host+"/two:1")}, distribute.Options{})
	if !errors.Is(distribute.Errors(outcomes), context.Canceled) || len(server.Requests()) != 0 {
		t.Errorf("outcomes %+v after %d requests, want both cancelled and none", outcomes, len(server.Requests()))
	}
}
