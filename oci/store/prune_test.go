package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

func TestPruneCollectsUnreferencedBlobs(t *testing.T) {
	s := ocitest.Store(t)
	shared := ocitest.Files{"shared": "1"}
	kept := ocitest.Put(t, s, ocitest.Image(t, shared), "kept:1")
	gone := ocitest.Put(t, s, ocitest.Image(t, shared, ocitest.Files{"own": "1"}), "gone:1")
	if err := s.Delete(t.Context(), "gone:1"); err != nil {
		t.Fatal(err)
	}
	dry, err := s.Prune(t.Context(), store.PruneOptions{Grace: -1, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	pruned, err := s.Prune(t.Context(), store.PruneOptions{Grace: -1})
	if err != nil {
		t.Fatal(err)
	}
	if pruned.Blobs != 3 { // manifest, config and own layer
		t.Errorf("pruned %d blobs, want 3", pruned.Blobs)
	}
	if diff := cmp.Diff(dry, pruned); diff != "" {
		t.Errorf("the dry run counted differently, -dry +real:\n%s", diff)
	}
	if err := kept.Verify(t.Context()); err != nil {
		t.Errorf("the other image is damaged: %v", err)
	}
	if s.HasBlob(gone.Descriptor) {
		t.Error("the manifest of the deleted image is still there")
	}
}

func TestPruneSparesYoungBlobs(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	if err := s.Delete(t.Context(), "app:1"); err != nil {
		t.Fatal(err)
	}
	pruned, err := s.Prune(t.Context(), store.PruneOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if pruned.Blobs != 0 {
		t.Errorf("pruned %d young blobs", pruned.Blobs)
	}
	if _, err := s.Add(t.Context(), img.Descriptor, "app:2", nil); err != nil {
		t.Errorf("a build that wrote its blobs before cannot add its image: %v", err)
	}
	pruned, err = s.Prune(t.Context(), store.PruneOptions{Now: time.Now().Add(2 * store.DefaultGrace)})
	if err != nil {
		t.Fatal(err)
	}
	if pruned.Blobs != 0 {
		t.Errorf("pruned %d blobs of an image with a name", pruned.Blobs)
	}
}

func TestPutMakesOldBlobsYoung(t *testing.T) {
	s := ocitest.Store(t)
	image := ocitest.Image(t, ocitest.Files{"a": "1"})
	img := ocitest.Put(t, s, image, "app:1")
	if err := s.Delete(t.Context(), "app:1"); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-10 * store.DefaultGrace)
	err := img.Walk(func(desc v1.Descriptor) error { return os.Chtimes(blobFile(s, desc.Digest), old, old) })
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	err = s.Ingest(t.Context(), layers[0], func(context.Context, int64) (io.ReadCloser, bool, error) {
		return nil, false, errors.New("fetched a blob that was there")
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prune(t.Context(), store.PruneOptions{}); err != nil {
		t.Fatal(err)
	}
	if !s.HasBlob(layers[0]) {
		t.Error("a blob that was just asked for is gone")
	}
	if s.HasBlob(img.Descriptor) {
		t.Error("an old manifest is still there")
	}
}

func TestPruneUnnamed(t *testing.T) {
	s := ocitest.Store(t)
	old := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "2"}), "app:1")
	pruned, err := s.Prune(t.Context(), store.PruneOptions{Grace: -1})
	if err != nil {
		t.Fatal(err)
	}
	if pruned.Blobs != 0 {
		t.Errorf("pruned %d blobs of an image without a name, which nobody asked for", pruned.Blobs)
	}
	pruned, err = s.Prune(t.Context(), store.PruneOptions{Grace: -1, Unnamed: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]v1.Hash{old.Digest()}, pruned.Images); diff != "" {
		t.Errorf("pruned images, -want +got:\n%s", diff)
	}
	if got := listed(t, s); len(got) != 1 {
		t.Errorf("left: %v, want app:1 alone", got)
	}
}

func TestPruneCollectsLeftovers(t *testing.T) {
	s := ocitest.Store(t)
	data := ocitest.Noise(1000, 1)
	desc := describe(t, data)
	_ = s.Ingest(t.Context(), desc, func(context.Context, int64) (io.ReadCloser, bool, error) {
		return io.NopCloser(bytes.NewReader(data[:400])), true, nil
	})
	ingest := filepath.Join(s.Dir(), "ingest", "abc")
	if err := os.MkdirAll(ingest, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(ingest, "data"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	pruned, err := s.Prune(t.Context(), store.PruneOptions{Now: time.Now().Add(2 * store.DefaultGrace)})
	if err != nil {
		t.Fatal(err)
	}
	if pruned.Blobs != 2 || pruned.Bytes != 1400 {
		t.Errorf("pruned %+v, want half a download and an interrupted export", pruned)
	}
}

func TestPruneLeavesRunningDownloadAlone(t *testing.T) {
	s := ocitest.Store(t)
	data := ocitest.Noise(1000, 1)
	err := s.Ingest(t.Context(), describe(t, data), func(context.Context, int64) (io.ReadCloser, bool, error) {
		pruned, err := s.Prune(t.Context(), store.PruneOptions{Grace: -1, Now: time.Now().Add(time.Hour)})
		if err == nil && pruned.Blobs != 0 {
			err = errors.New("the download under way was pruned")
		}
		return io.NopCloser(bytes.NewReader(data)), true, err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPruneStopsAtUnreadableImage(t *testing.T) {
	s := ocitest.Store(t)
	ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "unused:1")
	broken := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"b": "1"}), "broken:1")
	if err := s.Delete(t.Context(), "unused:1"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(blobFile(s, broken.Digest())); err != nil {
		t.Fatal(err)
	}
	pruned, err := s.Prune(t.Context(), store.PruneOptions{Grace: -1})
	if !errors.Is(err, store.ErrNotFound) || pruned.Blobs != 0 {
		t.Errorf("Prune = %+v, %v, want an error and nothing pruned", pruned, err)
	}
}
