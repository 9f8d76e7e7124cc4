package registry_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

func TestErrorsSayWhatAndHow(t *testing.T) {
	tests := []struct {
		status     int
		body       string
		text, hint string
		sentinel   error
	}{
		{401, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`, "401 Unauthorized: UNAUTHORIZED: authentication required", "slipway login HOST", registry.ErrDenied},
		{403, "", "403 Forbidden", "as another user", registry.ErrDenied},
		{404, `{"errors":[{"code":"NAME_UNKNOWN"}]}`, "404 Not Found: NAME_UNKNOWN", "check the name", registry.ErrNotFound},
		{429, "", "429 Too Many Requests (tried 5 times)", "limits how often", nil},
		{500, "<html>secret</html>", "500 Internal Server Error (tried 5 times)", "the registry has a fault", nil},
		{503, "", "503 Service Unavailable (tried 5 times)", "the registry has a fault", nil},
	}
	for _, tt := range tests {
		t.Run(http.StatusText(tt.status), func(t *testing.T) {
			server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			_, err := client(t, registry.Options{}).Manifest(t.Context(), mustRef(t, server.Host+"/team/app:1"))
			wantText(t, err, server.Host+`/team/app: reading manifest "1": `+tt.text)
			wantHint(t, err, strings.ReplaceAll(tt.hint, "HOST", server.Host))
			if tt.sentinel != nil && !errors.Is(err, tt.sentinel) {
				t.Errorf("%v does not match %v", err, tt.sentinel)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%v quotes an answer that is not the registry's", err)
			}
		})
	}
}

func TestPassingFailuresAreRetried(t *testing.T) {
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	tests := []struct {
		name  string
		fault ocitest.Fault
	}{
		{"429 on HEAD", ocitest.Fault{Method: "HEAD", Times: 2, Status: 429}},
		{"500 on the start of an upload", ocitest.Fault{Method: "POST", Times: 2, Status: 500}},
		{"502 on an upload", ocitest.Fault{Method: "PUT", Path: "/blobs/uploads/", Times: 2, Status: 502}},
		{"503 on a manifest", ocitest.Fault{Method: "PUT", Path: "/manifests/", Times: 3, Status: 503}},
		{"408", ocitest.Fault{Method: "POST", Status: 408}},
		{"425", ocitest.Fault{Method: "POST", Status: 425}},
		{"an upload that was lost", ocitest.Fault{Method: "PUT", Path: "/blobs/uploads/", Status: 404, Body: `{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}`}},
		{"connection cut during an upload", ocitest.Fault{Method: "PUT", Path: "/blobs/uploads/", Times: 2, CutUpload: 20}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			proxy := ocitest.FaultProxy(t, ocitest.Distribution(t), tt.fault)
			c := client(t, registry.Options{})
			push(t, c, img, proxy.Host+"/app:1", registry.PushOptions{})
			got, err := c.Pull(t.Context(), mustRef(t, proxy.Host+"/app:1"), ocitest.Store(t), registry.PullOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Digest() != img.Digest() {
				t.Errorf("pulled %s, pushed %s", got.Digest(), img.Digest())
			}
		})
	}
}

func TestRetryWaitsGrowAndRespectTheRegistry(t *testing.T) {
	var waits []time.Duration
	policy := noWait(&waits)
	policy.First, policy.Longest = 100*time.Millisecond, time.Minute
	var events []registry.RetryEvent
	policy.Notify = func(e registry.RetryEvent) { events = append(events, e) }
	server := ocitest.Registry(t)
	proxy := ocitest.FaultProxy(t, server.Host,
		ocitest.Fault{Status: 500, Times: 2},
		ocitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"7"}}},
		ocitest.Fault{Status: 429, Header: http.Header{"Retry-After": {"86400"}}},
	)
	_, err := client(t, registry.Options{Retry: policy}).Head(t.Context(), mustRef(t, proxy.Host+"/app:1"))
	if !errors.Is(err, registry.ErrNotFound) {
		t.Fatalf("Head = %v, want ErrNotFound in the end", err)
	}
	if len(waits) != 4 || waits[0] < 50*time.Millisecond || waits[0] > 100*time.Millisecond || waits[1] < 100*time.Millisecond || waits[1] > 200*time.Millisecond {
		t.Fatalf("waits = %v, want about 100ms, 200ms and two more", waits)
	}
	if diff := cmp.Diff([]time.Duration{7 * time.Second, time.Minute}, waits[2:]); diff != "" {
		t.Errorf("waits that the registry asked for, -want +got:\n%s", diff)
	}
	for n, e := range events {
		if e.Attempt != n+1 || e.Of != 5 || e.Wait != waits[n] || e.Err == nil {
			t.Errorf("event %d = %+v", n, e)
		}
	}
}

func TestLastingFailuresAreNotRetried(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 501} {
		server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		_, err := client(t, registry.Options{}).Manifest(t.Context(), mustRef(t, server.Host+"/app:1"))
		if err == nil || len(server.Requests()) != 1 {
			t.Errorf("status %d: %v after %d requests, want an error after one", status, err, len(server.Requests()))
		}
	}
}

func TestCutUploadIsResumedByLaterPush(t *testing.T) {
	host := ocitest.Distribution(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.BigImage(t, 1000, 2_000_000, 3000), "app:1")
	proxy := ocitest.FaultProxy(t, host, ocitest.Fault{Method: "PUT", Path: "/blobs/uploads/", Times: -1, CutUpload: 100_000})
	_, err := client(t, registry.Options{Jobs: 1}).Push(t.Context(), img, mustRef(t, proxy.Host+"/app:1"), registry.PushOptions{})
	if err == nil {
		t.Fatal("the push succeeded although its uploads were cut")
	}
	wantText(t, err, "uploading blob sha256:")
	if _, err := client(t, registry.Options{}).Head(t.Context(), mustRef(t, host+"/app:1")); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("after a failed push the tag is %v, want ErrNotFound", err)
	}
	proxy.Set()
	pushed := push(t, client(t, registry.Options{}), img, proxy.Host+"/app:1", registry.PushOptions{})
	if pushed.Skipped == 0 || pushed.Transferred == 0 || pushed.Skipped+pushed.Transferred != 4 {
		t.Errorf("Push = %+v, want the rest of 4 blobs", pushed)
	}
}

func TestCutDownloadGoesOnInTheMiddle(t *testing.T) {
	host := ocitest.Distribution(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.BigImage(t, 500_000), "app:1")
	push(t, client(t, registry.Options{}), img, host+"/app:1", registry.PushOptions{})
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	proxy := ocitest.FaultProxy(t, host, ocitest.Fault{Method: "GET", Path: m.Layers[0].Digest.String(), CutDownload: 200_000})
	got, err := client(t, registry.Options{}).Pull(t.Context(), mustRef(t, proxy.Host+"/app:1"), ocitest.Store(t), registry.PullOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	var ranges []string
	for _, r := range proxy.Requests() {
		if strings.Contains(r.Path, m.Layers[0].Digest.String()) {
			ranges = append(ranges, r.Header.Get("Range"))
		}
	}
	if len(ranges) != 2 || ranges[0] != "" || !strings.HasPrefix(ranges[1], "bytes=") || ranges[1] == "bytes=0-" {
		t.Errorf("ranges = %q, want the whole and then the rest", ranges)
	}
}

func TestCutDownloadGoesOnInLaterPull(t *testing.T) {
	host := ocitest.Distribution(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.BigImage(t, 500_000), "app:1")
	push(t, client(t, registry.Options{}), img, host+"/app:1", registry.PushOptions{})
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	into := ocitest.Store(t)
	proxy := ocitest.FaultProxy(t, host, ocitest.Fault{Method: "GET", Path: m.Layers[0].Digest.String(), CutDownload: 200_000})
	once := registry.Options{Retry: registry.Retry{Attempts: 1}}
	_, err = client(t, once).Pull(t.Context(), mustRef(t, proxy.Host+"/app:1"), into, registry.PullOptions{Name: "app:1"})
	wantText(t, err, "of 500000 bytes arrived")
	if _, err := into.Resolve(t.Context(), "app:1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("half a pull left the image %v", err)
	}
	proxy.Reset()
	if _, err := client(t, once).Pull(t.Context(), mustRef(t, proxy.Host+"/app:1"), into, registry.PullOptions{Name: "app:1"}); err != nil {
		t.Fatal(err)
	}
	for _, r := range proxy.Requests() {
		if strings.Contains(r.Path, m.Layers[0].Digest.String()) && r.Header.Get("Range") == "" {
			t.Error("the second pull fetched the whole layer")
		}
	}
}

func TestCorruptDownloadIsThrownAway(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.BigImage(t, 1000), "app:1")
	push(t, client(t, registry.Options{}), img, server.Host+"/app:1", registry.PushOptions{})
	for _, part := range []string{"/blobs/", "/manifests/"} {
		t.Run(part, func(t *testing.T) {
			into := ocitest.Store(t)
			proxy := ocitest.FaultProxy(t, server.Host, ocitest.Fault{Method: "GET", Path: part, Times: -1, Corrupt: true})
			r := mustRef(t, proxy.Host+"/app@"+img.Digest().String())
			if _, err := client(t, registry.Options{}).Pull(t.Context(), r, into, registry.PullOptions{Name: "app:1"}); err == nil {
				t.Fatal("a corrupt image was pulled")
			}
			if images, err := into.List(t.Context()); err != nil || len(images) != 0 {
				t.Errorf("the store has %v, %v, want nothing", images, err)
			}
			proxy.Set()
			if _, err := client(t, registry.Options{}).Pull(t.Context(), r, into, registry.PullOptions{Name: "app:1"}); err != nil {
				t.Errorf("a sound pull afterwards: %v", err)
			}
		})
	}
}

func TestCorruptBlobInStoreIsReportedAsSuch(t *testing.T) {
	host := ocitest.Distribution(t)
	s := ocitest.Store(t)
	img := ocitest.Put(t, s, ocitest.BigImage(t, 1000), "app:1")
	damage(t, s, img)
	_, err := client(t, registry.Options{}).Push(t.Context(), img, mustRef(t, host+"/app:1"), registry.PushOptions{})
	if _, ok := errors.AsType[*store.BlobError](err); !ok {
		t.Errorf("Push = %v, want a BlobError about the store", err)
	}
}

func TestOtherDigestReadBackIsAnError(t *testing.T) {
	server := ocitest.Registry(t)
	s := ocitest.Store(t)
	other := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "2"}), "app:2")
	img := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	// A registry that takes the tag and keeps the old image.
	push(t, client(t, registry.Options{}), other, server.Host+"/app:1", registry.PushOptions{})
	proxy := ocitest.FaultProxy(t, server.Host, ocitest.Fault{Method: "PUT", Path: "/manifests/1", Status: 201})
	_, err := client(t, registry.Options{}).Push(t.Context(), img, mustRef(t, proxy.Host+"/app:1"), registry.PushOptions{})
	var mismatch *registry.MismatchError
	if !errors.As(err, &mismatch) || mismatch.Want != img.Digest() || mismatch.Got != other.Digest() {
		t.Errorf("Push = %v, want a MismatchError of %s", err, other.Digest())
	}
}

func TestRefusedMountIsUploaded(t *testing.T) {
	host := ocitest.Distribution(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	proxy := ocitest.FaultProxy(t, host, ocitest.Fault{Method: "POST", Status: 403})
	pushed := push(t, client(t, registry.Options{Jobs: 1}), img, proxy.Host+"/app:1", registry.PushOptions{MountFrom: []string{"private/base"}})
	if pushed.Transferred != 2 {
		t.Errorf("Push = %+v, want 2 blobs transferred", pushed)
	}
}

func TestPushStopsWithContext(t *testing.T) {
	img := ocitest.Put(t, ocitest.Store(t), ocitest.BigImage(t, 1000), "app:1")
	ctx, cancel := context.WithCancel(t.Context())
	server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodPost {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		cancel()
		<-req.Context().Done()
	}))
	_, err := client(t, registry.Options{}).Push(ctx, img, mustRef(t, server.Host+"/app:1"), registry.PushOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Push = %v, want context.Canceled", err)
	}
}

func TestNotAManifest(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"html", "<html>", "the answer is not a manifest"},
		{"schema 1", `{"schemaVersion":1}`, "schema 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := ocitest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, tt.body) }))
			_, err := client(t, registry.Options{}).Pull(t.Context(), mustRef(t, server.Host+"/app:1"), ocitest.Store(t), registry.PullOptions{})
			wantText(t, err, tt.want)
		})
	}
}

func TestHangingRegistryIsTriedAgain(t *testing.T) {
	host := ocitest.Registry(t).Host
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	push(t, client(t, registry.Options{}), img, host+"/app:1", registry.PushOptions{})
	proxy := ocitest.FaultProxy(t, host, ocitest.Fault{Method: "HEAD", Hang: true}, ocitest.Fault{Method: "GET", Path: "/blobs/", Hang: true})
	c := client(t, registry.Options{Stall: 50 * time.Millisecond})
	if _, err := c.Head(t.Context(), mustRef(t, proxy.Host+"/app:1")); err != nil {
		t.Errorf("Head: %v", err)
	}
	if _, err := c.Pull(t.Context(), mustRef(t, proxy.Host+"/app:1"), ocitest.Store(t), registry.PullOptions{}); err != nil {
		t.Errorf("Pull: %v", err)
	}
	proxy.Set(ocitest.Fault{Times: -1, Hang: true})
	_, err := c.Head(t.Context(), mustRef(t, proxy.Host+"/app:1"))
	wantText(t, err, "no data for 50ms (tried 5 times)")
}

func TestForbiddenLookupIsNotTheEnd(t *testing.T) {
	host := ocitest.Distribution(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	proxy := ocitest.FaultProxy(t, host, ocitest.Fault{Method: "HEAD", Path: "/manifests/", Times: 2, Status: 403})
	if pushed := push(t, client(t, registry.Options{}), img, proxy.Host+"/new/app:1", registry.PushOptions{}); pushed.Transferred != 2 {
		t.Errorf("Push = %+v, want 2 blobs transferred", pushed)
	}
}
