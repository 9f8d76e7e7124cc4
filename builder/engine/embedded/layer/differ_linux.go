package layer

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/pkg/labels"
	"github.com/containerd/containerd/v2/plugins/diff/walking"
	"github.com/containerd/log"
	"github.com/moby/buildkit/util/compression"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/semaphore"
)

// Differ makes layers. It reads the changed files once: the digest of the tar stream, the compression, and the digest
// of the compressed stream are made side by side. Where the changes are not in the upper folder of an overlay alone,
// both snapshots are walked, as containerd does it.
type Differ struct {
	store   content.Store
	blobs   *blobs
	walk    diff.Comparer
	reports reports
	turn    *semaphore.Weighted
}

// NewDiffer makes a differ for a worker whose content store is store, which lies in folder. Of each layer it makes,
// observe's observer is told the headers; observe may be nil.
func NewDiffer(store content.Store, folder string, observe func() Observer) *Differ {
	return &Differ{
		store: store, blobs: newBlobs(folder), walk: walking.NewWalkingDiff(store), reports: reports{observe: observe},
		turn: semaphore.NewWeighted(int64(2 * runtime.GOMAXPROCS(0))),
	}
}

// Compare writes the layer that leads from lower to upper into the content store.
func (d *Differ) Compare(ctx context.Context, lower, upper []mount.Mount, opts ...diff.Opt) (ocispecs.Descriptor, error) {
	var config diff.Config
	for _, opt := range opts {
		if err := opt(&config); err != nil {
			return ocispecs.Descriptor{}, err
		}
	}
	if config.Compressor == nil {
		return d.walk.Compare(ctx, lower, upper, opts...)
	}
	desc, err := d.compare(ctx, lower, upper, config)
	if errors.Is(err, errUnsupported) {
		log.G(ctx).WithError(err).Debug("both snapshots are walked for a layer")
		return d.walk.Compare(ctx, lower, upper, opts...)
	}
	return desc, err
}

// compare writes the stream into a file of its own, since only at its end its digest is known, and makes it content.
func (d *Differ) compare(ctx context.Context, lower, upper []mount.Mount, config diff.Config) (ocispecs.Descriptor, error) {
	// BuildKit asks for all layers of an image at once, and each that is being made has megabytes of buffers.
	if err := d.turn.Acquire(ctx, 1); err != nil {
		return ocispecs.Descriptor{}, err
	}
	defer d.turn.Release(1)
	observer := d.reports.observer()
	blob, err := d.blobs.create()
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	defer blob.discard()
	diffID, err := compress(blob, config, func(w io.Writer) error {
		return writeChanges(ctx, lower, upper, func(t tree) *archive { return newArchive(ctx, w, t, headers(observer)) })
	})
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	desc := ocispecs.Descriptor{MediaType: config.MediaType, Digest: blob.digest(), Size: blob.size}
	added := map[string]string{labels.LabelUncompressed: diffID.String()}
	maps.Copy(added, config.Labels)
	if err := blob.commit(ctx, d.store, desc, added); err != nil {
		return ocispecs.Descriptor{}, fmt.Errorf("layer %s: %w", desc.Digest, err)
	}
	d.reports.keep(desc.Digest, observer)
	return desc, nil
}

func headers(o Observer) func(*tar.Header) {
	if o == nil {
		return nil
	}
	return o.Header
}

// compress lets write write into the compressor and returns the digest of what it wrote.
func compress(to io.Writer, config diff.Config, write func(io.Writer) error) (digest.Digest, error) {
	compressor, err := config.Compressor(to, config.MediaType)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	f := newFanout(compressor, sum)
	err = write(f)
	err = errors.Join(err, f.Close())
	err = errors.Join(err, compressor.Close())
	return digest.NewDigest(digest.SHA256, sum), err
}

var _ compression.Type = faster{}
