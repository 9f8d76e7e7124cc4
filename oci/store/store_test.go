package store_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

func TestPutKeepsDigest(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Image(t, ocitest.Files{"a": "1"}, ocitest.Files{"b": "2"})
	put := ocitest.Put(t, s, img, "Web Base:1.0.0-1")
	got, err := s.Resolve(t.Context(), "store:web-base:1.0.0-1")
	if err != nil {
		t.Fatal(err)
	}
	if want := ocitest.Digest(t, img); got.Digest() != want || put.Digest() != want {
		t.Errorf("resolved %v, put %v, want %v", got.Digest(), put.Digest(), want)
	}
	if got.Name != "web-base:1.0.0-1" {
		t.Errorf("Name = %q, want the normal form", got.Name)
	}
	view, err := got.V1()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(view); err != nil {
		t.Error(err)
	}
	if err := got.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPutTwiceIsOneEntry(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Image(t, ocitest.Files{"a": "1"})
	ocitest.Put(t, s, img, "app:1")
	before, err := os.ReadFile(filepath.Join(s.Dir(), "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	ocitest.Put(t, s, img, "app:1")
	after, err := os.ReadFile(filepath.Join(s.Dir(), "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("the second Put changed index.json, -before +after:\n%s", diff)
	}
}

func TestImageDescribesItself(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Image(t, ocitest.Files{"a": "1"}, ocitest.Files{"b": "2"})
	got := ocitest.Put(t, s, img, "app:1")
	platforms, err := got.Platforms()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]v1.Platform{{OS: "linux", Architecture: "amd64"}}, platforms); diff != "" {
		t.Errorf("platforms, -want +got:\n%s", diff)
	}
	layers, err := got.Layers()
	if err != nil {
		t.Fatal(err)
	}
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Layers, layers, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("layers, -want +got:\n%s", diff)
	}
	size, err := got.Size()
	if err != nil {
		t.Fatal(err)
	}
	if want := got.Descriptor.Size + m.Config.Size + m.Layers[0].Size + m.Layers[1].Size; size != want {
		t.Errorf("Size = %d, want %d", size, want)
	}
	if _, err := got.IndexManifest(); err == nil {
		t.Error("IndexManifest of a single image does not fail")
	}
}

func TestIndexOfPlatforms(t *testing.T) {
	s := ocitest.Store(t)
	img, err := s.PutIndex(t.Context(), ocitest.Index(t, "linux/amd64", "linux/arm64/v8"), "multi:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	index, err := img.V1Index()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	arm, err := img.Select(v1.Platform{OS: "linux", Architecture: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	config, err := arm.Config()
	if err != nil {
		t.Fatal(err)
	}
	if config.Architecture != "arm64" {
		t.Errorf("selected %q, want arm64", config.Architecture)
	}
	byDigest, err := s.Resolve(t.Context(), arm.Digest().String())
	if err != nil {
		t.Fatalf("an image inside an index is not found by its digest: %v", err)
	}
	if byDigest.Digest() != arm.Digest() {
		t.Errorf("Resolve = %v, want %v", byDigest.Digest(), arm.Digest())
	}
	_, err = img.Select(v1.Platform{OS: "linux", Architecture: "s390x"})
	var missing *store.PlatformError
	if !errors.As(err, &missing) || !strings.Contains(missing.Hint(), "linux/amd64, linux/arm64/v8") {
		t.Errorf("Select = %v, want a PlatformError that lists the platforms", err)
	}
}

func TestResolveUnknown(t *testing.T) {
	s := ocitest.Store(t)
	ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	for _, name := range []string{"app:2", "store:app:2", "sha256:" + strings.Repeat("0", 64), "other"} {
		_, err := s.Resolve(t.Context(), name)
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Resolve(%q) = %v, want ErrNotFound", name, err)
		}
	}
	_, err := s.Resolve(t.Context(), "app:2")
	var missing *store.NotFoundError
	if !errors.As(err, &missing) || !strings.Contains(missing.Hint(), "app:1") {
		t.Errorf("Resolve = %v, want a hint at app:1", err)
	}
}

func TestMovedNameKeepsOldImageUnnamed(t *testing.T) {
	s := ocitest.Store(t)
	first := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	second := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "2"}), "app:1")
	got, err := s.Resolve(t.Context(), "app:1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Digest() != second.Digest() {
		t.Errorf("app:1 is %v, want the second image", got.Digest())
	}
	old, err := s.Resolve(t.Context(), first.Digest().String())
	if err != nil {
		t.Fatalf("the first image is lost: %v", err)
	}
	if old.Name != "" {
		t.Errorf("the first image has the name %q", old.Name)
	}
	want := []string{"app:1@" + second.Digest().String(), first.Digest().String()}
	if diff := cmp.Diff(want, listed(t, s)); diff != "" {
		t.Errorf("List, -want +got:\n%s", diff)
	}
}

func TestTagAndDelete(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	digest := img.Digest().String()
	for _, name := range []string{"app:latest", "other:x"} {
		if _, err := s.Tag(t.Context(), "app:1", name); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delete(t.Context(), "app:1"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"app:latest@" + digest, "other:x@" + digest}, listed(t, s)); diff != "" {
		t.Errorf("after deleting a name, -want +got:\n%s", diff)
	}
	if err := s.Delete(t.Context(), digest); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, s); len(got) != 0 {
		t.Errorf("after deleting the digest: %v", got)
	}
	if err := s.Delete(t.Context(), "app:1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleting again = %v, want ErrNotFound", err)
	}
}

func TestUnnamedImageGetsName(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Image(t, ocitest.Files{"a": "1"})
	ocitest.Put(t, s, img, "")
	ocitest.Put(t, s, img, "app:1")
	again := ocitest.Put(t, s, img, "")
	if again.Name != "app:1" {
		t.Errorf("an image put without a name has the name %q, want the one it had", again.Name)
	}
	if diff := cmp.Diff([]string{"app:1@" + again.Digest().String()}, listed(t, s)); diff != "" {
		t.Errorf("List, -want +got:\n%s", diff)
	}
}

func TestMarkTestUnderAllNames(t *testing.T) {
	s := ocitest.Store(t)
	image := ocitest.Image(t, ocitest.Files{"a": "1"})
	img := ocitest.Put(t, s, image, "app:1")
	ocitest.Put(t, s, image, "app:2")
	want := store.Test{Status: store.Failed, Time: time.Date(2031, 4, 9, 7, 15, 2, 0, time.UTC), RunID: "run-1"}
	if err := s.MarkTest(t.Context(), img.Digest(), want); err != nil {
		t.Fatal(err)
	}
	ocitest.Put(t, s, image, "app:2")
	ocitest.Put(t, s, image, "app:3")
	for _, name := range []string{"app:1", "app:2", "app:3"} {
		got, err := s.Resolve(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Test); diff != "" {
			t.Errorf("test of %s, -want +got:\n%s", name, diff)
		}
	}
	if err := s.MarkTest(t.Context(), img.Digest(), store.Test{}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Resolve(t.Context(), "app:1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Test != (store.Test{}) || got.Digest() != img.Digest() {
		t.Errorf("unmarked image is %v with test %+v", got, got.Test)
	}
	if err := s.MarkTest(t.Context(), v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("0", 64)}, want); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("marking an unknown image = %v, want ErrNotFound", err)
	}
}

func TestOpenRefusesOtherFolders(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"9.0.0"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(dir); err == nil || !strings.Contains(err.Error(), `"9.0.0"`) {
		t.Errorf("Open of a newer layout = %v, want an error that names its version", err)
	}
	if _, err := store.OpenExisting(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenExisting of an empty folder = %v, want fs.ErrNotExist", err)
	}
}

func TestForeignLayout(t *testing.T) {
	dir := t.TempDir()
	path, err := layout.Write(dir, ocitest.Index(t))
	if err != nil {
		t.Fatal(err)
	}
	img := ocitest.Image(t, ocitest.Files{"a": "1"})
	if err := path.AppendImage(img, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "1.0"})); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o755); err != nil {
		t.Fatal(err)
	}
	s, err := store.OpenExisting(dir)
	if err != nil {
		t.Fatal(err)
	}
	named, err := s.Named("1.0")
	if err != nil {
		t.Fatal(err)
	}
	only, err := s.Only()
	if err != nil {
		t.Fatal(err)
	}
	if want := ocitest.Digest(t, img); named.Digest() != want || only.Digest() != want {
		t.Errorf("Named = %v, Only = %v, want %v", named.Digest(), only.Digest(), want)
	}
	if err := path.AppendImage(ocitest.Image(t, ocitest.Files{"b": "2"})); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Only(); err == nil || !strings.Contains(err.Error(), "2 images") {
		t.Errorf("Only of two images = %v, want an error", err)
	}
}

func TestSkopeoReadsTheStore(t *testing.T) {
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		t.Skip("skopeo is not installed")
	}
	s := ocitest.Store(t)
	img := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "web-base:1.0.0-1")
	ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "2"}), "web-base:1.0.0-2")
	out, err := exec.CommandContext(t.Context(), skopeo, "inspect", "oci:"+s.Dir()+":web-base:1.0.0-1").CombinedOutput()
	if err != nil {
		t.Fatalf("skopeo inspect: %v\n%s", err, out)
	}
	var answer struct{ Digest string }
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("skopeo says %s: %v", out, err)
	}
	if answer.Digest != img.Digest().String() {
		t.Errorf("skopeo sees %s, want %s", answer.Digest, img.Digest())
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if out, err := exec.CommandContext(t.Context(), skopeo, "--insecure-policy", "copy", "oci:"+s.Dir()+":web-base:1.0.0-1", "oci:"+copied+":x").CombinedOutput(); err != nil {
		t.Errorf("skopeo copy: %v\n%s", err, out)
	}
}

func listed(t *testing.T, s *store.Store) []string {
	t.Helper()
	images, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, img := range images {
		names = append(names, img.String())
	}
	return names
}
