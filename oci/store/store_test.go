package store_test

import (
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/slipway-oci/slipway/oci/store"
)

func TestPutResolveRoundTrip(t *testing.T) {
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	img, err := random.Image(1024, 3)
	if err != nil {
		t.Fatal(err)
	}
	put, err := s.Put(t.Context(), img, "Web Base:1.0.0-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Resolve(t.Context(), "store:web-base:1.0.0-1")
	if err != nil {
		t.Fatal(err)
	}
	want, _ := img.Digest()
	if got.Digest() != want || put.Digest() != want || got.Name != "web-base:1.0.0-1" {
		t.Errorf("Resolve = %v, Put = %v, want digest %v", got, put, want)
	}
	view, err := got.V1()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(view); err != nil {
		t.Error(err)
	}
	if err := s.MarkTest(t.Context(), want, store.Test{Status: store.Passed, Time: time.Unix(1e9, 0), RunID: "r1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prune(t.Context(), store.PruneOptions{Grace: -1}); err != nil {
		t.Fatal(err)
	}
	if err := got.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
