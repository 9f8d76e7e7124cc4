package plan

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

func resolve(t *testing.T, s Sources, text string) Image {
	t.Helper()
	r, err := ref.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	image, err := s.Resolve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestREC08EveryPlaceResolvesToDigests(t *testing.T) {
	server := ocitest.Registry(t)
	s := Sources{Registry: registry.New(registry.Options{}), Store: ocitest.Store(t)}
	single := ocitest.Image(t, ocitest.Files{"a": "a"})
	index := ocitest.Index(t, "linux/amd64", "linux/arm64")
	stored := ocitest.Put(t, s.Store, single, "own:1")
	dir := filepath.Join(t.TempDir(), "layout")
	layout, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	ocitest.Put(t, layout, single, "own:1")
	push(t, s.Registry, ocitest.Put(t, layoutStore(t), single, "x:1"), server.Host+"/single:1")
	push(t, s.Registry, putIndex(t, index), server.Host+"/index:1")

	amd64 := v1.Platform{OS: "linux", Architecture: "amd64"}
	one := Image{Digest: stored.Digest().String(), Platforms: []ImagePlatform{{amd64, stored.Digest().String()}}}
	for _, text := range []string{
		server.Host + "/single:1", "store:own:1", "store:" + one.Digest, "oci-layout:" + dir, "oci-layout:" + dir + "@" + one.Digest,
	} {
		if diff := cmp.Diff(one, resolve(t, s, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	got := resolve(t, s, server.Host+"/index:1")
	if got.Digest != ocitest.Digest(t, index).String() || len(got.Platforms) != 2 || got.Platforms[1].Platform.Architecture != "arm64" {
		t.Errorf("index: %+v", got)
	}
}

func layoutStore(t *testing.T) *store.Store { t.Helper(); return ocitest.Store(t) }

func putIndex(t *testing.T, index v1.ImageIndex) store.Image {
	t.Helper()
	stored, err := ocitest.Store(t).PutIndex(t.Context(), index, "x:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func push(t *testing.T, c *registry.Client, image store.Image, to string) {
	t.Helper()
	r, err := ref.ParseRegistry(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Push(t.Context(), image, r, registry.PushOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestKnownParentTakesOneRequest(t *testing.T) {
	server := ocitest.Registry(t)
	s := Sources{Registry: registry.New(registry.Options{}), Store: ocitest.Store(t)}
	push(t, s.Registry, ocitest.Put(t, s.Store, ocitest.Image(t, ocitest.Files{"a": "a"}), "x:1"), server.Host+"/parent:1")
	before := len(server.Requests())
	resolve(t, s, server.Host+"/parent:1")
	var asked []string
	for _, r := range server.Requests()[before:] {
		if strings.Contains(r.Path, "/parent/") {
			asked = append(asked, r.Method)
		}
	}
	if diff := cmp.Diff([]string{"HEAD"}, asked); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestREC10VER11BuildsOfTheStore(t *testing.T) {
	s := Sources{Store: ocitest.Store(t)}
	for i, name := range []string{"web-base:1.2.0-1", "web-base:1.10.0-2", "web-base:latest", "web-base:1.x.x-1", "other:1.2.0-1", "web-base:3.0.0-1"} {
		image := ocitest.Put(t, s.Store, ocitest.Image(t, ocitest.Files{"a": strings.Repeat("a", i)}), name)
		if name == "web-base:3.0.0-1" {
			if err := s.Store.MarkTest(t.Context(), image.Digest(), store.Test{Status: store.Failed, Time: time.Unix(0, 0)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	builds, err := s.Builds(t.Context(), "web-base")
	if err != nil {
		t.Fatal(err)
	}
	want := []Build{
		{recipe.Version{1, 2, 0}, 1, ref.Ref{Transport: ref.Store, Repository: "web-base", Tag: "1.2.0-1"}},
		{recipe.Version{1, 10, 0}, 2, ref.Ref{Transport: ref.Store, Repository: "web-base", Tag: "1.10.0-2"}},
	}
	if diff := cmp.Diff(want, builds); diff != "" {
		t.Errorf("Builds (-want +got):\n%s", diff)
	}
	versions, err := s.Versions(t.Context(), "web-base")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]recipe.Version{{1, 2, 0}, {1, 10, 0}, {3, 0, 0}}, versions); diff != "" {
		t.Errorf("Versions (-want +got):\n%s", diff)
	}
}
