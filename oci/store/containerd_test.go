package store_test

import (
	"bytes"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/oci/ocitest"
)

// TestAddAfterContainerdWrites is the way of a build: BuildKit writes blobs through a containerd content store on the
// folder, and Add makes them an image.
func TestAddAfterContainerdWrites(t *testing.T) {
	from, into := ocitest.Store(t), ocitest.Store(t)
	img := ocitest.Put(t, from, ocitest.Image(t, ocitest.Files{"a": "1"}, ocitest.Files{"b": "1"}), "app:1")
	contents, err := local.NewStore(into.Dir())
	if err != nil {
		t.Fatal(err)
	}
	err = img.Walk(func(desc v1.Descriptor) error {
		data, err := from.ReadBlob(desc)
		if err != nil {
			return err
		}
		return content.WriteBlob(t.Context(), contents, desc.Digest.String(), bytes.NewReader(data),
			ocispec.Descriptor{Digest: digest.Digest(desc.Digest.String()), Size: desc.Size})
	})
	if err != nil {
		t.Fatal(err)
	}
	added, err := into.Add(t.Context(), v1.Descriptor{Digest: img.Digest()}, "app:1", map[string]string{"io.slipway.run": "run-1"})
	if err != nil {
		t.Fatal(err)
	}
	validateAdded := added.Descriptor.Size == img.Descriptor.Size && added.Descriptor.MediaType == img.Descriptor.MediaType
	if !validateAdded || added.Descriptor.Annotations["io.slipway.run"] != "run-1" {
		t.Errorf("Add = %+v, want size and type of %+v and the annotation", added.Descriptor, img.Descriptor)
	}
	if err := added.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	reader, err := contents.ReaderAt(t.Context(), ocispec.Descriptor{Digest: digest.Digest(added.Digest().String())})
	if err != nil {
		t.Fatalf("containerd does not see the image: %v", err)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
}
