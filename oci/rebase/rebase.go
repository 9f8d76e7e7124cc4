// Package rebase puts the layers of an image upon another parent without building anything. Its entry point is Image.
// Whether the result works is not known: it is another image, with a digest of its own, and has to be tested.
package rebase

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/oci/store"
)

// The labels that say what an image stands on.
const (
	BaseName   = "org.opencontainers.image.base.name"
	BaseDigest = "org.opencontainers.image.base.digest"
)

// Options say upon what an image is put. All images are for one platform.
type Options struct {
	From, Onto store.Image // the parent that it has and the one that it gets
	// Name and Digest are what the labels of the result say of the new parent.
	Name, Digest string
	// Force takes files of the image's own layers over those that the new parent changed.
	Force bool
}

// Image returns img with the layers of its parent replaced by those of another one. What img does not say otherwise than
// its parent did, such as its environment, it takes from the new one. An image that does not stand on Options.From is
// an *UnrelatedError; one whose layers replace files that the new parent changed is a *ConflictError.
func Image(ctx context.Context, img store.Image, o Options) (v1.Image, error) {
	image, err := read(img)
	if err != nil {
		return nil, err
	}
	from, err := read(o.From)
	if err != nil {
		return nil, err
	}
	onto, err := read(o.Onto)
	if err != nil {
		return nil, err
	}
	if have, want := image.config.Platform(), onto.config.Platform(); !have.Satisfies(*want) {
		return nil, fmt.Errorf("image %q is for %s, the parent %q for %s", img, have, o.Onto, want)
	}
	own, err := image.above(from)
	if err != nil {
		return nil, &UnrelatedError{Image: img.String(), Parent: o.From.String()}
	}
	if !o.Force {
		paths, err := conflicts(ctx, own, from.layers, onto.layers)
		if err != nil {
			return nil, err
		}
		if len(paths) > 0 {
			return nil, &ConflictError{Image: img.String(), Parent: o.Onto.String(), Paths: paths}
		}
	}
	return compose(image, from, onto, own, o)
}

// compose makes the image: layers and history of the new parent, then those of the image's own.
func compose(image, from, onto *parts, own []v1.Layer, o Options) (v1.Image, error) {
	result := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	additions := append(addenda(onto.layers, onto.config.History), addenda(own, image.historyAbove(from, len(own)))...)
	result, err := mutate.Append(result, additions...)
	if err != nil {
		return nil, err
	}
	config, err := result.ConfigFile()
	if err != nil {
		return nil, err
	}
	made := image.config.DeepCopy()
	made.RootFS, made.History = config.RootFS, config.History
	made.Created, made.OSVersion, made.OSFeatures = onto.config.Created, onto.config.OSVersion, onto.config.OSFeatures
	made.Config = merge(from.config.Config, image.config.Config, onto.config.Config)
	if made.Config.Labels == nil {
		made.Config.Labels = map[string]string{}
	}
	made.Config.Labels[BaseName], made.Config.Labels[BaseDigest] = o.Name, o.Digest
	return mutate.ConfigFile(result, made)
}

// parts are what an image is made of.
type parts struct {
	config *v1.ConfigFile
	layers []v1.Layer
}

func read(img store.Image) (*parts, error) {
	one, err := img.V1()
	if err != nil {
		return nil, err
	}
	p := &parts{}
	if p.config, err = one.ConfigFile(); err != nil {
		return nil, err
	}
	if p.config.Platform() == nil {
		return nil, fmt.Errorf("image %q says no platform", img)
	}
	p.layers, err = one.Layers()
	return p, err
}

// above returns the layers of p above those of its parent. The same files count, not how they are compressed.
func (p *parts) above(parent *parts) ([]v1.Layer, error) {
	n := len(parent.config.RootFS.DiffIDs)
	if n > len(p.config.RootFS.DiffIDs) {
		return nil, &UnrelatedError{}
	}
	for i, id := range parent.config.RootFS.DiffIDs {
		if p.config.RootFS.DiffIDs[i] != id {
			return nil, &UnrelatedError{}
		}
	}
	return p.layers[n:], nil
}

// historyAbove is the history of the image's own layers; nil when it does not say which entries those are.
func (p *parts) historyAbove(parent *parts, layers int) []v1.History {
	if len(parent.config.History) > len(p.config.History) {
		return nil
	}
	own := p.config.History[len(parent.config.History):]
	for _, h := range own {
		if !h.EmptyLayer {
			layers--
		}
	}
	if layers != 0 {
		return nil
	}
	return own
}

// addenda are layers with their history, each with a media type of the OCI.
func addenda(layers []v1.Layer, history []v1.History) []mutate.Addendum {
	filled := 0
	for _, h := range history {
		if !h.EmptyLayer {
			filled++
		}
	}
	if filled != len(layers) { // it says nothing of use
		history = make([]v1.History, len(layers))
	}
	list := make([]mutate.Addendum, 0, len(history))
	next := 0
	for _, h := range history {
		a := mutate.Addendum{History: h}
		if !h.EmptyLayer {
			a.Layer = layers[next]
			a.MediaType = ociType(a.Layer)
			next++
		}
		list = append(list, a)
	}
	return list
}

func ociType(l v1.Layer) types.MediaType {
	mediaType, err := l.MediaType()
	if err != nil {
		return types.OCILayer
	}
	switch mediaType {
	case types.DockerLayer:
		return types.OCILayer
	case types.DockerUncompressedLayer:
		return types.OCIUncompressedLayer
	default:
		return mediaType
	}
}
