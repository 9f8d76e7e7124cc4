package store

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/slipway-oci/slipway/oci/ref"
)

// Load stores the images of an archive that Save, "docker save" of any version, "podman save", "skopeo copy" to
// oci-archive: or docker-archive:, or a build with type=oci or type=docker wrote, plain or compressed with gzip or
// zstd. It reads the archive once as a stream and verifies every blob. Names that are not NAME:TAG are left out; their
// images are kept without a name.
func (s *Store) Load(ctx context.Context, r io.Reader) ([]Image, error) {
	images, err := s.load(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("loading an image archive: %w", err)
	}
	return images, nil
}

func (s *Store) load(ctx context.Context, r io.Reader) ([]Image, error) {
	plain, closePlain, err := decompressed(&contextReader{ctx: ctx, r: r})
	if err != nil {
		return nil, err
	}
	defer closePlain()
	docker, err := newDockerArchive(s)
	if err != nil {
		return nil, err
	}
	var index *v1.IndexManifest
	err = eachEntry(plain, func(name string, header *tar.Header, content io.Reader) error {
		switch {
		case name == indexFile:
			index, err = readIndexFile(content)
			return err
		case strings.HasPrefix(name, "blobs/sha256/") && header.Typeflag == tar.TypeReg:
			desc := v1.Descriptor{Digest: v1.Hash{Algorithm: "sha256", Hex: path.Base(name)}, Size: header.Size}
			return s.Ingest(ctx, desc, func(context.Context, int64) (io.ReadCloser, bool, error) { return io.NopCloser(content), false, nil })
		default: // of Docker's own format, which came before the OCI's
			return docker.entry(ctx, name, header, content)
		}
	})
	switch {
	case err != nil:
		return nil, err
	case index != nil:
		return s.addAll(ctx, index)
	case docker.hasContents():
		return docker.addAll(ctx)
	default:
		return nil, fmt.Errorf("it has neither %s nor %s, so it is not an archive of images", indexFile, dockerFile)
	}
}

// eachEntry visits the entries of a tar archive in their order.
func eachEntry(r io.Reader, visit func(name string, header *tar.Header, content io.Reader) error) error {
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("not a tar archive that can be read: %w", err)
		}
		if err := visit(path.Clean(header.Name), header, archive); err != nil {
			return err
		}
	}
}

func (s *Store) addAll(ctx context.Context, index *v1.IndexManifest) ([]Image, error) {
	if len(index.Manifests) == 0 {
		return nil, errors.New("it has no images")
	}
	var images []Image
	for _, entry := range index.Manifests {
		img, err := s.Add(ctx, entry, archivedName(entry.Annotations), nil)
		if err != nil {
			return nil, err
		}
		images = append(images, img)
	}
	return images, nil
}

// archivedName returns the name of an entry. Docker and containerd write the full one to an annotation of their own,
// and the tag alone to that of the OCI.
func archivedName(annotations map[string]string) string {
	for _, key := range []string{"io.containerd.image.name", nameAnnotation} {
		name := annotations[key]
		if r, err := ref.ParsePointer(name); err == nil && strings.Contains(name, ":") {
			return r.Pointer()
		}
	}
	return ""
}

func readIndexFile(r io.Reader) (*v1.IndexManifest, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxManifest))
	if err != nil {
		return nil, err
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("its %s is not an image index: %w", indexFile, err)
	}
	return &index, nil
}

// decompressed returns the plain archive.
func decompressed(r io.Reader) (plain io.Reader, closePlain func(), err error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	magic, err := buffered.Peek(4)
	if len(magic) == 0 {
		if errors.Is(err, io.EOF) {
			err = errEmptyArchive
		}
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { _ = z.Close() }, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(buffered, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	default:
		return buffered, func() {}, nil
	}
}
