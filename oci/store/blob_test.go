package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

func describe(t *testing.T, data []byte) v1.Descriptor {
	t.Helper()
	digest, size, err := v1.SHA256(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v1.Descriptor{Digest: digest, Size: size}
}

// fetchFrom serves data, and remembers the offsets it was asked for.
func fetchFrom(data []byte, offsets *[]int64) store.Fetch {
	return func(_ context.Context, offset int64) (io.ReadCloser, bool, error) {
		*offsets = append(*offsets, offset)
		return io.NopCloser(bytes.NewReader(data[offset:])), true, nil
	}
}

func TestIngestResumes(t *testing.T) {
	s := ocitest.Store(t)
	data := ocitest.Noise(100_000, 1)
	desc := describe(t, data)
	broken := errors.New("connection reset")
	err := s.Ingest(t.Context(), desc, func(context.Context, int64) (io.ReadCloser, bool, error) {
		return io.NopCloser(io.MultiReader(bytes.NewReader(data[:40_000]), iotest.ErrReader(broken))), true, nil
	})
	if !errors.Is(err, broken) {
		t.Fatalf("Ingest = %v, want the error of the source", err)
	}
	if s.HasBlob(desc) {
		t.Fatal("half a blob is visible")
	}
	var offsets []int64
	if err := s.Ingest(t.Context(), desc, fetchFrom(data, &offsets)); err != nil {
		t.Fatal(err)
	}
	if len(offsets) != 1 || offsets[0] != 40_000 {
		t.Errorf("fetched from %v, want from 40000", offsets)
	}
	if err := s.VerifyBlob(t.Context(), desc); err != nil {
		t.Error(err)
	}
}

func TestIngestRestartsWhenSourceCannotResume(t *testing.T) {
	s := ocitest.Store(t)
	data := ocitest.Noise(1000, 1)
	desc := describe(t, data)
	_ = s.Ingest(t.Context(), desc, func(context.Context, int64) (io.ReadCloser, bool, error) {
		return io.NopCloser(bytes.NewReader(data[:400])), true, nil
	})
	err := s.Ingest(t.Context(), desc, func(context.Context, int64) (io.ReadCloser, bool, error) {
		return io.NopCloser(bytes.NewReader(data)), false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.VerifyBlob(t.Context(), desc); err != nil {
		t.Error(err)
	}
}

func TestIngestRefusesOtherBytes(t *testing.T) {
	data := ocitest.Noise(1000, 1)
	desc := describe(t, data)
	changed := bytes.Clone(data)
	changed[0] ^= 1
	tests := []struct {
		name string
		sent []byte
		want string
	}{
		{"changed", changed, "the bytes received have the digest"},
		{"too long", append(bytes.Clone(data), 0), "1001 of 1000 bytes"},
		{"too short", data[:999], "999 of 1000 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := ocitest.Store(t)
			err := s.Ingest(t.Context(), desc, func(context.Context, int64) (io.ReadCloser, bool, error) {
				return io.NopCloser(bytes.NewReader(tt.sent)), true, nil
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Ingest = %v, want %q", err, tt.want)
			}
			if s.HasBlob(desc) {
				t.Error("a wrong blob is in the store")
			}
			var offsets []int64
			if err := s.Ingest(t.Context(), desc, fetchFrom(data, &offsets)); err != nil {
				t.Errorf("the right bytes afterwards: %v", err)
			}
		})
	}
}

func TestIngestStartsAgainAfterCrash(t *testing.T) {
	s := ocitest.Store(t)
	data := ocitest.Noise(1000, 1)
	desc := describe(t, data)
	for _, left := range [][]byte{make([]byte, 1000), make([]byte, 400), make([]byte, 2000)} { // lengths that reached the disk before the bytes
		if err := os.MkdirAll(filepath.Join(s.Dir(), "partial"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(s.Dir(), "partial", desc.Digest.Hex), left, 0o644); err != nil {
			t.Fatal(err)
		}
		var offsets []int64
		if err := s.Ingest(t.Context(), desc, fetchFrom(data, &offsets)); err != nil {
			t.Errorf("with %d wrong bytes left: %v", len(left), err)
		}
		if err := os.Remove(blobFile(s, desc.Digest)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestIngestFetchesOnceAtATime(t *testing.T) {
	s := ocitest.Store(t)
	data := ocitest.Noise(10_000, 1)
	desc := describe(t, data)
	var fetched atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			err := s.Ingest(t.Context(), desc, func(context.Context, int64) (io.ReadCloser, bool, error) {
				fetched.Add(1)
				return io.NopCloser(bytes.NewReader(data)), true, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if fetched.Load() != 1 {
		t.Errorf("fetched %d times, want once", fetched.Load())
	}
	left, err := filepath.Glob(filepath.Join(s.Dir(), "partial", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestIngestStopsWithContext(t *testing.T) {
	s := ocitest.Store(t)
	data := ocitest.Noise(1000, 1)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Ingest(ctx, describe(t, data), func(context.Context, int64) (io.ReadCloser, bool, error) {
		cancel()
		return io.NopCloser(bytes.NewReader(data)), true, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Ingest = %v, want context.Canceled", err)
	}
}

func blobFile(s *store.Store, h v1.Hash) string {
	return filepath.Join(s.Dir(), "blobs", h.Algorithm, h.Hex)
}

func TestDamagedBlobs(t *testing.T) {
	flip := func(path string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data[len(data)/2] ^= 1
		return os.WriteFile(path, data, 0o644)
	}
	tests := []struct {
		name   string
		damage func(path string) error
		want   string
	}{
		{"flipped bit", flip, "corrupt: its bytes have the digest"},
		{"cut short", func(path string) error { return os.Truncate(path, 10) }, "corrupt: it has 10 bytes instead of"},
		{"missing", os.Remove, "missing"},
		{"a folder", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) }, "not a regular file"},
	}
	for _, tt := range tests {
		for _, part := range []string{"manifest", "config", "layer"} {
			t.Run(tt.name+" "+part, func(t *testing.T) {
				s := ocitest.Store(t)
				img := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
				m, err := img.Manifest()
				if err != nil {
					t.Fatal(err)
				}
				target := map[string]v1.Hash{"manifest": img.Digest(), "config": m.Config.Digest, "layer": m.Layers[0].Digest}[part]
				if err := tt.damage(blobFile(s, target)); err != nil {
					t.Fatal(err)
				}
				err = img.Verify(t.Context())
				var damaged *store.BlobError
				if !errors.As(err, &damaged) || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("Verify = %v, want a BlobError with %q", err, tt.want)
				}
				if damaged.Digest != target || damaged.Image != "app:1" || damaged.Hint() == "" {
					t.Errorf("the error is about %s of %q with hint %q, want %s of app:1", damaged.Digest, damaged.Image, damaged.Hint(), target)
				}
			})
		}
	}
}

func TestReadingCorruptLayerFails(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}), "app:1")
	view, err := img.V1()
	if err != nil {
		t.Fatal(err)
	}
	layers, err := view.Layers()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := layers[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(blobFile(s, digest))
	if err != nil {
		t.Fatal(err)
	}
	data[0] ^= 1
	if err := os.WriteFile(blobFile(s, digest), data, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := layers[0].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var damaged *store.BlobError
	if _, err := io.Copy(io.Discard, r); !errors.As(err, &damaged) {
		t.Errorf("reading = %v, want a BlobError", err)
	}
}

func TestAddRefusesIncompleteImage(t *testing.T) {
	s := ocitest.Store(t)
	img := ocitest.Put(t, s, ocitest.Image(t, ocitest.Files{"a": "1"}, ocitest.Files{"b": "2"}), "app:1")
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range m.Layers {
		if err := os.Remove(blobFile(s, layer.Digest)); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.Add(t.Context(), img.Descriptor, "app:2", nil)
	if !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("Add = %v, want ErrNotFound", err)
	}
	for _, layer := range m.Layers {
		if !strings.Contains(err.Error(), layer.Digest.String()) {
			t.Errorf("the error %q does not name the missing layer %s", err, layer.Digest)
		}
	}
	if _, err := s.Resolve(t.Context(), "app:2"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("app:2 = %v, want ErrNotFound", err)
	}
}
