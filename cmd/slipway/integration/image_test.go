//go:build linux

package integration

import (
	"archive/tar"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	valid "github.com/google/go-containerregistry/pkg/v1/validate"
)

// These read images with the library of other people, from the files and the registry that slipway wrote.

// image is an image of the store, whole.
func (h *home) image(digest string) v1.Image {
	h.t.Helper()
	path, err := layout.FromPath(filepath.Join(h.dir, "images"))
	if err != nil {
		h.t.Fatal(err)
	}
	hash, err := v1.NewHash(digest)
	if err != nil {
		h.t.Fatal(err)
	}
	img, err := path.Image(hash)
	if err != nil {
		h.t.Fatalf("image %s: %v", digest, err)
	}
	return img
}

// pointers are the names in the index of the image store, with their digests.
func (h *home) pointers() map[string]string {
	h.t.Helper()
	index := h.index()
	found := map[string]string{}
	for _, m := range index.Manifests {
		if name := m.Annotations["org.opencontainers.image.ref.name"]; name != "" {
			found[name] = m.Digest.String()
		}
	}
	return found
}

func (h *home) index() *v1.IndexManifest {
	h.t.Helper()
	index, err := layout.ImageIndexFromPath(filepath.Join(h.dir, "images"))
	if err != nil {
		h.t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		h.t.Fatal(err)
	}
	return manifest
}

// pull fetches an image from a registry and checks every byte of it.
func pull(t *testing.T, reference string) v1.Image {
	t.Helper()
	r, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(r, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatalf("pull %s: %v", reference, err)
	}
	if err := valid.Image(img); err != nil {
		t.Fatalf("image %s of the registry: %v", reference, err)
	}
	return img
}

// inRegistry reports whether a registry has an image.
func inRegistry(t *testing.T, reference string) bool {
	t.Helper()
	r, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	_, err = remote.Head(r, remote.WithContext(t.Context()))
	return err == nil
}

func digestOf(t *testing.T, img v1.Image) string {
	t.Helper()
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

func configOf(t *testing.T, img v1.Image) *v1.ConfigFile {
	t.Helper()
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func layersOf(t *testing.T, img v1.Image) []v1.Layer {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	return layers
}

// entry is what a layer has at a path.
type entry struct {
	header  *tar.Header
	content string
}

// entries are the contents of a layer by path.
func entries(t *testing.T, layer v1.Layer) map[string]entry {
	t.Helper()
	r, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	found := map[string]entry{}
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		found["/"+strings.Trim(header.Name, "/")] = entry{header, string(content)}
	}
}

// filesOf lists what the layers hold that are not folders, with their contents; a folder is listed where nothing is
// in it.
func filesOf(t *testing.T, layers ...v1.Layer) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, layer := range layers {
		all := entries(t, layer)
		for path, e := range all {
			if e.header.Typeflag != tar.TypeDir {
				found[path] = e.content
			} else if !hasBelow(all, path) {
				found[path+"/"] = ""
			}
		}
	}
	return found
}

func hasBelow(all map[string]entry, folder string) bool {
	for path := range all {
		if strings.HasPrefix(path, folder+"/") {
			return true
		}
	}
	return false
}
