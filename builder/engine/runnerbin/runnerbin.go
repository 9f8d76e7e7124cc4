// Package runnerbin holds the runner as small OCI images, one for each architecture, made by `make build` and
// embedded compressed. As an image the runner has a digest, so a builder that has it already gets no byte again, and
// every builder, near or far, takes it in the same way.
package runnerbin

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	blobs  string        // folder in images
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
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("runner image of %s: malformed index: %w", arch, err)
	}
	if n := len(index.Manifests); n != 1 {
		return nil, fmt.Errorf("runner image of %s: the index names %d manifests, want 1", arch, n)
	}
	return &Image{Digest: index.Manifests[0].Digest, blobs: dir + "/blobs/sha256/"}, nil
}

// Store returns the image as a read-only content store. Writing to it fails.
func (i *Image) Store() content.Store { return store{i} }

// store reads blobs where the program has them, without a copy.
type store struct{ image *Image }

func (s store) open(d digest.Digest) (fs.File, int64, error) {
	f, err := images.Open(s.image.blobs + d.Encoded())
	if err != nil {
		return nil, 0, fmt.Errorf("runner blob %s: %w", d, errdefs.ErrNotFound)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	return f, info.Size(), nil
}

func (s store) Info(_ context.Context, d digest.Digest) (content.Info, error) {
	_, size, err := s.open(d)
	return content.Info{Digest: d, Size: size}, err
}

func (s store) Walk(context.Context, content.WalkFunc, ...string) error { return nil }

func (s store) ReaderAt(_ context.Context, desc ocispecs.Descriptor) (content.ReaderAt, error) {
	f, size, err := s.open(desc.Digest)
	if err != nil {
		return nil, err
	}
	at, ok := f.(io.ReaderAt)
	if !ok {
		return nil, fmt.Errorf("runner blob %s cannot be read at an offset", desc.Digest)
	}
	return readerAt{at, size}, nil
}

func (s store) Update(context.Context, content.Info, ...string) (content.Info, error) {
	return content.Info{}, errdefs.ErrNotImplemented
}

func (s store) Delete(context.Context, digest.Digest) error { return errdefs.ErrNotImplemented }

func (s store) Status(context.Context, string) (content.Status, error) {
	return content.Status{}, errdefs.ErrNotFound
}

func (s store) ListStatuses(context.Context, ...string) ([]content.Status, error) { return nil, nil }

func (s store) Abort(context.Context, string) error { return errdefs.ErrNotFound }

func (s store) Writer(context.Context, ...content.WriterOpt) (content.Writer, error) {
	return nil, errdefs.ErrNotImplemented
}

type readerAt struct {
	io.ReaderAt
	size int64
}

func (r readerAt) Size() int64 { return r.size }

func (readerAt) Close() error { return nil }
