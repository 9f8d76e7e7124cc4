package registry_test

import (
	"testing"

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

// servers are the registries that every protocol test runs against.
func servers(t *testing.T, test func(t *testing.T, host string)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) { test(t, ocitest.Registry(t).Host) })
	t.Run("docker-registry", func(t *testing.T) { test(t, ocitest.Distribution(t)) })
}

func TestPushPullKeepsDigest(t *testing.T) {
	servers(t, func(t *testing.T, host string) {
		from, to := ocitest.Store(t), ocitest.Store(t)
		img := ocitest.Put(t, from, ocitest.Image(t, ocitest.Files{"a": "1"}, ocitest.Files{"b": "2"}), "app:1.0.0-1")
		c := registry.New(registry.Options{})
		r := mustRef(t, host+"/team/app:1.0.0-1")
		pushed, err := c.Push(t.Context(), img, r, registry.PushOptions{Tags: []string{"latest"}})
		if err != nil {
			t.Fatal(err)
		}
		if pushed.Transferred != 3 || pushed.Present {
			t.Errorf("Push = %+v, want 3 blobs transferred", pushed)
		}
		got, err := c.Pull(t.Context(), mustRef(t, host+"/team/app"), to, registry.PullOptions{
			Name: "pulled", Platform: &v1.Platform{OS: "linux", Architecture: "amd64"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.Digest() != img.Digest() {
			t.Errorf("pulled %s, pushed %s", got.Digest(), img.Digest())
		}
		validateImage(t, got)
	})
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
