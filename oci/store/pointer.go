package store

import (
	"maps"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/oci/ref"
)

// pointer returns the normal form of a name; an empty one stays empty.
func pointer(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	r, err := ref.ParsePointer(name)
	if err != nil {
		return "", err
	}
	return r.Pointer(), nil
}

// point gives name to desc in the index and returns the entry.
func point(index *v1.IndexManifest, desc v1.Descriptor, name string, annotations map[string]string) v1.Descriptor {
	merged := map[string]string{}
	position := -1
	for n, old := range index.Manifests {
		if old.Digest == desc.Digest {
			copyTest(merged, old.Annotations)
		}
		if name == "" && old.Digest == desc.Digest || name != "" && old.Annotations[nameAnnotation] == name {
			position = n
		}
	}
	entry := v1.Descriptor{MediaType: desc.MediaType, Digest: desc.Digest, Size: desc.Size, Platform: desc.Platform, ArtifactType: desc.ArtifactType}
	if position >= 0 && index.Manifests[position].Digest == desc.Digest {
		old := index.Manifests[position]
		maps.Copy(merged, old.Annotations)
		if entry.Platform == nil {
			entry.Platform = old.Platform
		}
	}
	if name == "" { // an image that has a name keeps it
		name = merged[nameAnnotation]
	}
	maps.Copy(merged, annotations)
	delete(merged, nameAnnotation)
	if name != "" {
		merged[nameAnnotation] = name
	}
	if len(merged) > 0 {
		entry.Annotations = merged
	}
	switch {
	case position < 0:
		index.Manifests = append(index.Manifests, entry)
	case index.Manifests[position].Digest == desc.Digest:
		index.Manifests[position] = entry
	default:
		old := index.Manifests[position]
		index.Manifests[position] = entry
		keepUnnamed(index, old)
	}
	if name != "" {
		dropUnnamed(index, desc.Digest)
	}
	return entry
}

// keepUnnamed keeps an entry whose name was taken, unless its digest has another entry.
func keepUnnamed(index *v1.IndexManifest, old v1.Descriptor) {
	for _, entry := range index.Manifests {
		if entry.Digest == old.Digest {
			return
		}
	}
	old.Annotations = maps.Clone(old.Annotations)
	delete(old.Annotations, nameAnnotation)
	index.Manifests = append(index.Manifests, old)
}

// dropUnnamed removes the entry without a name of a digest that has a name now.
func dropUnnamed(index *v1.IndexManifest, digest v1.Hash) {
	kept := index.Manifests[:0]
	for _, entry := range index.Manifests {
		if entry.Digest != digest || entry.Annotations[nameAnnotation] != "" {
			kept = append(kept, entry)
		}
	}
	index.Manifests = kept
}
