package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Sync makes sure that every blob of an image is on the disk: an image whose blobs were linked into the folder, and
// not written by the store, outlives a crash of the machine only then. It costs nothing for blobs that are there.
func (s *Store) Sync(ctx context.Context, img Image) error {
	err := img.Walk(func(desc v1.Descriptor) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f, err := s.Blob(desc)
		if errors.Is(err, ErrNotFound) && !desc.MediaType.IsDistributable() {
			return nil
		}
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return fmt.Errorf("image store: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := syncFolder(filepath.Join(s.dir, "blobs", "sha256")); err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	return nil
}
