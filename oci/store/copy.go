package store

import (
	"context"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Copied is what Copy had to transfer.
type Copied struct {
	Blobs int
	Bytes int64
}

// Copy brings an image from another store into this one and points name at it. Blobs that are there already are not
// copied, and every copied blob is verified.
func (s *Store) Copy(ctx context.Context, img Image, name string) (Copied, error) {
	var blobs []v1.Descriptor
	err := img.Walk(func(desc v1.Descriptor) error {
		if desc.MediaType.IsDistributable() || img.store.HasBlob(desc) {
			blobs = append(blobs, desc)
		}
		return nil
	})
	if err != nil {
		return Copied{}, err
	}
	var copied Copied
	for _, desc := range blobs {
		err := s.Ingest(ctx, desc, func(_ context.Context, offset int64) (io.ReadCloser, bool, error) {
			f, err := img.store.Blob(desc)
			if err != nil {
				return nil, false, img.wrap(err)
			}
			if _, err := f.Seek(offset, io.SeekStart); err != nil {
				_ = f.Close()
				return nil, false, err
			}
			copied.Blobs++
			copied.Bytes += desc.Size - offset
			return f, true, nil
		})
		if err != nil {
			return copied, err
		}
	}
	_, err = s.Add(ctx, img.Descriptor, name, nil)
	return copied, err
}
