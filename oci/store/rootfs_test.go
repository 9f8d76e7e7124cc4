package store_test

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/slipway-oci/slipway/oci/ocitest"
	"github.com/slipway-oci/slipway/oci/store"
)

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstded(t *testing.T, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(data, nil)
}

func TestImportRootFS(t *testing.T) {
	plain := ocitest.Tar(t, ocitest.Files{"etc/os-release": "ID=test\n", "bin/sh": "#!"})
	tests := []struct {
		name    string
		archive []byte
		want    types.MediaType
		same    bool // the layer is the archive byte for byte
	}{
		{"plain", plain, types.OCILayer, false},
		{"gzip", gzipped(t, plain), types.OCILayer, true},
		{"zstd", zstded(t, plain), types.OCILayerZStd, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := ocitest.Store(t)
			opts := store.RootFS{Name: "base:1", Platform: v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}, Cmd: []string{"/bin/sh"}, Source: "rootfs.tar"}
			img, err := s.ImportRootFS(t.Context(), bytes.NewReader(tt.archive), opts)
			if err != nil {
				t.Fatal(err)
			}
			layers, err := img.Layers()
			if err != nil {
				t.Fatal(err)
			}
			if len(layers) != 1 || layers[0].MediaType != tt.want {
				t.Errorf("layers = %+v, want one of %s", layers, tt.want)
			}
			if tt.same && layers[0].Digest != describe(t, tt.archive).Digest {
				t.Errorf("the layer is %s and not the archive", layers[0].Digest)
			}
			config, err := img.Config()
			if err != nil {
				t.Fatal(err)
			}
			if got, want := config.RootFS.DiffIDs, []v1.Hash{describe(t, plain).Digest}; !cmp.Equal(got, want) {
				t.Errorf("diff ids = %v, want %v", got, want)
			}
			if config.Platform().String() != "linux/arm64/v8" || !cmp.Equal(config.Config.Env, []string{"PATH=" + store.DefaultPath}) {
				t.Errorf("config = %+v", config)
			}
			if tt.want == types.OCILayer { // validate knows gzip alone
				view, err := img.V1()
				if err != nil {
					t.Fatal(err)
				}
				if err := validate.Image(view); err != nil {
					t.Error(err)
				}
			}
			again, err := ocitest.Store(t).ImportRootFS(t.Context(), bytes.NewReader(tt.archive), opts)
			if err != nil {
				t.Fatal(err)
			}
			if again.Digest() != img.Digest() {
				t.Errorf("the same archive gave %s and %s", img.Digest(), again.Digest())
			}
		})
	}
}

func TestImportRootFSKeepsOwnPath(t *testing.T) {
	s := ocitest.Store(t)
	img, err := s.ImportRootFS(t.Context(), bytes.NewReader(ocitest.Tar(t, ocitest.Files{"a": "1"})), store.RootFS{Env: []string{"PATH=/bin", "A=1"}})
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.Config()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"PATH=/bin", "A=1"}, config.Config.Env); diff != "" {
		t.Errorf("environment, -want +got:\n%s", diff)
	}
}

// bzip2Tar is a tar archive with the one file "a" holding "1", compressed with bzip2 -9.
const bzip2Tar = "QlpoOTFBWSZTWYR/m3kAAG1bgMmAYABlgAAA4AAeAAgIIABUNJoAMg9QRRQPUMQH2KJRDfMES0dWo04rVBICDmRmBMShXL4jKelUb9wk0REA+LuSKcKEhCP828g="

func TestImportRootFSBzip2(t *testing.T) {
	data, err := base64.StdEncoding.DecodeString(bzip2Tar)
	if err != nil {
		t.Fatal(err)
	}
	img, err := ocitest.Store(t).ImportRootFS(t.Context(), bytes.NewReader(data), store.RootFS{})
	if err != nil {
		t.Fatal(err)
	}
	view, err := img.V1()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(view); err != nil {
		t.Error(err)
	}
}

func TestImportRootFSRefuses(t *testing.T) {
	plain := ocitest.Tar(t, ocitest.Files{"a": strings.Repeat("x", 2000)})
	var outside bytes.Buffer
	w := tar.NewWriter(&outside)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "a/../../etc/passwd", Typeflag: tar.TypeReg}), w.Close()); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		archive []byte
		want    string
	}{
		{"empty", nil, "the archive is empty"},
		{"no files", make([]byte, 1024), "the archive has no files"},
		{"text", []byte(strings.Repeat("hello world\n", 100)), "not a tar archive"},
		{"cut short", plain[:1500], "not a tar archive that can be read (after 1 entries): unexpected EOF"},
		{"gzip cut short", gzipped(t, plain)[:40], "unexpected EOF"},
		{"gzip of text", gzipped(t, []byte("hello")), "not a tar archive"},
		{"zstd cut short", zstded(t, ocitest.Noise(100_000, 1))[:50_000], "not a tar archive"},
		{"garbage after gzip", append(gzipped(t, plain), "garbage after the end"...), "gzip: invalid header"},
		{"xz", []byte("\xfd7zXZ\x00rest"), "compressed with xz"},
		{"entry outside", outside.Bytes(), `outside its root: "a/../../etc/passwd"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := ocitest.Store(t)
			_, err := s.ImportRootFS(t.Context(), bytes.NewReader(tt.archive), store.RootFS{Name: "base:1"})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ImportRootFS = %v, want %q", err, tt.want)
			}
			pruned, err := s.Prune(t.Context(), store.PruneOptions{Grace: -1})
			if err != nil || pruned.Blobs != 0 {
				t.Errorf("left behind: %+v, %v", pruned, err)
			}
		})
	}
}

// zeros is an endless source of zero bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestImportRootFSStreams(t *testing.T) {
	const size = 128 << 20
	r, w := io.Pipe()
	go func() {
		archive := tar.NewWriter(w)
		err := archive.WriteHeader(&tar.Header{Name: "big", Typeflag: tar.TypeReg, Size: size, Mode: 0o644})
		if err == nil {
			_, err = io.CopyN(archive, zeros{}, size)
		}
		w.CloseWithError(errors.Join(err, archive.Close()))
	}()
	s := ocitest.Store(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := s.ImportRootFS(t.Context(), r, store.RootFS{}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("importing %d MiB allocated %d MiB", size>>20, used>>20)
	}
}
