package engine

import (
	"bytes"
	"errors"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestExportsOfOneBlobDoNotMeet(t *testing.T) {
	dir := t.TempDir()
	blob := []byte("the same blob")
	desc := ocispecs.Descriptor{Digest: digest.FromBytes(blob), Size: int64(len(blob))}
	var writers []content.Writer
	for range 2 { // two processes with one folder
		store, err := local.NewStore(dir)
		if err != nil {
			t.Fatal(err)
		}
		w, err := newOwnIngests(store).Writer(t.Context(), content.WithRef("blob"), content.WithDescriptor(desc))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = w.Close() }()
		if _, err := w.Write(blob); err != nil {
			t.Fatal(err)
		}
		writers = append(writers, w)
	}
	if err := writers[0].Commit(t.Context(), desc.Size, desc.Digest); err != nil {
		t.Errorf("first commit: %v", err)
	}
	if err := writers[1].Commit(t.Context(), desc.Size, desc.Digest); err != nil && !errdefs.IsAlreadyExists(err) {
		t.Errorf("second commit: %v", err)
	}
	store, err := local.NewStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := content.ReadBlob(t.Context(), store, desc)
	if err != nil || !bytes.Equal(got, blob) {
		t.Errorf("blob is %q (%v), want %q", got, err, blob)
	}
}

func TestAbortDropsWhatWasWritten(t *testing.T) {
	store, err := local.NewStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := newOwnIngests(store)
	w, err := s.Writer(t.Context(), content.WithRef("blob"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if status, err := s.Status(t.Context(), "blob"); err != nil || status.Offset != 4 {
		t.Errorf("status %+v (%v), want offset 4", status, err)
	}
	if err := s.Abort(t.Context(), "blob"); err != nil {
		t.Error(err)
	}
	if _, err := s.Status(t.Context(), "blob"); !errors.Is(err, errdefs.ErrNotFound) {
		t.Errorf("after the abort: %v, want not found", err)
	}
}
