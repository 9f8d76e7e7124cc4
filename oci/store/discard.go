package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
)

// Discard takes a name NAME:TAG away like Delete, and at once deletes the blobs that no other image has; it returns
// their bytes. It is for images whose blobs nobody is about to refer to, such as a state kept for debugging; for all
// others Prune waits.
func (s *Store) Discard(ctx context.Context, name string) (freed int64, err error) {
	r, err := parseName(name)
	if err != nil {
		return 0, err
	}
	if r.Digest != "" {
		return 0, &ref.Error{Input: name, Reason: "a name is discarded, not a digest"}
	}
	err = s.update(ctx, func(index *v1.IndexManifest) error {
		n := slices.IndexFunc(index.Manifests, func(entry v1.Descriptor) bool {
			return entry.Annotations[nameAnnotation] == r.Pointer()
		})
		if n < 0 {
			return &NotFoundError{Name: name, Near: near(index, r)}
		}
		gone := index.Manifests[n]
		index.Manifests = slices.Delete(index.Manifests, n, n+1)
		blobs, err := s.onlyIn(gone, index.Manifests)
		if err != nil {
			return fmt.Errorf("nothing was discarded: %w", err)
		}
		if err := s.writeIndex(index); err != nil { // before the blobs go, so that a crash leaves no dangling name
			return err
		}
		for _, blob := range blobs {
			switch err := os.Remove(s.blobPath(blob.Digest)); {
			case err == nil:
				freed += blob.Size
			case !errors.Is(err, fs.ErrNotExist):
				return fmt.Errorf("image store: %w", err)
			}
		}
		return nil
	})
	return freed, err
}

// onlyIn lists the blobs of an image that none of the others has.
func (s *Store) onlyIn(image v1.Descriptor, others []v1.Descriptor) ([]v1.Descriptor, error) {
	inUse := map[v1.Hash]bool{}
	for _, entry := range others {
		err := s.image(entry).Walk(func(desc v1.Descriptor) error {
			inUse[desc.Digest] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var blobs []v1.Descriptor
	err := s.image(image).Walk(func(desc v1.Descriptor) error {
		if !inUse[desc.Digest] {
			inUse[desc.Digest] = true
			blobs = append(blobs, desc)
		}
		return nil
	})
	return blobs, err
}
