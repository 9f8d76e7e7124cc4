// Command pack makes the runner's image of one architecture: an OCI image layout with one zstd-compressed layer.
// The same runner gives the same bytes, and so the same digest and the same cache keys.
//
//	go run ./builder/engine/runnerbin/pack -arch amd64 -out builder/engine/runnerbin/images bin/slipway-runner-linux-amd64
package main

import (
	"archive/tar"
	"bytes"
	_ "crypto/sha256" // the digest algorithm
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	arch := flag.String("arch", "", "architecture of the runner (GOARCH)")
	out := flag.String("out", "", "folder of the images")
	flag.Parse()
	if err := run(*arch, *out, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(arch, out, program string) error {
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	layer, err := tarLayer(data)
	if err != nil {
		return err
	}
	packed, err := compress(layer)
	if err != nil {
		return err
	}
	dir := filepath.Join(out, arch)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o755); err != nil {
		return err
	}
	return write(dir, arch, digest.FromBytes(layer), packed)
}

// tarLayer holds the runner and the mount points that the containers of a build need below its folder.
func tarLayer(program []byte) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, name := range []string{"component/", "work/"} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}); err != nil {
			return nil, err
		}
	}
	files := []struct {
		name string
		mode int64
		data []byte
	}{{"ca.crt", 0o444, nil}, {"slipway-runner", 0o755, program}}
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.data))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return buf.Bytes(), err
}

func compress(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	w, err := zstd.NewWriter(&buf, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(w, bytes.NewReader(data)); err != nil {
		return nil, err
	}
	err = w.Close()
	return buf.Bytes(), err
}

func write(dir, arch string, diffID digest.Digest, layer []byte) error {
	config := ocispecs.Image{
		Platform: ocispecs.Platform{OS: "linux", Architecture: arch},
		RootFS:   ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{diffID}},
	}
	configDesc, err := writeJSON(dir, ocispecs.MediaTypeImageConfig, config)
	if err != nil {
		return err
	}
	layerDesc, err := writeBlob(dir, ocispecs.MediaTypeImageLayerZstd, layer)
	if err != nil {
		return err
	}
	manifestDesc, err := writeJSON(dir, ocispecs.MediaTypeImageManifest, ocispecs.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageManifest,
		Config: configDesc, Layers: []ocispecs.Descriptor{layerDesc},
	})
	if err != nil {
		return err
	}
	index, err := json.Marshal(ocispecs.Index{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispecs.MediaTypeImageIndex,
		Manifests: []ocispecs.Descriptor{manifestDesc},
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "index.json"), index, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644)
}

func writeJSON(dir, mediaType string, value any) (ocispecs.Descriptor, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	return writeBlob(dir, mediaType, data)
}

func writeBlob(dir, mediaType string, data []byte) (ocispecs.Descriptor, error) {
	d := digest.FromBytes(data)
	err := os.WriteFile(filepath.Join(dir, "blobs", "sha256", d.Encoded()), data, 0o644)
	return ocispecs.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(data))}, err
}
