// Package runnerbin holds the runner as small OCI images, one for each architecture, made by `make build` and
// embedded compressed. As an image the runner has a digest, so a builder that has it already gets no byte again, and
// every builder, near or far, takes it in the same way.
package runnerbin

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

//go:embed all:images
var images embed.FS

// The names in the runner image, which is mounted read-only at Root in every container of a build.
const (
	Root         = "/run/slipway"
	Program      = Root + "/slipway-runner"
	ComponentDir = Root + "/component" // mount point of the documents
	WorkDir      = Root + "/work"      // mount point of the private folder of steps
	CAFile       = Root + "/ca.crt"    // mount point of the machine's CA bundle
)

// ErrNotBuilt means that the program was built without runners.
var ErrNotBuilt = errors.New("this slipway was built without its runner; build it with `make build`")

// Image is the runner's image for one architecture.
type Image struct {
	Digest digest.Digest // of the manifest
	blobs  map[digest.Digest][]byte
}

// For returns the runner's image for linux on arch (GOARCH). It is ErrNotBuilt when there is none.
func For(arch string) (*Image, error) {
	dir := "images/" + arch
	data, err := images.ReadFile(dir + "/index.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no runner for linux/%s: %w", arch, ErrNotBuilt)
	}
	if err != nil {
		return nil, err
	}
	var index ocispecs.Index
	if err := json.Unmarshal(data, &index); err != nil || len(index.Manifests) != 1 {
		return nil, fmt.Errorf("runner image of %s: malformed index (%v)", arch, err)
	}
	entries, err := images.ReadDir(dir + "/blobs/sha256")
	if err != nil {
		return nil, err
	}
	img := &Image{Digest: index.Manifests[0].Digest, blobs: make(map[digest.Digest][]byte, len(entries))}
	for _, e := range entries {
		data, err := images.ReadFile(dir + "/blobs/sha256/" + e.Name())
		if err != nil {
			return nil, err
		}
		img.blobs[digest.NewDigestFromEncoded(digest.SHA256, e.Name())] = data
	}
	return img, nil
}

// Store returns the images as a read-only content store. Writing to it fails.
func Store(imgs ...*Image) content.Store {
	s := &store{blobs: map[digest.Digest][]byte{}}
	for _, img := range imgs {
		for d, data := range img.blobs {
			s.blobs[d] = data
		}
	}
	return s
}

// store is immutable after Store.
type store struct{ blobs map[digest.Digest][]byte }

func (s *store) blob(d digest.Digest) ([]byte, error) {
	data, ok := s.blobs[d]
	if !ok {
		return nil, fmt.Errorf("runner blob %s: %w", d, errdefs.ErrNotFound)
	}
	return data, nil
}

func (s *store) Info(_ context.Context, d digest.Digest) (content.Info, error) {
	data, err := s.blob(d)
	return content.Info{Digest: d, Size: int64(len(data))}, err
}

func (s *store) Walk(context.Context, content.WalkFunc, ...string) error { return nil }

func (s *store) ReaderAt(_ context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	data, err := s.blob(desc.Digest)
	if err != nil {
		return nil, err
	}
	return readerAt{bytes.NewReader(data)}, nil
}

func (s *store) Update(context.Context, content.Info, ...string) (content.Info, error) {
	return content.Info{}, errdefs.ErrNotImplemented
}

func (s *store) Delete(context.Context, digest.Digest) error { return errdefs.ErrNotImplemented }

func (s *store) Status(context.Context, string) (content.Status, error) {
	return content.Status{}, errdefs.ErrNotFound
}

func (s *store) ListStatuses(context.Context, ...string) ([]content.Status, error) { return nil, nil }

func (s *store) Abort(context.Context, string) error { return errdefs.ErrNotFound }

func (s *store) Writer(context.Context, ...content.WriterOpt) (content.Writer, error) {
	return nil, errdefs.ErrNotImplemented
}

type readerAt struct{ *bytes.Reader }

func (readerAt) Close() error { return nil }
