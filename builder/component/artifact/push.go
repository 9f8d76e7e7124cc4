package artifact

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/runner/document"
)

// PushOptions says how to push.
type PushOptions struct {
	// Replace allows a version that the registry has already to get another content. Without it that is refused: who
	// uses the version would get something else without notice.
	Replace bool
}

// Push stores a component and points a tag at it: that of the reference, or the component's version when the tag is a
// version with open nodes. It returns the reference with the tag and the digest of the artifact. The same component
// always has the same digest, and pushing it again changes nothing.
func Push(ctx context.Context, client Registry, to ref.Ref, c Component, o PushOptions) (ref.Ref, error) {
	to, err := target(to, c.Version)
	if err != nil {
		return ref.Ref{}, err
	}
	if err := check(to, c); err != nil {
		return ref.Ref{}, err
	}
	m, blobs, err := build(c)
	if err != nil {
		return ref.Ref{}, err
	}
	pinned, err := to.WithDigest(m.Descriptor.Digest.String())
	if err != nil {
		return ref.Ref{}, err
	}
	have, err := client.Head(ctx, to)
	switch {
	case err == nil && have.Digest == m.Descriptor.Digest:
		return pinned, nil
	case err == nil && !o.Replace && to.Tag == c.Version:
		e := refuse(to, "the registry has another component of this version (%s)", have.Digest)
		e.Advice = "push it as a new version, or replace the old one with --replace"
		return ref.Ref{}, e
	case err != nil && !errors.Is(err, registry.ErrNotFound) && !errors.Is(err, registry.ErrDenied): // some registries deny what does not exist yet
		return ref.Ref{}, err
	}
	return pinned, client.PushArtifact(ctx, to, m, blobs)
}

// target fills the open nodes of the tag.
func target(to ref.Ref, versionText string) (ref.Ref, error) {
	if to.Digest != "" {
		return ref.Ref{}, refuse(to, "a component is pushed to a tag, not to a digest")
	}
	want, isVersion := version(to.Tag)
	if !isVersion {
		return to, nil // a tag that moves, such as "stable"
	}
	have, err := recipe.ParseVersion(versionText)
	if err != nil {
		return ref.Ref{}, err
	}
	if have.HasWildcard() || !want.Matches(have) {
		return ref.Ref{}, refuse(to, "version %s of the component does not fit the tag", versionText)
	}
	return to.WithTag(versionText)
}

// check refuses a component that Pull would refuse.
func check(r ref.Ref, c Component) error {
	if field, value := c.problem(); field != "" {
		return refuse(r, "its %s %q is not allowed", field, value)
	}
	if len(c.Document) > document.MaxFile {
		return refuse(r, "the document has %d bytes; at most %d are allowed", len(c.Document), document.MaxFile)
	}
	doc, problems := document.Parse(r.String(), c.Document)
	if err := problems.Err(); err != nil {
		return err
	}
	if kind := string(doc.Type()); kind != c.Type {
		return refuse(r, "it is said to be of type %s, and its document is of type %s", c.Type, kind)
	}
	return nil
}

// build gives the manifest of a component and the blobs it names. Nothing in it depends on time or place.
func build(c Component) (registry.Manifest, []registry.Blob, error) {
	layer, err := blob(DocumentType, c.Document)
	if err != nil {
		return registry.Manifest{}, nil, err
	}
	config, err := blob(emptyConfig, []byte("{}"))
	if err != nil {
		return registry.Manifest{}, nil, err
	}
	described := layer.Descriptor
	described.Annotations = map[string]string{nameKey: ref.Normal(c.Name) + ".yaml"} // the file name for general tools
	raw, err := json.Marshal(manifest{
		SchemaVersion: 2, MediaType: string(types.OCIManifestSchema1), ArtifactType: Type,
		Config: config.Descriptor, Layers: []v1.Descriptor{described},
		Annotations: c.annotations(layer.Descriptor.Digest.String()),
	})
	if err != nil {
		return registry.Manifest{}, nil, err
	}
	self, err := blob(types.OCIManifestSchema1, raw)
	if err != nil {
		return registry.Manifest{}, nil, err
	}
	return registry.Manifest{Descriptor: self.Descriptor, Raw: raw}, []registry.Blob{config, layer}, nil
}

// manifest is an image manifest of OCI 1.1. The one of go-containerregistry has no artifactType.
type manifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType,omitempty"`
	ArtifactType  string            `json:"artifactType,omitempty"`
	Config        v1.Descriptor     `json:"config"`
	Layers        []v1.Descriptor   `json:"layers"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

func blob(mediaType types.MediaType, data []byte) (registry.Blob, error) {
	digest, size, err := v1.SHA256(bytes.NewReader(data))
	if err != nil {
		return registry.Blob{}, err
	}
	return registry.Blob{Descriptor: v1.Descriptor{MediaType: mediaType, Size: size, Digest: digest}, Data: data}, nil
}
