package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Put stores an image and points name (NAME:TAG) at it; with an empty name it is kept without one. Annotations go
// to the entry in index.json, never into the image. Put is idempotent, and a reader never sees a partial image.
func (s *Store) Put(ctx context.Context, img v1.Image, name string, annotations map[string]string) (Image, error) {
	desc, err := s.putImage(ctx, img)
	if err != nil {
		return Image{}, err
	}
	return s.Add(ctx, desc, name, annotations)
}

// PutIndex stores an index and every image in it, and points name at it, as Put does.
func (s *Store) PutIndex(ctx context.Context, index v1.ImageIndex, name string, annotations map[string]string) (Image, error) {
	desc, err := s.putIndex(ctx, index, 0)
	if err != nil {
		return Image{}, err
	}
	return s.Add(ctx, desc, name, annotations)
}

// Add makes an image of blobs that are in the folder already (written by Ingest, or by a containerd content store
// rooted at Dir) and points name at it, as Put does. It verifies the digests of manifests and configs and that every
// layer is there with its size. Whoever wrote the layers has verified their digests. Of desc, the digest is enough:
// size and media type are read from the blob if they are missing.
//
// An entry that has the name already keeps its test when the digest is the same. Otherwise the image it pointed at
// stays, without a name, until Prune.
func (s *Store) Add(ctx context.Context, desc v1.Descriptor, name string, annotations map[string]string) (Image, error) {
	name, err := pointer(name)
	if err != nil {
		return Image{}, err
	}
	if desc, err = s.describe(desc); err != nil {
		return Image{}, err
	}
	img := Image{Name: name, Descriptor: desc, store: s}
	if !isManifest(desc.MediaType) {
		return Image{}, fmt.Errorf("image %q: media type %q is neither an image manifest nor an index", img, desc.MediaType)
	}
	var entry v1.Descriptor
	err = s.update(ctx, func(index *v1.IndexManifest) error {
		if err := img.Complete(); err != nil { // under the lock, so that Prune cannot take a blob away after the check
			return err
		}
		entry = point(index, desc, name, annotations)
		return nil
	})
	if err != nil {
		return Image{}, err
	}
	return s.image(entry), nil
}

// describe adds size and media type to a descriptor without them.
func (s *Store) describe(desc v1.Descriptor) (v1.Descriptor, error) {
	if err := checkDigest(desc.Digest); err != nil {
		return desc, err
	}
	if desc.Size == 0 {
		info, err := os.Stat(s.blobPath(desc.Digest))
		if err != nil {
			return desc, missingBlob(desc.Digest)
		}
		desc.Size = info.Size()
	}
	if desc.MediaType != "" {
		return desc, nil
	}
	data, err := s.ReadBlob(desc)
	if err != nil {
		return desc, err
	}
	var m struct {
		MediaType types.MediaType `json:"mediaType"`
		Manifests json.RawMessage `json:"manifests"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return desc, &BlobError{Digest: desc.Digest, Reason: "not a manifest", Err: err}
	}
	switch { // the OCI lets a manifest leave its media type out
	case m.MediaType != "":
		desc.MediaType = m.MediaType
	case m.Manifests != nil:
		desc.MediaType = types.OCIImageIndex
	default:
		desc.MediaType = types.OCIManifestSchema1
	}
	return desc, nil
}

// Complete returns an error that names all blobs of the image that are missing or whose size is wrong; nil if there are
// none. Manifests and configs are read and verified, layers are not.
func (i Image) Complete() error {
	var problems []error
	err := i.Walk(func(desc v1.Descriptor) error {
		if desc.MediaType.IsConfig() {
			_, err := i.store.ReadBlob(desc)
			problems = append(problems, i.wrap(err))
			return nil
		}
		if isManifest(desc.MediaType) { // Walk reads it
			return nil
		}
		f, err := i.store.Blob(desc)
		if err == nil {
			return f.Close()
		}
		if !desc.MediaType.IsDistributable() && errors.Is(err, ErrNotFound) {
			return nil
		}
		problems = append(problems, i.wrap(err))
		return nil
	})
	return errors.Join(append(problems, err)...)
}

func (s *Store) putImage(ctx context.Context, img v1.Image) (v1.Descriptor, error) {
	raw, err := img.RawManifest()
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("reading the manifest: %w", err)
	}
	m, err := img.Manifest()
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("reading the manifest: %w", err)
	}
	layers, err := img.Layers()
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("reading the layers: %w", err)
	}
	for n, layer := range layers {
		if n < len(m.Layers) && !m.Layers[n].MediaType.IsDistributable() {
			continue
		}
		if err := s.putLayer(ctx, layer); err != nil {
			return v1.Descriptor{}, err
		}
	}
	config, err := img.RawConfigFile()
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("reading the config: %w", err)
	}
	if _, err := s.putBytes(ctx, config); err != nil {
		return v1.Descriptor{}, err
	}
	digest, err := s.putBytes(ctx, raw)
	if err != nil {
		return v1.Descriptor{}, err
	}
	desc, err := partial.Descriptor(img)
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("reading the manifest: %w", err)
	}
	return v1.Descriptor{MediaType: desc.MediaType, Digest: digest, Size: int64(len(raw)), ArtifactType: desc.ArtifactType}, nil
}

func (s *Store) putLayer(ctx context.Context, layer v1.Layer) error {
	digest, err := layer.Digest()
	if err != nil {
		return fmt.Errorf("reading a layer: %w", err)
	}
	size, err := layer.Size()
	if err != nil {
		return fmt.Errorf("reading layer %s: %w", digest, err)
	}
	return s.Ingest(ctx, v1.Descriptor{Digest: digest, Size: size}, func(context.Context, int64) (io.ReadCloser, bool, error) {
		r, err := layer.Compressed()
		return r, false, err
	})
}

func (s *Store) putIndex(ctx context.Context, index v1.ImageIndex, depth int) (v1.Descriptor, error) {
	if depth > maxNesting {
		return v1.Descriptor{}, errors.New("indexes are nested too deeply")
	}
	m, err := index.IndexManifest()
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("reading the index: %w", err)
	}
	for _, desc := range m.Manifests {
		if err := s.putChild(ctx, index, desc, depth); err != nil {
			return v1.Descriptor{}, fmt.Errorf("entry %s of the index: %w", desc.Digest, err)
		}
	}
	raw, err := index.RawManifest()
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("reading the index: %w", err)
	}
	digest, err := s.putBytes(ctx, raw)
	if err != nil {
		return v1.Descriptor{}, err
	}
	mediaType, err := index.MediaType()
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("reading the index: %w", err)
	}
	return v1.Descriptor{MediaType: mediaType, Digest: digest, Size: int64(len(raw))}, nil
}

func (s *Store) putChild(ctx context.Context, index v1.ImageIndex, desc v1.Descriptor, depth int) error {
	switch {
	case desc.MediaType.IsIndex():
		child, err := index.ImageIndex(desc.Digest)
		if err != nil {
			return err
		}
		_, err = s.putIndex(ctx, child, depth+1)
		return err
	case desc.MediaType.IsImage():
		child, err := index.Image(desc.Digest)
		if err != nil {
			return err
		}
		_, err = s.putImage(ctx, child)
		return err
	default:
		return fmt.Errorf("media type %q is neither an image manifest nor an index", desc.MediaType)
	}
}

// PutManifest stores the bytes of a manifest or index without pointing anything at it; Add does that, once all its
// blobs are there.
func (s *Store) PutManifest(ctx context.Context, raw []byte) error {
	_, err := s.putBytes(ctx, raw)
	return err
}
