package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// nameAnnotation carries the pointer NAME:TAG of an entry in index.json.
const nameAnnotation = "org.opencontainers.image.ref.name"

// maxIndex bounds index.json; 64 MiB hold over 100,000 entries.
const maxIndex = 64 << 20

// readIndex reads index.json. It needs no lock, since the file is only ever replaced whole.
func (s *Store) readIndex() (*v1.IndexManifest, error) {
	data, err := readFile(s.path(indexFile), maxIndex)
	if err != nil {
		return nil, fmt.Errorf("image store %q: %w", s.dir, err)
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, fmt.Errorf("image store %q: %s is not an image index: %w", s.dir, indexFile, err)
	}
	return &index, nil
}

// update changes index.json under the lock. An index that change leaves as it was is not written again.
func (s *Store) update(ctx context.Context, change func(*v1.IndexManifest) error) error {
	unlock, err := lock(ctx, s.path(lockFile))
	if err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	defer unlock()
	index, err := s.readIndex()
	if err != nil {
		return err
	}
	before, err := encodeIndex(index)
	if err != nil {
		return fmt.Errorf("image store %q: %w", s.dir, err)
	}
	if err := change(index); err != nil {
		return err
	}
	after, err := encodeIndex(index)
	if err != nil {
		return fmt.Errorf("image store %q: %w", s.dir, err)
	}
	if bytes.Equal(before, after) {
		return nil
	}
	if err := s.writeIndex(index); err != nil {
		return fmt.Errorf("image store %q: %w", s.dir, err)
	}
	return nil
}

func (s *Store) writeIndex(index *v1.IndexManifest) error {
	data, err := encodeIndex(index)
	if err != nil {
		return err
	}
	return replaceFile(s.path(indexFile), data)
}

func encodeIndex(index *v1.IndexManifest) ([]byte, error) {
	index.SchemaVersion = 2
	index.MediaType = types.OCIImageIndex
	if index.Manifests == nil {
		index.Manifests = []v1.Descriptor{}
	}
	return json.MarshalIndent(index, "", "  ")
}

// replaceFile writes a file beside path and renames it into place once it is on disk: a reader sees the old file or
// the new one, also after a crash.
func replaceFile(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
