package artifact

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/runner/document"
)

// Pull reads the component that a reference means now, and gives its reference by digest. The manifest must be that of
// a component and say the truth about its document, and all digests must be right.
func Pull(ctx context.Context, client Registry, r ref.Ref) (Component, ref.Ref, error) {
	m, pinned, err := read(ctx, client, r)
	if err != nil {
		return Component{}, ref.Ref{}, err
	}
	if m.ArtifactType != Type {
		return Component{}, ref.Ref{}, wrongType(pinned, m)
	}
	c, err := fromAnnotations(m.Annotations)
	if err != nil {
		return Component{}, ref.Ref{}, &Error{Reference: pinned.String(), Message: "annotation " + osVersionsKey, Err: err}
	}
	if c.Document, err = m.document(ctx, client, pinned); err != nil {
		return Component{}, ref.Ref{}, err
	}
	if want := m.Annotations[digestKey]; want != m.Layers[0].Digest.String() {
		return Component{}, ref.Ref{}, refuse(pinned, "its document is %s, and it is said to be %q", m.Layers[0].Digest, want)
	}
	if tagged, ok := version(pinned.Tag); ok {
		if have, ok := version(c.Version); ok && tagged != have {
			return Component{}, ref.Ref{}, refuse(pinned, "it is version %s", c.Version)
		}
	}
	if err := check(pinned, c); err != nil {
		return Component{}, ref.Ref{}, err
	}
	return c, pinned, nil
}

// Document reads the document that a reference means now, and gives the reference by digest. Any artifact will do that
// has exactly one layer, of DocumentType; so the document may have been pushed with a general tool.
func Document(ctx context.Context, client Registry, r ref.Ref) ([]byte, ref.Ref, error) {
	m, pinned, err := read(ctx, client, r)
	if err != nil {
		return nil, ref.Ref{}, err
	}
	data, err := m.document(ctx, client, pinned)
	return data, pinned, err
}

// read resolves a reference and reads the manifest.
func read(ctx context.Context, client Registry, r ref.Ref) (manifest, ref.Ref, error) {
	r, err := choose(ctx, client, r)
	if err != nil {
		return manifest{}, ref.Ref{}, err
	}
	answer, err := client.Manifest(ctx, r)
	if err != nil {
		return manifest{}, ref.Ref{}, err
	}
	pinned, err := r.WithDigest(answer.Descriptor.Digest.String())
	if err != nil {
		return manifest{}, ref.Ref{}, err
	}
	var m manifest
	if err := json.Unmarshal(answer.Raw, &m); err != nil {
		return manifest{}, ref.Ref{}, &Error{Reference: pinned.String(), Message: "its manifest cannot be read", Err: err}
	}
	if answer.Descriptor.MediaType != types.OCIManifestSchema1 {
		return manifest{}, ref.Ref{}, wrongType(pinned, manifest{MediaType: string(answer.Descriptor.MediaType)})
	}
	return m, pinned, nil
}

// document reads the one layer.
func (m manifest) document(ctx context.Context, client Registry, r ref.Ref) ([]byte, error) {
	if len(m.Layers) != 1 || m.Layers[0].MediaType != DocumentType {
		return nil, wrongType(r, m)
	}
	if size := m.Layers[0].Size; size > document.MaxFile {
		return nil, refuse(r, "its document has %d bytes; at most %d are allowed", size, document.MaxFile)
	}
	return client.ReadBlob(ctx, r, m.Layers[0], document.MaxFile)
}

// wrongType says what an artifact is instead of a component.
func wrongType(r ref.Ref, m manifest) *Error {
	is := []types.MediaType{types.OCIImageIndex, types.DockerManifestList, types.DockerManifestSchema2}
	var e *Error
	switch {
	case m.ArtifactType != "" && m.ArtifactType != Type:
		e = refuse(r, "it is an artifact of type %q, not a component", m.ArtifactType)
	case slices.Contains(is, types.MediaType(m.MediaType)), m.Config.MediaType.IsConfig():
		e = refuse(r, "it is a container image, not a component")
	case m.ArtifactType == Type:
		e = refuse(r, "it is damaged: it has %d layers, and not one component document", len(m.Layers))
	default:
		e = refuse(r, "it has not exactly one layer of type %s", DocumentType)
	}
	e.Err, e.Advice = ErrNotComponent, "components are put into registries by `slipway component push`"
	return e
}

var _ Registry = (*registry.Client)(nil)
