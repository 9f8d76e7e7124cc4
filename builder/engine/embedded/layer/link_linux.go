package layer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// link brings blobs from the differ's content store into the image store in a folder, by hard links. What cannot be
// linked is left out, for example when the folders are on different file systems: the export sends it.
func (d *Differ) link(blobs []ocispecs.Descriptor, store string) error {
	folder := filepath.Join(store, "blobs", "sha256")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, b := range blobs {
		if b.Digest.Validate() != nil {
			continue
		}
		if err := linkBlob(d.blobs.path(b.Digest), filepath.Join(folder, b.Digest.Encoded()), b.Size); err != nil {
			return err
		}
	}
	return nil
}

// LinkImage brings an image, config and manifest too, from the differ's content store into the image store in a folder. It
// reports whether all of it is there then.
func (d *Differ) LinkImage(manifest ocispecs.Descriptor, store string) (bool, error) {
	data, err := os.ReadFile(d.blobs.path(manifest.Digest))
	if err != nil {
		return false, err
	}
	var m ocispecs.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return false, fmt.Errorf("manifest %s: %w", manifest.Digest, err)
	}
	blobs := append(slices.Clip(m.Layers), m.Config, manifest)
	if err := d.link(blobs, store); err != nil {
		return false, err
	}
	for _, blob := range blobs {
		info, err := os.Stat(filepath.Join(store, "blobs", "sha256", blob.Digest.Encoded()))
		if err != nil || info.Size() != blob.Size {
			return false, nil //nolint:nilerr // on another file system, for example
		}
	}
	return true, nil
}

// linkBlob gives a blob a second name, and a fresh time: the image store spares blobs that are young, since something may
// be about to refer to them.
func linkBlob(from, to string, size int64) error {
	switch info, err := os.Lstat(to); {
	case err == nil && info.Size() == size:
		return touch(to)
	case err == nil:
		if err := os.Remove(to); err != nil { // torn by a crash of the machine
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if info, err := os.Stat(from); err != nil || info.Size() != size {
		return nil //nolint:nilerr // not a blob of this builder
	}
	switch err := os.Link(from, to); {
	case err == nil, errors.Is(err, fs.ErrExist):
		return touch(to)
	default:
		return nil
	}
}

// touch may fail for a blob of somebody else, who then looks after it.
func touch(path string) error {
	now := time.Now()
	if err := os.Chtimes(path, now, now); err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
