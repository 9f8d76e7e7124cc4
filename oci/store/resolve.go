package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
)

// Resolve returns the image that NAME[:TAG], sha256:..., or either with "store:" in front, stands for. A digest also
// finds an image inside an index. What does not exist gives an error that matches ErrNotFound.
func (s *Store) Resolve(ctx context.Context, name string) (Image, error) {
	if err := ctx.Err(); err != nil {
		return Image{}, context.Cause(ctx)
	}
	index, err := s.readIndex()
	if err != nil {
		return Image{}, err
	}
	r, err := parseName(name)
	if err != nil {
		return Image{}, err
	}
	if r.Digest != "" {
		return s.resolveDigest(index, r.Digest)
	}
	for _, entry := range index.Manifests {
		if entry.Annotations[nameAnnotation] == r.Pointer() {
			return s.image(entry), nil
		}
	}
	return Image{}, &NotFoundError{Name: name, Near: near(index, r)}
}

// Only returns the single image of the layout, whatever its name: what "oci-layout:DIR" without a tag means.
func (s *Store) Only() (Image, error) {
	index, err := s.readIndex()
	if err != nil {
		return Image{}, err
	}
	var found []v1.Descriptor
	for _, entry := range index.Manifests {
		if !slices.ContainsFunc(found, func(d v1.Descriptor) bool { return d.Digest == entry.Digest }) {
			found = append(found, entry)
		}
	}
	switch len(found) {
	case 1:
		return s.image(found[0]), nil
	case 0:
		return Image{}, fmt.Errorf("the OCI layout %q is empty: %w", s.dir, ErrNotFound)
	default:
		return Image{}, &AmbiguousError{Dir: s.dir, Images: len(found)}
	}
}

// Named returns the image whose entry in index.json has exactly this name, which in a foreign layout need not be
// NAME:TAG: what "oci-layout:DIR:TAG" means.
func (s *Store) Named(name string) (Image, error) {
	index, err := s.readIndex()
	if err != nil {
		return Image{}, err
	}
	var names []string
	for _, entry := range index.Manifests {
		have := entry.Annotations[nameAnnotation]
		if have == name {
			return s.image(entry), nil
		}
		if have != "" && len(names) < maxNear {
			names = append(names, have)
		}
	}
	return Image{}, &NotFoundError{Name: name, Near: names}
}

// List returns every image of the store in the order of index.json, first those with names. A digest that has several names
// is listed once for each.
func (s *Store) List(ctx context.Context) ([]Image, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	index, err := s.readIndex()
	if err != nil {
		return nil, err
	}
	images := make([]Image, 0, len(index.Manifests))
	for _, entry := range index.Manifests {
		images = append(images, s.image(entry))
	}
	slices.SortStableFunc(images, func(a, b Image) int {
		switch {
		case (a.Name == "") == (b.Name == ""):
			return 0
		case a.Name == "":
			return 1
		default:
			return -1
		}
	})
	return images, nil
}

// Tag points a further name at the image that source stands for.
func (s *Store) Tag(ctx context.Context, source, name string) (Image, error) {
	img, err := s.Resolve(ctx, source)
	if err != nil {
		return Image{}, err
	}
	if name == "" {
		return Image{}, &ref.Error{Input: name, Reason: "a tag needs a name"}
	}
	return s.Add(ctx, img.Descriptor, name, nil)
}

// Delete takes a name away, or, given a digest, all names of that image. The last name takes the image with it; its
// blobs stay until Prune. An image inside an index cannot be deleted alone.
func (s *Store) Delete(ctx context.Context, name string) error {
	r, err := parseName(name)
	if err != nil {
		return err
	}
	return s.update(ctx, func(index *v1.IndexManifest) error {
		before := len(index.Manifests)
		index.Manifests = slices.DeleteFunc(index.Manifests, func(entry v1.Descriptor) bool {
			if r.Digest != "" {
				return entry.Digest.String() == r.Digest
			}
			return entry.Annotations[nameAnnotation] == r.Pointer()
		})
		if len(index.Manifests) == before {
			return &NotFoundError{Name: name, Near: near(index, r)}
		}
		return nil
	})
}

func (s *Store) image(entry v1.Descriptor) Image {
	return Image{Name: entry.Annotations[nameAnnotation], Descriptor: entry, Test: readTest(entry.Annotations), store: s}
}

func (s *Store) resolveDigest(index *v1.IndexManifest, digest string) (Image, error) {
	for _, entry := range index.Manifests {
		if entry.Digest.String() == digest {
			return s.image(entry), nil
		}
	}
	for _, entry := range index.Manifests {
		if !entry.MediaType.IsIndex() {
			continue
		}
		var found *v1.Descriptor
		err := s.walk(entry, 0, func(desc v1.Descriptor) error {
			if isManifest(desc.MediaType) && desc.Digest.String() == digest {
				found = &desc
				return errFound
			}
			return nil
		})
		if found != nil {
			img := s.image(entry)
			img.Descriptor = *found
			return img, nil
		}
		_ = err // a broken neighbour must not hide the image that was asked for
	}
	return Image{}, &NotFoundError{Name: digest}
}

var errFound = errors.New("found")

// parseName reads NAME[:TAG] or a digest, with or without "store:".
func parseName(name string) (ref.Ref, error) {
	rest := strings.TrimPrefix(name, string(ref.Store)+":")
	if strings.HasPrefix(rest, "sha256:") {
		return ref.Parse(string(ref.Store) + ":" + rest)
	}
	return ref.ParsePointer(rest)
}

const maxNear = 5

// near returns pointers with the same name and another tag.
func near(index *v1.IndexManifest, r ref.Ref) []string {
	var names []string
	for _, entry := range index.Manifests {
		name := entry.Annotations[nameAnnotation]
		if r.Repository != "" && strings.HasPrefix(name, r.Repository+":") && len(names) < maxNear {
			names = append(names, name)
		}
	}
	return names
}
