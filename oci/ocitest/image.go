// Package ocitest gives tests the parts around an image: small images that have the same digest in every run, an
// empty image store, registries (one in the process, and the real docker-registry), and a proxy that breaks
// connections and answers on purpose.
package ocitest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/oci/store"
)

// Files are the contents of a layer by path.
type Files map[string]string

// Image returns an OCI image for linux/amd64 with one layer for each of files, and no layer without them. Equal files give
// an equal digest.
func Image(tb testing.TB, layers ...Files) v1.Image {
	tb.Helper()
	return PlatformImage(tb, v1.Platform{OS: "linux", Architecture: "amd64"}, layers...)
}

// PlatformImage returns an image as Image does, for another platform.
func PlatformImage(tb testing.TB, platform v1.Platform, layers ...Files) v1.Image {
	tb.Helper()
	img := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	for _, files := range layers {
		data := Tar(tb, files)
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
			tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.BestSpeed))
		if err != nil {
			tb.Fatalf("making a layer: %v", err)
		}
		if img, err = mutate.AppendLayers(img, layer); err != nil {
			tb.Fatalf("adding a layer: %v", err)
		}
	}
	config, err := img.ConfigFile()
	if err != nil {
		tb.Fatalf("reading the config: %v", err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = platform.OS, platform.Architecture, platform.Variant
	if img, err = mutate.ConfigFile(img, config); err != nil {
		tb.Fatalf("setting the config: %v", err)
	}
	return img
}

// BigImage returns an image with one layer of n incompressible bytes for each of sizes, the same in every run.
func BigImage(tb testing.TB, sizes ...int) v1.Image {
	tb.Helper()
	img := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	for n, size := range sizes {
		var err error
		if img, err = mutate.AppendLayers(img, static.NewLayer(Noise(size, uint64(n)), types.OCIUncompressedLayer)); err != nil {
			tb.Fatalf("adding a layer: %v", err)
		}
	}
	return img
}

// Noise returns n bytes that do not compress, the same for the same seed.
func Noise(n int, seed uint64) []byte {
	data := make([]byte, n)
	x := seed*0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D
	for i := range data { // xorshift
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		data[i] = byte(x & 0xff)
	}
	return data
}

// Index returns an index of one image for each platform ("linux/arm64").
func Index(tb testing.TB, platforms ...string) v1.ImageIndex {
	tb.Helper()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, text := range platforms {
		platform, err := v1.ParsePlatform(text)
		if err != nil {
			tb.Fatalf("platform %q: %v", text, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        PlatformImage(tb, *platform, Files{"etc/platform": text, "etc/common": "common"}),
			Descriptor: v1.Descriptor{Platform: platform},
		})
	}
	return index
}

// Tar returns an archive of regular files, sorted by path, with fixed times and owners.
func Tar(tb testing.TB, files Files) []byte {
	tb.Helper()
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, name := range names {
		header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg, ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
		if err := w.WriteHeader(header); err != nil {
			tb.Fatalf("writing %q: %v", name, err)
		}
		if _, err := fmt.Fprint(w, files[name]); err != nil {
			tb.Fatalf("writing %q: %v", name, err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatalf("closing the archive: %v", err)
	}
	return buffer.Bytes()
}

// Store returns an empty image store in a folder of the test.
func Store(tb testing.TB) *store.Store {
	tb.Helper()
	s, err := store.Open(tb.TempDir())
	if err != nil {
		tb.Fatalf("opening an image store: %v", err)
	}
	return s
}

// Put stores an image and fails the test if that does not work.
func Put(tb testing.TB, s *store.Store, img v1.Image, name string) store.Image {
	tb.Helper()
	stored, err := s.Put(tb.Context(), img, name, nil)
	if err != nil {
		tb.Fatalf("storing %q: %v", name, err)
	}
	return stored
}

// Digest returns the digest of an image or index.
func Digest(tb testing.TB, img interface{ Digest() (v1.Hash, error) }) v1.Hash {
	tb.Helper()
	digest, err := img.Digest()
	if err != nil {
		tb.Fatalf("reading a digest: %v", err)
	}
	return digest
}
