package store_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

func TestDiscardFreesWhatNoOtherImageHas(t *testing.T) {
	s := ocitest.Store(t)
	keep := func(name string, files ocitest.Files) store.Image {
		t.Helper()
		img, err := s.ImportRootFS(t.Context(), bytes.NewReader(ocitest.Tar(t, files)), store.RootFS{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	one := keep("failed:one", ocitest.Files{"a": "1"})
	keep("failed:two", ocitest.Files{"a": "1"}) // the same content, and so the same blobs
	other := keep("other:1", ocitest.Files{"b": "2"})

	freed, err := s.Discard(t.Context(), "failed:one")
	if err != nil || freed != 0 {
		t.Errorf("freed %d bytes (%v) while another name has the image", freed, err)
	}
	if _, err := s.Resolve(t.Context(), "failed:two"); err != nil {
		t.Error(err)
	}
	freed, err = s.Discard(t.Context(), "failed:two")
	if err != nil || freed == 0 {
		t.Errorf("freed %d bytes, %v", freed, err)
	}
	if s.HasBlob(one.Descriptor) {
		t.Error("the manifest is still there")
	}
	if left, err := s.Prune(t.Context(), store.PruneOptions{Grace: -1}); err != nil || left.Blobs != 0 {
		t.Errorf("blobs left behind: %+v, %v", left, err)
	}
	if !s.HasBlob(other.Descriptor) {
		t.Error("another image lost its manifest")
	}
	if _, err := s.Discard(t.Context(), "failed:two"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := s.Discard(t.Context(), other.Digest().String()); err == nil {
		t.Error("a digest is discarded")
	}
}
