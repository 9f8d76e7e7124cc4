package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// parents finds parent images for plans: in registries, in the image store and in layouts.
type parents struct {
	store    *store.Store
	registry *registry.Client
}

// Resolve asks a registry by one request whenever the store has what the reference points at.
func (p parents) Resolve(ctx context.Context, r ref.Ref) (plan.Image, error) {
	switch r.Transport {
	case ref.Registry:
		return p.remote(ctx, r)
	case ref.Store:
		image, err := p.store.Resolve(ctx, r.String())
		if err != nil {
			return plan.Image{}, err
		}
		return local(image)
	case ref.Layout:
		image, err := layoutImage(ctx, r)
		if err != nil {
			return plan.Image{}, err
		}
		return local(image)
	default:
		return plan.Image{}, unsupported{r}
	}
}

// unsupported is a reference to a place that parent images cannot come from.
type unsupported struct{ ref ref.Ref }

func (e unsupported) Error() string {
	return fmt.Sprintf("images with the transport %q cannot be read", e.ref.Transport)
}

func (e unsupported) Hint() string {
	return "save the image as an OCI layout and name it oci-layout:DIR"
}

func layoutImage(ctx context.Context, r ref.Ref) (store.Image, error) {
	s, err := store.OpenExisting(r.Path)
	switch {
	case err != nil:
		return store.Image{}, err
	case r.Digest != "":
		return s.Resolve(ctx, r.Digest)
	case r.Tag != "":
		return s.Named(r.Tag)
	default:
		return s.Only()
	}
}

// local reads the platforms of an image that is on this machine.
func local(image store.Image) (plan.Image, error) {
	out := plan.Image{Digest: image.Digest().String()}
	images := []store.Image{image}
	if image.IsIndex() {
		var err error
		if images, err = image.Images(); err != nil {
			return out, err
		}
	}
	for _, i := range images {
		platforms, err := i.Platforms()
		if err != nil {
			return out, err
		}
		for _, p := range platforms {
			out.Platforms = append(out.Platforms, plan.ImagePlatform{Platform: p, Digest: i.Digest().String()})
		}
	}
	return out, nil
}

func (p parents) remote(ctx context.Context, r ref.Ref) (plan.Image, error) {
	desc, err := p.registry.Head(ctx, r)
	if err != nil {
		return plan.Image{}, err
	}
	if image, err := p.store.Resolve(ctx, desc.Digest.String()); err == nil {
		return local(image)
	}
	manifest, err := p.registry.Manifest(ctx, r)
	if err != nil {
		return plan.Image{}, err
	}
	out := plan.Image{Digest: manifest.Descriptor.Digest.String()}
	if !manifest.Descriptor.MediaType.IsIndex() {
		config, err := p.registry.Config(ctx, r, v1.Platform{})
		if err != nil {
			return out, err
		}
		if platform := config.Platform(); platform != nil {
			out.Platforms = []plan.ImagePlatform{{Platform: *platform, Digest: out.Digest}}
		}
		return out, nil
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(manifest.Raw, &index); err != nil {
		return out, fmt.Errorf("index of %s: %w", r, err)
	}
	for _, d := range index.Manifests {
		if d.Platform == nil || d.Platform.OS == "unknown" || !d.MediaType.IsImage() {
			continue // attestations and the like
		}
		out.Platforms = append(out.Platforms, plan.ImagePlatform{Platform: *d.Platform, Digest: d.Digest.String()})
	}
	if len(out.Platforms) == 0 {
		return out, errors.New("the index lists no image for a platform")
	}
	return out, nil
}

// Builds gives the images in the store that were built of a recipe and did not fail their tests.
func (p parents) Builds(ctx context.Context, name string) ([]plan.Build, error) {
	images, err := p.store.List(ctx)
	if err != nil {
		return nil, err
	}
	var builds []plan.Build
	for _, i := range images {
		version, build, ok := buildOf(i.Name, name)
		if !ok || i.Test.Status == store.Failed {
			continue
		}
		r, err := ref.ParsePointer(i.Name)
		if err != nil {
			continue
		}
		builds = append(builds, plan.Build{Version: version, Build: build, Reference: r})
	}
	return builds, nil
}

// versions gives the versions of a recipe that were built.
func (p parents) versions(ctx context.Context, name string) ([]recipe.Version, error) {
	images, err := p.store.List(ctx)
	if err != nil {
		return nil, err
	}
	var versions []recipe.Version
	for _, i := range images {
		if v, _, ok := buildOf(i.Name, name); ok {
			versions = append(versions, v)
		}
	}
	return versions, nil
}

// buildOf reads a pointer NAME:VERSION-BUILD of the named recipe.
func buildOf(pointer, name string) (version recipe.Version, build int, ok bool) {
	tag, found := strings.CutPrefix(pointer, name+":")
	if !found {
		return version, 0, false
	}
	text, number, found := strings.Cut(tag, "-")
	if !found {
		return version, 0, false
	}
	version, err := recipe.ParseVersion(text)
	if err != nil || version.HasWildcard() {
		return version, 0, false
	}
	build, err = strconv.Atoi(number)
	return version, build, err == nil && build > 0
}
