package store

import (
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// V1 returns the image as go-containerregistry sees images, for its tools (mutate, validate, tarball). Layers are
// verified while they are read.
func (i Image) V1() (v1.Image, error) {
	m, err := i.Manifest()
	if err != nil {
		return nil, err
	}
	img, err := partial.CompressedToImage(&imageView{image: i, manifest: m})
	if err != nil {
		return nil, i.wrap(err)
	}
	return img, nil
}

// V1Index returns an index as go-containerregistry sees them.
func (i Image) V1Index() (v1.ImageIndex, error) {
	if _, err := i.IndexManifest(); err != nil {
		return nil, err
	}
	return &indexView{image: i}, nil
}

type imageView struct {
	image    Image
	manifest *v1.Manifest
}

func (v *imageView) MediaType() (types.MediaType, error) { return v.image.Descriptor.MediaType, nil }
func (v *imageView) RawManifest() ([]byte, error)        { return v.image.RawManifest() }
func (v *imageView) RawConfigFile() ([]byte, error) {
	data, err := v.image.store.ReadBlob(v.manifest.Config)
	return data, v.image.wrap(err)
}

func (v *imageView) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	for _, desc := range append([]v1.Descriptor{v.manifest.Config}, v.manifest.Layers...) {
		if desc.Digest == h {
			return &layerView{image: v.image, desc: desc}, nil
		}
	}
	return nil, fmt.Errorf("image %q has no layer %s", v.image, h)
}

type layerView struct {
	image Image
	desc  v1.Descriptor
}

func (l *layerView) Digest() (v1.Hash, error)            { return l.desc.Digest, nil }
func (l *layerView) Size() (int64, error)                { return l.desc.Size, nil }
func (l *layerView) MediaType() (types.MediaType, error) { return l.desc.MediaType, nil }
func (l *layerView) Descriptor() (*v1.Descriptor, error) { return &l.desc, nil }
func (l *layerView) Compressed() (io.ReadCloser, error) {
	r, err := l.image.store.verifiedBlob(l.desc)
	return r, l.image.wrap(err)
}

type indexView struct{ image Image }

func (v *indexView) MediaType() (types.MediaType, error)       { return v.image.Descriptor.MediaType, nil }
func (v *indexView) Digest() (v1.Hash, error)                  { return v.image.Digest(), nil }
func (v *indexView) Size() (int64, error)                      { return v.image.Descriptor.Size, nil }
func (v *indexView) RawManifest() ([]byte, error)              { return v.image.RawManifest() }
func (v *indexView) IndexManifest() (*v1.IndexManifest, error) { return v.image.IndexManifest() }

func (v *indexView) Image(h v1.Hash) (v1.Image, error) {
	child, err := v.child(h)
	if err != nil {
		return nil, err
	}
	return child.V1()
}

func (v *indexView) ImageIndex(h v1.Hash) (v1.ImageIndex, error) {
	child, err := v.child(h)
	if err != nil {
		return nil, err
	}
	return child.V1Index()
}

func (v *indexView) child(h v1.Hash) (Image, error) {
	children, err := v.image.Images()
	if err != nil {
		return Image{}, err
	}
	for _, child := range children {
		if child.Digest() == h {
			return child, nil
		}
	}
	return Image{}, fmt.Errorf("index %q has no entry %s", v.image, h)
}
