package store

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// WithConfig returns an image whose config has that digest and whose layers are all there: to engines that keep
// layers plain, the config is the image. What does not exist gives an error that matches ErrNotFound.
func (s *Store) WithConfig(ctx context.Context, config v1.Hash) (Image, error) {
	var found Image
	err := s.eachImage(ctx, func(img Image, m *v1.Manifest) error {
		if m.Config.Digest == config && img.Complete() == nil {
			found = img
			return errFound
		}
		return nil
	})
	switch {
	case found.store != nil:
		return found, nil
	case err != nil:
		return Image{}, err
	default:
		return Image{}, &NotFoundError{Name: config.String()}
	}
}

// layersByDiffID are the layers that images of the store have, by the digest of their plain tar.
func (s *Store) layersByDiffID() (map[v1.Hash]v1.Descriptor, error) {
	layers := map[v1.Hash]v1.Descriptor{}
	err := s.eachImage(context.Background(), func(img Image, m *v1.Manifest) error {
		config, err := img.Config()
		if err != nil || len(config.RootFS.DiffIDs) != len(m.Layers) {
			return nil //nolint:nilerr // a broken image is no reason to refuse another one
		}
		for i, layer := range m.Layers {
			mediaType, ok := ociLayers[layer.MediaType]
			if diffID := config.RootFS.DiffIDs[i]; ok && layers[diffID].Size == 0 && s.HasBlob(layer) {
				layers[diffID] = v1.Descriptor{MediaType: mediaType, Digest: layer.Digest, Size: layer.Size}
			}
		}
		return nil
	})
	return layers, err
}

// ociLayers are the media types of layers with their names by the OCI. The bytes are the same.
var ociLayers = map[types.MediaType]types.MediaType{
	types.OCILayer:                types.OCILayer,
	types.OCILayerZStd:            types.OCILayerZStd,
	types.OCIUncompressedLayer:    types.OCIUncompressedLayer,
	types.DockerLayer:             types.OCILayer,
	types.DockerUncompressedLayer: types.OCIUncompressedLayer,
}

// eachImage visits the images for one platform, also those inside indexes, until visit returns an error.
func (s *Store) eachImage(ctx context.Context, visit func(Image, *v1.Manifest) error) error {
	index, err := s.readIndex()
	if err != nil {
		return err
	}
	seen := map[v1.Hash]bool{}
	for _, entry := range index.Manifests {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var stop error
		_ = s.walk(entry, 0, func(desc v1.Descriptor) error { // a broken image must not hide the others
			if !desc.MediaType.IsImage() || seen[desc.Digest] {
				return nil
			}
			seen[desc.Digest] = true
			img := s.image(entry)
			img.Descriptor = desc
			m, err := img.Manifest()
			if err == nil {
				stop = visit(img, m)
			}
			return stop
		})
		if stop != nil {
			return stop
		}
	}
	return nil
}
