package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// nameAnnotation carries the pointer NAME:TAG of an entry in index.json.
const nameAnnotation = "org.opencontainers.image.ref.name"

// maxIndex bounds index.json; 64 MiB hold over 100,000 entries.
const maxIndex = 64 << 20

// readIndex reads index.json. It needs no lock, since the file is only ever replaced whole. The index is shared: nobody
// may change it.
func (s *Store) readIndex() (*v1.IndexManifest, error) {
	s.last.Lock()
	defer s.last.Unlock()
	info, err := os.Stat(s.path(indexFile))
	if err == nil && s.last.is(info) {
		return s.last.index, nil
	}
	_, index, err := s.freshIndex()
	if err != nil {
		return nil, err
	}
	s.last.info, s.last.index = nil, index
	if info != nil && time.Since(info.ModTime()) > clockTick {
		s.last.info = info
	}
	return index, nil
}

// freshIndex reads index.json, and gives its bytes too.
func (s *Store) freshIndex() ([]byte, *v1.IndexManifest, error) {
	data, err := readFile(s.path(indexFile), maxIndex)
	if err != nil {
		return nil, nil, fmt.Errorf("image store %q: %w", s.dir, err)
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, nil, fmt.Errorf("image store %q: %s is not an image index: %w", s.dir, indexFile, err)
	}
	return data, &index, nil
}

// clockTick is more than what the times of files are exact to: two files of the same name that are written within one
// may look the same.
const clockTick = 50 * time.Millisecond

// lastIndex is the index as it was last read, for as long as its file stays: one of hundreds of images takes longer to
// read than all else that a short command does.
type lastIndex struct {
	sync.Mutex

	info  os.FileInfo // before the file was read; nil when it may have been replaced since unnoticed
	index *v1.IndexManifest
}

func (l *lastIndex) is(now os.FileInfo) bool {
	return l.info != nil && os.SameFile(l.info, now) && l.info.Size() == now.Size() && l.info.ModTime().Equal(now.ModTime())
}

// update changes index.json under the lock. An index that change leaves as it was is not written again.
func (s *Store) update(ctx context.Context, change func(*v1.IndexManifest) error) error {
	unlock, err := lock(ctx, s.path(lockFile))
	if err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	defer unlock()
	before, index, err := s.freshIndex()
	if err != nil {
		return err
	}
	if err := change(index); err != nil {
		return err
	}
	after, err := encodeIndex(index)
	if err == nil && !bytes.Equal(before, after) {
		err = replaceFile(s.path(indexFile), after)
	}
	if err != nil {
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
