package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

func TestSyncReadsEveryBlob(t *testing.T) {
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	image, err := s.Put(t.Context(), ocitest.Image(t, ocitest.Files{"/a": "a"}), "a:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(t.Context(), image); err != nil {
		t.Fatal(err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(s.Dir(), "blobs", "sha256", manifest.Layers[0].Digest.Hex)); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(t.Context(), image); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("without a layer: %v", err)
	}
}
