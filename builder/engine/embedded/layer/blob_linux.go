package layer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/pkg/labels"
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// blobs writes blobs into the folder of a content store. The store's own writer would make sure that each is on the
// disk before it goes on; here that happens in the background, and Wait waits for it.
type blobs struct {
	folder string

	syncing sync.WaitGroup
	mu      sync.Mutex
	err     error
}

// newBlobs removes what a builder that was killed left half-written.
func newBlobs(folder string) *blobs {
	b := &blobs{folder: folder}
	_ = os.RemoveAll(b.unfinished())
	return b
}

func (b *blobs) unfinished() string { return filepath.Join(b.folder, "layers") }

func (b *blobs) path(d digest.Digest) string {
	return filepath.Join(b.folder, "blobs", d.Algorithm().String(), d.Encoded())
}

// create begins a blob.
func (b *blobs) create() (*blob, error) {
	if err := os.MkdirAll(filepath.Join(b.folder, "blobs", digest.SHA256.String()), 0o755); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.unfinished(), 0o755); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(b.unfinished(), "")
	if err != nil {
		return nil, err
	}
	return &blob{blobs: b, f: f, sum: sha256.New()}, nil
}

// sync makes sure that a file is on the disk.
func (b *blobs) sync(path string) {
	b.syncing.Go(func() {
		if err := syncPath(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // it may be collected by now
			b.mu.Lock()
			b.err = errors.Join(b.err, err)
			b.mu.Unlock()
		}
	})
}

func (b *blobs) wait() error {
	b.syncing.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Wait returns when every layer is on the disk.
func (d *Differ) Wait() error { return d.blobs.wait() }

// blob is a blob that is being written.
type blob struct {
	blobs *blobs
	f     *os.File
	sum   hash.Hash
	size  int64
}

// Write appends to the blob.
func (b *blob) Write(p []byte) (int, error) {
	n, err := b.f.Write(p)
	b.sum.Write(p[:n])
	b.size += int64(n)
	return n, err
}

func (b *blob) digest() digest.Digest { return digest.NewDigest(digest.SHA256, b.sum) }

// discard removes the file under which the blob was written.
func (b *blob) discard() {
	_ = b.f.Close()
	_ = os.Remove(b.f.Name())
}

// commit makes the blob content of the store, with labels. Content that the store does not know is collected at any
// time, so the blob keeps its own name until it does.
func (b *blob) commit(ctx context.Context, store content.Store, desc ocispecs.Descriptor, added map[string]string) error {
	if err := errors.Join(b.f.Chmod(0o444), b.f.Close()); err != nil {
		return err
	}
	path := b.blobs.path(desc.Digest)
	if err := b.link(path); err != nil {
		return err
	}
	w, err := content.OpenWriter(ctx, store, content.WithRef("layer-"+filepath.Base(b.f.Name())), content.WithDescriptor(desc))
	switch {
	case errdefs.IsAlreadyExists(err):
	case err != nil:
		return err
	default:
		err = w.Commit(ctx, desc.Size, desc.Digest, content.WithLabels(added))
		if err != nil && !errdefs.IsAlreadyExists(err) {
			return errors.Join(err, w.Close())
		}
	}
	if err := b.link(path); err != nil {
		return err
	}
	b.blobs.sync(path)
	return label(ctx, store, desc.Digest, added)
}

// link gives the blob its name in the content store, unless the store has one of the digest.
func (b *blob) link(path string) error {
	err := os.Link(b.f.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// label adds the digest of the tar stream to content that came without it.
func label(ctx context.Context, store content.Store, d digest.Digest, added map[string]string) error {
	info, err := store.Info(ctx, d)
	if err != nil {
		return fmt.Errorf("content store: %w", err)
	}
	if info.Labels[labels.LabelUncompressed] != "" {
		return nil
	}
	if info.Labels == nil {
		info.Labels = map[string]string{}
	}
	info.Labels[labels.LabelUncompressed] = added[labels.LabelUncompressed]
	_, err = store.Update(ctx, info, "labels."+labels.LabelUncompressed)
	return err
}
