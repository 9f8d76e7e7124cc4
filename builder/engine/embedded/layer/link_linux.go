package layer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Link brings layers from the differ's content store into the image store in a folder, by hard links. What cannot be
// linked is left out, for example when the folders are on different file systems: the export sends it.
func (d *Differ) Link(layers []ocispecs.Descriptor, store string) error {
	folder := filepath.Join(store, "blobs", "sha256")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, l := range layers {
		if l.Digest.Validate() != nil {
			continue
		}
		if err := link(d.blobs.path(l.Digest), filepath.Join(folder, l.Digest.Encoded()), l.Size); err != nil {
			return err
		}
	}
	return nil
}

// link gives a blob a second name, and a fresh time: the image store spares blobs that are young, since something may
// be about to refer to them.
func link(from, to string, size int64) error {
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
