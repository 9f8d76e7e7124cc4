package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const (
	layoutFile    = "oci-layout"
	layoutVersion = "1.0.0"
	indexFile     = "index.json"
	lockFile      = ".lock"
	partialFolder = "partial" // blobs on their way in; the name "ingest" belongs to containerd's content store
	ingestFolder  = "ingest"
)

// Store is an image store in a folder. It is safe for concurrent use, also by several processes on one machine.
type Store struct {
	dir  string
	last lastIndex
}

// Open opens the store in dir and makes an empty one if there is none. A folder that holds another kind of layout,
// or a newer version of it, is refused and left as it is.
func Open(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("image store %q: %w", dir, err)
	}
	s := &Store{dir: dir}
	if err := s.checkLayout(); err == nil {
		return s, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := s.create(); err != nil {
		return nil, fmt.Errorf("image store %q: %w", dir, err)
	}
	return s, nil
}

// OpenExisting opens a layout that someone made, and never creates one: reading from a mistyped folder fails with an
// error that matches fs.ErrNotExist instead of finding an empty store.
func OpenExisting(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("OCI layout %q: %w", dir, err)
	}
	s := &Store{dir: dir}
	if err := s.checkLayout(); err != nil {
		return nil, err
	}
	return s, nil
}

// Dir returns the folder, as an absolute path. A containerd content store rooted there shares the blobs with this
// store; Add makes what it wrote an image.
func (s *Store) Dir() string { return s.dir }

// checkLayout returns nil when the folder is a complete layout, and an error that matches fs.ErrNotExist when it is
// not yet one.
func (s *Store) checkLayout() error {
	data, err := os.ReadFile(s.path(layoutFile))
	if err != nil {
		return fmt.Errorf("image store %q: %w", s.dir, err)
	}
	var layout struct {
		Version string `json:"imageLayoutVersion"`
	}
	if err := json.Unmarshal(data, &layout); err != nil {
		return fmt.Errorf("image store %q: %s is not JSON: %w", s.dir, layoutFile, err)
	}
	if layout.Version != layoutVersion {
		return fmt.Errorf("image store %q: layout version %q, only %q is known", s.dir, layout.Version, layoutVersion)
	}
	for _, name := range []string{indexFile, filepath.Join("blobs", "sha256")} {
		if _, err := os.Stat(s.path(name)); err != nil {
			return fmt.Errorf("image store %q: %w", s.dir, err)
		}
	}
	return nil
}

// create makes what is missing of a layout. oci-layout comes last, so that its presence means the rest is there.
func (s *Store) create() error {
	if err := os.MkdirAll(s.path("blobs", "sha256"), 0o755); err != nil {
		return err
	}
	unlock, err := lock(context.Background(), s.path(lockFile))
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(s.path(indexFile)); errors.Is(err, fs.ErrNotExist) {
		if err := s.writeIndex(&v1.IndexManifest{}); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if _, err := os.Stat(s.path(layoutFile)); errors.Is(err, fs.ErrNotExist) {
		return replaceFile(s.path(layoutFile), []byte(`{"imageLayoutVersion":"`+layoutVersion+`"}`))
	} else if err != nil {
		return err
	}
	return s.checkLayout()
}

func (s *Store) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}
