package store_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

func saved(t *testing.T, s *store.Store, images ...store.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Save(t.Context(), &b, images...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSaveLoadKeepsDigests(t *testing.T) {
	s := ocitest.Store(t)
	shared := ocitest.Files{"shared": "1"}
	one := ocitest.Put(t, s, ocitest.Image(t, shared), "app:1")
	multi, err := s.PutIndex(t.Context(), ocitest.Index(t, "linux/amd64", "linux/arm64"), "multi:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	archive := saved(t, s, one, multi)
	if again := saved(t, s, one, multi); !bytes.Equal(archive, again) {
		t.Error("the same images gave different archives")
	}
	for name, data := range map[string][]byte{"plain": archive, "gzip": gzipped(t, archive), "zstd": zstded(t, archive)} {
		t.Run(name, func(t *testing.T) {
			into := ocitest.Store(t)
			loaded, err := into.Load(t.Context(), bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{one.String(), multi.String()}, listed(t, into)); diff != "" {
				t.Errorf("loaded, -want +got:\n%s", diff)
			}
			for _, img := range loaded {
				if err := img.Verify(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestSavedImageIsReadByDockerTools(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	file := filepath.Join(t.TempDir(), "app.tar")
	if err := os.WriteFile(file, saved(t, s, img), 0o644); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag("app:1")
	if err != nil {
		t.Fatal(err)
	}
	read, err := tarball.ImageFromPath(file, &tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(read); err != nil {
		t.Error(err)
	}
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		t.Skip("skopeo is not installed: only the docker format was checked")
	}
	for _, transport := range []string{"oci-archive:" + file + ":app:1", "docker-archive:" + file + ":app:1"} {
		if out, err := exec.CommandContext(t.Context(), skopeo, "inspect", transport).CombinedOutput(); err != nil {
			t.Errorf("skopeo inspect %s: %v\n%s", transport, err, out)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Put(t, s, ocitest.BigImage(t, 5000), "app:1")
	archive := saved(t, s, img)
	flipped := bytes.Clone(archive)
	flipped[bytes.Index(flipped, ocitest.Noise(100, 0))] ^= 1
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "the archive is empty"},
		{"text", []byte(strings.Repeat("hello\n", 200)), "not a tar archive"},
		{"cut short", archive[:4000], "unexpected EOF"},
		{"flipped bit", flipped, "the bytes received have the digest"},
		{"no index", ocitest.Tar(t, ocitest.Files{"a": "1"}), "neither index.json nor manifest.json"},
		{"nothing of docker", ocitest.Tar(t, ocitest.Files{"manifest.json": "[]"}), "has no images"},
		{"no config of docker", ocitest.Tar(t, ocitest.Files{"manifest.json": `[{"Config":"c.json"}]`}), `lacks the config "c.json"`},
		{"no layer of docker", ocitest.Tar(t, ocitest.Files{"manifest.json": `[{"Config":"c.json","Layers":["l"]}]`, "c.json": `{"rootfs":{"diff_ids":["` + img.Digest().String() + `"]}}`}), `lacks the layer "l"`},
		{"blob missing", ocitest.Tar(t, ocitest.Files{"index.json": `{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"` + img.Digest().String() + `","size":5}]}`}), "missing"},
		{"bad digest", ocitest.Tar(t, ocitest.Files{"blobs/sha256/../../x": "1", "blobs/sha256/x": "1"}), "only sha256 is supported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			into := ocitest.Store(t)
			_, err := into.Load(t.Context(), bytes.NewReader(tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %v, want %q", err, tt.want)
			}
			if got := listed(t, into); len(got) != 0 {
				t.Errorf("the store has %v, want nothing", got)
			}
		})
	}
}

func TestLoadReadsArchivesOfDocker(t *testing.T) {
	img := ocitest.Image(t, ocitest.Files{"a": "1"}, ocitest.Files{})
	tag, err := name.NewTag("app:1")
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := tarball.Write(tag, img, &archive); err != nil {
		t.Fatal(err)
	}
	s := ocitest.Store(t)
	loaded, err := s.Load(t.Context(), &archive)
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded) != 1 || loaded[0].Name != "app:1" {
		t.Fatalf("loaded %v", loaded)
	}
	if err := loaded[0].Verify(t.Context()); err != nil {
		t.Error(err)
	}
	want, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	if m, err := loaded[0].Manifest(); err != nil || m.Config.Digest != want {
		t.Errorf("the config is %v, want %s (%v)", m, want, err)
	}
}

func TestCombine(t *testing.T) {
	s := ocitest.Store(t)
	platform := func(arch string) store.Image {
		return ocitest.Put(t, s, ocitest.PlatformImage(t, v1.Platform{OS: "linux", Architecture: arch}, ocitest.Files{"a": "1"}), "")
	}
	amd, arm := platform("amd64"), platform("arm64")
	multi, err := s.Combine(t.Context(), []store.Image{amd, arm}, "multi:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Combine(t.Context(), []store.Image{amd, arm}, "multi:2", nil)
	if err != nil {
		t.Fatal(err)
	}
	if multi.Digest() != again.Digest() {
		t.Errorf("the same images gave %s and %s", multi.Digest(), again.Digest())
	}
	chosen, err := multi.Select(v1.Platform{OS: "linux", Architecture: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	if chosen.Digest() != arm.Digest() {
		t.Errorf("selected %s, want %s", chosen.Digest(), arm.Digest())
	}
	alone, err := s.Combine(t.Context(), []store.Image{amd}, "alone:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if alone.Digest() != amd.Digest() || alone.IsIndex() {
		t.Errorf("one image became %s, want itself", alone)
	}
	if _, err := s.Combine(t.Context(), []store.Image{amd, amd}, "twice:1", nil); err == nil || !strings.Contains(err.Error(), "both for linux/amd64") {
		t.Errorf("combining a platform twice = %v, want an error", err)
	}
	if _, err := s.Combine(t.Context(), nil, "none:1", nil); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("combining nothing = %v, want an error", err)
	}
}
