package store

import (
	"context"
	"encoding/json"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Combine makes an index of images for different platforms, all in this store, and points name at it. The order of
// images is that of the index, so the same images give the same digest. A single image needs no index and just gets
// the name.
func (s *Store) Combine(ctx context.Context, images []Image, name string, annotations map[string]string) (Image, error) {
	switch len(images) {
	case 0:
		return Image{}, fmt.Errorf("image %q: no images to combine", name)
	case 1:
		return s.Add(ctx, images[0].Descriptor, name, annotations)
	}
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	seen := map[string]Image{}
	for _, img := range images {
		platforms, err := img.Platforms()
		if err != nil {
			return Image{}, err
		}
		if img.IsIndex() || len(platforms) != 1 {
			return Image{}, fmt.Errorf("image %q: %s is not an image for one platform", name, img)
		}
		platform := platforms[0]
		if other, found := seen[platform.String()]; found {
			return Image{}, fmt.Errorf("image %q: %s and %s are both for %s", name, other, img, platform)
		}
		seen[platform.String()] = img
		index.Manifests = append(index.Manifests, v1.Descriptor{
			MediaType: img.Descriptor.MediaType, Digest: img.Digest(), Size: img.Descriptor.Size, Platform: &platform,
		})
	}
	raw, err := json.Marshal(index)
	if err != nil {
		return Image{}, fmt.Errorf("image %q: %w", name, err)
	}
	digest, err := s.putBytes(ctx, raw)
	if err != nil {
		return Image{}, err
	}
	return s.Add(ctx, v1.Descriptor{MediaType: index.MediaType, Digest: digest, Size: int64(len(raw))}, name, annotations)
}
