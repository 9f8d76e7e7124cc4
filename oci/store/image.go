package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxNesting bounds indexes inside indexes.
const maxNesting = 4

// Image is an image of the store, or an index of images for several platforms. It is a value made from index.json at
// one moment; its digest never changes, its name and test may.
type Image struct {
	// Name is the pointer NAME:TAG, empty for an image without one.
	Name string
	// Descriptor has digest, media type, size of the manifest and the annotations of the entry in index.json.
	Descriptor v1.Descriptor
	// Test is the outcome of the image's tests.
	Test Test

	store *Store
}

// Digest returns the digest of the manifest or index.
func (i Image) Digest() v1.Hash { return i.Descriptor.Digest }

// String returns the pointer with the digest, or the digest alone.
func (i Image) String() string {
	if i.Name == "" {
		return i.Descriptor.Digest.String()
	}
	return i.Name + "@" + i.Descriptor.Digest.String()
}

// IsIndex reports whether this is an index of images for several platforms.
func (i Image) IsIndex() bool { return i.Descriptor.MediaType.IsIndex() }

// Store returns where the image is.
func (i Image) Store() *Store { return i.store }

// Stored returns when the manifest was last put into the store.
func (i Image) Stored() (time.Time, error) {
	info, err := os.Stat(i.store.blobPath(i.Digest()))
	if err != nil {
		return time.Time{}, i.wrap(missingBlob(i.Digest()))
	}
	return info.ModTime(), nil
}

// RawManifest returns the bytes of the manifest or index, digest verified.
func (i Image) RawManifest() ([]byte, error) {
	data, err := i.store.ReadBlob(i.Descriptor)
	return data, i.wrap(err)
}

// Manifest returns the manifest of an image for one platform.
func (i Image) Manifest() (*v1.Manifest, error) {
	if i.IsIndex() {
		return nil, fmt.Errorf("image %q is an index of several platforms, not one image", i)
	}
	data, err := i.RawManifest()
	if err != nil {
		return nil, err
	}
	var m v1.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, i.wrap(&BlobError{Digest: i.Digest(), Reason: "not a manifest", Err: err})
	}
	return &m, nil
}

// IndexManifest returns the index of an image for several platforms.
func (i Image) IndexManifest() (*v1.IndexManifest, error) {
	if !i.IsIndex() {
		return nil, fmt.Errorf("image %q is one image, not an index of several platforms", i)
	}
	data, err := i.RawManifest()
	if err != nil {
		return nil, err
	}
	var m v1.IndexManifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, i.wrap(&BlobError{Digest: i.Digest(), Reason: "not an image index", Err: err})
	}
	return &m, nil
}

// Config returns the configuration of an image for one platform.
func (i Image) Config() (*v1.ConfigFile, error) {
	m, err := i.Manifest()
	if err != nil {
		return nil, err
	}
	data, err := i.store.ReadBlob(m.Config)
	if err != nil {
		return nil, i.wrap(err)
	}
	var c v1.ConfigFile
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, i.wrap(&BlobError{Digest: m.Config.Digest, Reason: "not an image configuration", Err: err})
	}
	return &c, nil
}

// Layers returns the layers of an image for one platform, bottom first.
func (i Image) Layers() ([]v1.Descriptor, error) {
	m, err := i.Manifest()
	if err != nil {
		return nil, err
	}
	return m.Layers, nil
}

// Platforms returns the platform of an image, or those of an index in its order. Attestations and other entries
// without a platform are left out.
func (i Image) Platforms() ([]v1.Platform, error) {
	if !i.IsIndex() {
		c, err := i.Config()
		if err != nil {
			return nil, err
		}
		if p := c.Platform(); p != nil {
			return []v1.Platform{*p}, nil
		}
		return nil, nil
	}
	children, err := i.Images()
	if err != nil {
		return nil, err
	}
	var platforms []v1.Platform
	for _, child := range children {
		if p := child.Descriptor.Platform; p != nil && p.OS != "unknown" {
			platforms = append(platforms, *p)
		}
	}
	return platforms, nil
}

// Images returns what an index lists, in its order, each with the name and test of the index.
func (i Image) Images() ([]Image, error) {
	m, err := i.IndexManifest()
	if err != nil {
		return nil, err
	}
	images := make([]Image, 0, len(m.Manifests))
	for _, desc := range m.Manifests {
		images = append(images, Image{Name: i.Name, Descriptor: desc, Test: i.Test, store: i.store})
	}
	return images, nil
}

// Select returns the image for a platform: of an index the entry that fits, of a single image itself if it fits.
// An empty field of platform fits everything.
func (i Image) Select(platform v1.Platform) (Image, error) {
	if !i.IsIndex() {
		have, err := i.Platforms()
		if err != nil {
			return Image{}, err
		}
		for _, p := range have {
			if !Matches(p, platform) {
				return Image{}, &PlatformError{Name: i.String(), Want: platform, Have: have}
			}
		}
		return i, nil
	}
	m, err := i.IndexManifest()
	if err != nil {
		return Image{}, err
	}
	desc, err := SelectPlatform(m, platform)
	if err != nil {
		return Image{}, fmt.Errorf("image %q: %w", i, err)
	}
	return Image{Name: i.Name, Descriptor: desc, Test: i.Test, store: i.store}, nil
}

// Size returns the bytes of all blobs of the image, each counted once, as stored (compressed).
func (i Image) Size() (int64, error) {
	var total int64
	seen := map[v1.Hash]bool{}
	err := i.Walk(func(desc v1.Descriptor) error {
		if !seen[desc.Digest] {
			seen[desc.Digest] = true
			total += desc.Size
		}
		return nil
	})
	return total, err
}

// Verify reads every blob of the image and compares its digest. It reports all that are missing or corrupt.
func (i Image) Verify(ctx context.Context) error {
	var problems []error
	seen := map[v1.Hash]bool{}
	err := i.Walk(func(desc v1.Descriptor) error {
		if seen[desc.Digest] || (!desc.MediaType.IsDistributable() && !i.store.HasBlob(desc)) {
			return nil
		}
		seen[desc.Digest] = true
		err := i.store.VerifyBlob(ctx, desc)
		if ctx.Err() != nil {
			return err
		}
		problems = append(problems, i.wrap(err))
		return nil
	})
	return errors.Join(append(problems, err)...)
}

// Walk calls visit for the descriptor of every blob of the image: manifests and indexes before what they refer to,
// a config before its layers. A blob that is used twice is visited twice. Manifests are read and verified on the way,
// layers and configs are not looked at.
func (i Image) Walk(visit func(v1.Descriptor) error) error {
	return i.wrap(i.store.walk(i.Descriptor, 0, visit))
}

func (s *Store) walk(desc v1.Descriptor, depth int, visit func(v1.Descriptor) error) error {
	if err := visit(desc); err != nil {
		return err
	}
	if !desc.MediaType.IsIndex() && !desc.MediaType.IsImage() {
		return nil
	}
	if depth > maxNesting {
		return &BlobError{Digest: desc.Digest, Reason: "indexes are nested too deeply"}
	}
	data, err := s.ReadBlob(desc)
	if err != nil {
		return err
	}
	var m struct {
		Config    *v1.Descriptor  `json:"config"`
		Layers    []v1.Descriptor `json:"layers"`
		Manifests []v1.Descriptor `json:"manifests"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return &BlobError{Digest: desc.Digest, Reason: "not a manifest", Err: err}
	}
	if desc.MediaType.IsIndex() {
		for _, child := range m.Manifests {
			if err := s.walk(child, depth+1, visit); err != nil {
				return err
			}
		}
		return nil
	}
	if m.Config == nil {
		return &BlobError{Digest: desc.Digest, Reason: "not a manifest: it has no config"}
	}
	for _, blob := range append([]v1.Descriptor{*m.Config}, m.Layers...) {
		if err := visit(blob); err != nil {
			return err
		}
	}
	return nil
}

// wrap says which image an error about a blob is about.
func (i Image) wrap(err error) error {
	var blob *BlobError
	if errors.As(err, &blob) && blob.Image == "" {
		blob.Image = i.Name
		if blob.Image == "" {
			blob.Image = i.Digest().String()
		}
	}
	return err
}

func isManifest(m types.MediaType) bool { return m.IsIndex() || m.IsImage() }
