package registry_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

func mustRef(t *testing.T, s string) ref.Ref {
	t.Helper()
	r, err := ref.ParseRegistry(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// noWait is a policy that does not wait, and hands the waits it would have made to a test.
func noWait(waits *[]time.Duration) registry.Retry {
	return registry.Retry{Sleep: func(_ context.Context, d time.Duration) error {
		if waits != nil {
			*waits = append(*waits, d)
		}
		return nil
	}}
}

func client(t *testing.T, opts registry.Options) *registry.Client {
	t.Helper()
	if opts.Retry.Sleep == nil {
		opts.Retry.Sleep = noWait(nil).Sleep
	}
	if opts.Keychain == nil {
		opts.Keychain = anonymous{}
	}
	c := registry.New(opts)
	t.Cleanup(c.Close)
	return c
}

// registries are those that a test of the protocol runs against.
var registries = map[string]func(testing.TB) string{
	"in process":      func(tb testing.TB) string { tb.Helper(); return ocitest.Registry(tb).Host },
	"docker-registry": ocitest.Distribution,
}

func push(t *testing.T, c *registry.Client, img store.Image, to string, opts registry.PushOptions) registry.Pushed {
	t.Helper()
	pushed, err := c.Push(t.Context(), img, mustRef(t, to), opts)
	if err != nil {
		t.Fatal(err)
	}
	return pushed
}

func validateImage(t *testing.T, img store.Image) {
	t.Helper()
	view, err := img.V1()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(view); err != nil {
		t.Error(err)
	}
}

func TestPushPullKeepsDigest(t *testing.T) {
	for name, start := range registries {
		t.Run(name, func(t *testing.T) {
			host := start(t)
			from, to := ocitest.Store(t), ocitest.Store(t)
			img := ocitest.Put(t, from, ocitest.Image(t, ocitest.Files{"a": "1"}, ocitest.Files{"b": "2"}), "app:1.0.0-1")
			c := client(t, registry.Options{})
			pushed := push(t, c, img, host+"/team/app:1.0.0-1", registry.PushOptions{Tags: []string{"latest", "1.0.0-1"}})
			if pushed.Transferred != 3 || pushed.Present || pushed.Digest != img.Digest() {
				t.Errorf("Push = %+v, want 3 blobs transferred", pushed)
			}
			for _, tag := range []string{"1.0.0-1", "latest"} {
				got, err := c.Pull(t.Context(), mustRef(t, host+"/team/app:"+tag), to, registry.PullOptions{
					Name: "pulled:" + tag, Platform: &v1.Platform{OS: "linux", Architecture: "amd64"},
				})
				if err != nil {
					t.Fatal(err)
				}
				if got.Digest() != img.Digest() || got.Name != "pulled:"+tag {
					t.Errorf("pulled %s, pushed %s", got, img.Digest())
				}
				validateImage(t, got)
			}
		})
	}
}

func TestIndexKeepsDigest(t *testing.T) {
	for name, start := range registries {
		t.Run(name, func(t *testing.T) {
			host := start(t)
			img, err := ocitest.Store(t).PutIndex(t.Context(), ocitest.Index(t, "linux/amd64", "linux/arm64"), "multi:1", nil)
			if err != nil {
				t.Fatal(err)
			}
			c := client(t, registry.Options{})
			r := mustRef(t, host+"/multi:1")
			push(t, c, img, r.String(), registry.PushOptions{})
			all, err := c.Pull(t.Context(), r, ocitest.Store(t), registry.PullOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if all.Digest() != img.Digest() {
				t.Errorf("pulled %s, pushed %s", all.Digest(), img.Digest())
			}
			if err := all.Verify(t.Context()); err != nil {
				t.Error(err)
			}
			arm := v1.Platform{OS: "linux", Architecture: "arm64"}
			want, err := img.Select(arm)
			if err != nil {
				t.Fatal(err)
			}
			one, err := c.Pull(t.Context(), r, ocitest.Store(t), registry.PullOptions{Platform: &arm})
			if err != nil {
				t.Fatal(err)
			}
			desc, err := c.Resolve(t.Context(), r, arm)
			if err != nil {
				t.Fatal(err)
			}
			if one.Digest() != want.Digest() || desc.Digest != want.Digest() {
				t.Errorf("pulled %s, resolved %s, want %s", one.Digest(), desc.Digest, want.Digest())
			}
			config, err := c.Config(t.Context(), r, arm)
			if err != nil {
				t.Fatal(err)
			}
			if config.Architecture != "arm64" {
				t.Errorf("the config is for %q, want arm64", config.Architecture)
			}
		})
	}
}

func TestNothingChangedCostsOneHead(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	push(t, client(t, registry.Options{}), img, server.Host+"/app:1", registry.PushOptions{})
	server.Reset()
	pushed := push(t, client(t, registry.Options{}), img, server.Host+"/app:1", registry.PushOptions{})
	if !pushed.Present {
		t.Errorf("Push = %+v, want present", pushed)
	}
	requests := server.Requests()
	if len(requests) != 1 || requests[0].Method != "HEAD" || requests[0].Path != "/v2/app/manifests/1" {
		t.Errorf("requests = %+v, want one HEAD of the tag", requests)
	}
}

func TestNothingChangedCostsOneHeadWithAnUploadBefore(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	push(t, client(t, registry.Options{}), img, server.Host+"/app:1", registry.PushOptions{})
	server.Reset()
	c, both := client(t, registry.Options{}), registry.PushOptions{Tags: []string{"2"}}
	if _, err := c.Upload(t.Context(), img, mustRef(t, server.Host+"/app:1"), both); err != nil {
		t.Fatal(err)
	}
	if pushed := push(t, c, img, server.Host+"/app:1", both); pushed.Present || pushed.Transferred != 0 {
		t.Errorf("Push = %+v, want the other tag written", pushed)
	}
	if n := server.Count("HEAD", "/v2/app/manifests/1"); n != 1 {
		t.Errorf("the tag that was there was asked for %d times, want once", n)
	}
	if pushed := push(t, c, img, server.Host+"/app:1", registry.PushOptions{}); !pushed.Present {
		t.Errorf("Push = %+v, want present", pushed)
	}
	if n := server.Count("HEAD", "/v2/app/manifests/1"); n != 2 {
		t.Errorf("a push without an upload asked %d times, want once", n-1)
	}
}

func TestNewTagOfKnownDigestMovesNoBlobs(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	push(t, client(t, registry.Options{}), img, server.Host+"/app:1", registry.PushOptions{})
	server.Reset()
	pushed := push(t, client(t, registry.Options{}), img, server.Host+"/app:2", registry.PushOptions{})
	if pushed.Present || server.Count("", "/blobs/") != 0 {
		t.Errorf("Push = %+v with %d requests for blobs, want a tag alone", pushed, server.Count("", "/blobs/"))
	}
}

func TestNewTagBehindAnUploadAsksNothingTwice(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	push(t, client(t, registry.Options{}), img, server.Host+"/app:1", registry.PushOptions{})
	server.Reset()
	c := client(t, registry.Options{})
	if _, err := c.Upload(t.Context(), img, mustRef(t, server.Host+"/app:2"), registry.PushOptions{}); err != nil {
		t.Fatal(err)
	}
	pushed := push(t, c, img, server.Host+"/app:2", registry.PushOptions{})
	if pushed.Present || pushed.Transferred+pushed.Skipped != 0 {
		t.Errorf("Push = %+v, want a tag alone", pushed)
	}
	var got []string
	for _, r := range server.Requests() {
		got = append(got, r.Method+" "+strings.Replace(r.Path, img.Digest().String(), "DIGEST", 1))
	}
	want := []string{
		"HEAD /v2/app/manifests/2", "HEAD /v2/app/manifests/DIGEST", // beside the test
		"PUT /v2/app/manifests/2", "HEAD /v2/app/manifests/2", // which reads it back
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestPushSendsChangedLayersOnly(t *testing.T) {
	for name, start := range registries {
		t.Run(name, func(t *testing.T) {
			host := start(t)
			s := ocitest.Store(t)
			base := ocitest.Files{"base": "1"}
			push(t, client(t, registry.Options{}), ocitest.Put(t, s, ocitest.Image(t, base), "app:1"), host+"/app:1", registry.PushOptions{})
			second := ocitest.Put(t, s, ocitest.Image(t, base, ocitest.Files{"new": "1"}), "app:2")
			pushed := push(t, client(t, registry.Options{}), second, host+"/app:1", registry.PushOptions{})
			if pushed.Transferred != 2 || pushed.Skipped != 1 { // new layer and config; the base is there
				t.Errorf("Push = %+v, want 2 blobs transferred and 1 skipped", pushed)
			}
		})
	}
}

func TestPushMountsFromOtherRepository(t *testing.T) {
	host := ocitest.Distribution(t) // the registry in this process shares blobs among repositories anyway
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}, ocitest.Files{"b": "1"}), "app:1")
	push(t, client(t, registry.Options{}), img, host+"/one/app:1", registry.PushOptions{})
	pushed := push(t, client(t, registry.Options{}), img, host+"/two/app:1", registry.PushOptions{MountFrom: []string{"one/app"}})
	if pushed.Mounted != 3 || pushed.Transferred != 0 {
		t.Errorf("Push = %+v, want 3 blobs mounted", pushed)
	}
}

func TestPullMakesBlobsMountable(t *testing.T) {
	host := ocitest.Distribution(t)
	s := ocitest.Store(t)
	push(t, client(t, registry.Options{}), ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "base:1"), host+"/base:1", registry.PushOptions{})
	c := client(t, registry.Options{})
	img, err := c.Pull(t.Context(), mustRef(t, host+"/base:1"), ocitest.Store(t), registry.PullOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pushed := push(t, c, img, host+"/copy:1", registry.PushOptions{})
	if pushed.Mounted != 2 {
		t.Errorf("Push = %+v, want 2 blobs mounted from where they were pulled", pushed)
	}
}

func TestUploadIsInvisibleUntilPush(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	c := client(t, registry.Options{})
	r := mustRef(t, server.Host+"/app:1")
	uploaded, err := c.Upload(t.Context(), img, r, registry.PushOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if uploaded.Transferred != 2 || server.Count("PUT", "/manifests/") != 0 {
		t.Errorf("Upload = %+v with %d manifests written", uploaded, server.Count("PUT", "/manifests/"))
	}
	server.Reset()
	push(t, c, img, r.String(), registry.PushOptions{})
	if n := server.Count("", "/blobs/"); n != 0 {
		t.Errorf("the push made %d requests for blobs, want none", n)
	}
}

func TestPushRecoversFromOutdatedKnowledge(t *testing.T) {
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	first := ocitest.Distribution(t)
	proxy := ocitest.FaultProxy(t, first)
	c := client(t, registry.Options{})
	if _, err := c.Upload(t.Context(), img, mustRef(t, proxy.Host+"/app:1"), registry.PushOptions{}); err != nil {
		t.Fatal(err)
	}
	proxy.Forward(ocitest.Distribution(t)) // as if the registry had collected its garbage
	pushed := push(t, c, img, proxy.Host+"/app:1", registry.PushOptions{})
	if pushed.Transferred != 2 {
		t.Errorf("Push = %+v, want both blobs sent again", pushed)
	}
}

func TestPullFetchesMissingBlobsOnly(t *testing.T) {
	server := ocitest.Registry(t)
	from, to := ocitest.Store(t), ocitest.Store(t)
	base := ocitest.Files{"base": "1"}
	c := client(t, registry.Options{})
	push(t, c, ocitest.Put(t, from, ocitest.Image(t, base, ocitest.Files{"new": "1"}), "app:1"), server.Host+"/app:1", registry.PushOptions{})
	ocitest.Put(t, to, ocitest.Image(t, base), "base:1")
	server.Reset()
	if _, err := c.Pull(t.Context(), mustRef(t, server.Host+"/app:1"), to, registry.PullOptions{Name: "app:1"}); err != nil {
		t.Fatal(err)
	}
	if n := server.Count("GET", "/blobs/"); n != 2 { // new layer and config
		t.Errorf("fetched %d blobs, want 2", n)
	}
}

func TestProgressEndsOncePerBlob(t *testing.T) {
	server := ocitest.Registry(t)
	img := ocitest.Put(t, ocitest.Store(t), ocitest.BigImage(t, 300_000, 200_000), "app:1")
	var seen recorder
	push(t, client(t, registry.Options{}), img, server.Host+"/app:1", registry.PushOptions{Progress: seen.add})
	if _, err := client(t, registry.Options{}).Pull(t.Context(), mustRef(t, server.Host+"/app:1"), ocitest.Store(t), registry.PullOptions{Progress: seen.add}); err != nil {
		t.Fatal(err)
	}
	done := map[v1.Hash]int{}
	for _, p := range seen.all() {
		if p.Current > p.Total {
			t.Errorf("progress %+v is beyond its total", p)
		}
		if p.Done {
			done[p.Digest]++
		}
	}
	for digest, n := range done {
		if n != 2 { // once up, once down
			t.Errorf("%s ended %d times, want 2", digest, n)
		}
	}
	if len(done) != 3 {
		t.Errorf("progress of %d blobs, want 3", len(done))
	}
}

func TestPullRefusesWrongPlatform(t *testing.T) {
	server := ocitest.Registry(t)
	c := client(t, registry.Options{})
	push(t, c, ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1"), server.Host+"/app:1", registry.PushOptions{})
	_, err := c.Pull(t.Context(), mustRef(t, server.Host+"/app:1"), ocitest.Store(t), registry.PullOptions{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}})
	wantHint(t, err, "linux/amd64")
}

func TestPushRefusesOtherDigest(t *testing.T) {
	img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	other := ocitest.Digest(t, ocitest.Image(t, ocitest.Files{"a": "2"}))
	_, err := client(t, registry.Options{}).Push(t.Context(), img, mustRef(t, "127.0.0.1:1/app@"+other.String()), registry.PushOptions{})
	wantText(t, err, "its digest is another")
}

func TestPushByDigest(t *testing.T) {
	for name, start := range registries {
		t.Run(name, func(t *testing.T) {
			host := start(t)
			img := ocitest.Put(t, ocitest.Store(t), ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
			c := client(t, registry.Options{})
			push(t, c, img, host+"/app@"+img.Digest().String(), registry.PushOptions{})
			desc, err := c.Head(t.Context(), mustRef(t, host+"/app@"+img.Digest().String()))
			if err != nil {
				t.Fatal(err)
			}
			if desc.Digest != img.Digest() || desc.Size != img.Descriptor.Size || desc.MediaType != img.Descriptor.MediaType {
				t.Errorf("Head = %+v, want %+v", desc, img.Descriptor)
			}
		})
	}
}
