package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/oci/daemon"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// Sources finds parent images where their references say. It reads manifests and configs only; no layer is moved.
type Sources struct {
	Registry *registry.Client
	Store    *store.Store
	// Daemon answers for docker-daemon references; nil refuses them.
	Daemon daemon.Opener
}

// Resolve implements Images.
func (s Sources) Resolve(ctx context.Context, r ref.Ref) (Image, error) {
	switch r.Transport {
	case ref.Registry:
		return s.registryImage(ctx, r)
	case ref.Store:
		found, err := s.Store.Resolve(ctx, strings.TrimPrefix(r.String(), string(ref.Store)+":"))
		if err != nil {
			return Image{}, err
		}
		return storeImage(found)
	case ref.Layout:
		return layoutImage(ctx, r)
	case ref.Daemon:
		return s.daemonImage(ctx, r)
	default:
		return Image{}, fmt.Errorf("reference %q names no image", r)
	}
}

// registryImage makes one request when the store has what the reference points at.
func (s Sources) registryImage(ctx context.Context, r ref.Ref) (Image, error) {
	desc, err := s.Registry.Head(ctx, r)
	if err != nil {
		return Image{}, err
	}
	if found, err := s.Store.Resolve(ctx, desc.Digest.String()); err == nil {
		return storeImage(found)
	}
	m, err := s.Registry.Manifest(ctx, r)
	if err != nil {
		return Image{}, err
	}
	image := Image{Digest: m.Descriptor.Digest.String()}
	if !m.Descriptor.MediaType.IsIndex() {
		pinned, err := r.WithDigest(image.Digest)
		if err != nil {
			return Image{}, err
		}
		config, err := s.Registry.Config(ctx, pinned, v1.Platform{})
		if err != nil {
			return Image{}, err
		}
		image.add(config.Platform(), image.Digest)
		return image, nil
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(m.Raw, &index); err != nil {
		return Image{}, fmt.Errorf("%s: not an image index: %w", r, err)
	}
	for _, desc := range index.Manifests {
		image.add(desc.Platform, desc.Digest.String())
	}
	return image, nil
}

// daemonImage pins an image of a local engine by its id there.
func (s Sources) daemonImage(ctx context.Context, r ref.Ref) (Image, error) {
	client, err := s.Daemon.Client()
	if err != nil {
		return Image{}, err
	}
	info, err := client.Inspect(ctx, r)
	if err != nil {
		return Image{}, err
	}
	image := Image{Digest: info.ID.String()}
	image.add(&info.Platform, image.Digest)
	return image, nil
}

func layoutImage(ctx context.Context, r ref.Ref) (Image, error) {
	layout, err := store.OpenExisting(r.Path)
	if err != nil {
		return Image{}, err
	}
	var found store.Image
	switch {
	case r.Digest != "":
		found, err = layout.Resolve(ctx, r.Digest)
	case r.Tag != "":
		found, err = layout.Named(r.Tag)
	default:
		found, err = layout.Only()
	}
	if err != nil {
		return Image{}, err
	}
	return storeImage(found)
}

func storeImage(found store.Image) (Image, error) {
	image := Image{Digest: found.Digest().String()}
	if !found.IsIndex() {
		config, err := found.Config()
		if err != nil {
			return Image{}, err
		}
		image.add(config.Platform(), image.Digest)
		return image, nil
	}
	index, err := found.IndexManifest()
	if err != nil {
		return Image{}, err
	}
	for _, desc := range index.Manifests {
		image.add(desc.Platform, desc.Digest.String())
	}
	return image, nil
}

// add notes the image for a platform. Attestations have an unknown one, and old images none: those are for Linux on
// amd64.
func (i *Image) add(p *v1.Platform, digest string) {
	switch {
	case p == nil:
		p = &v1.Platform{OS: "linux", Architecture: "amd64"}
	case p.OS == "unknown":
		return
	}
	i.Platforms = append(i.Platforms, ImagePlatform{Platform: *p, Digest: digest})
}

// Versions gives the versions of a recipe that were built, for Options.Versions.
func (s Sources) Versions(ctx context.Context, name string) ([]recipe.Version, error) {
	all, err := s.Store.List(ctx)
	if err != nil {
		return nil, err
	}
	var versions []recipe.Version
	for _, image := range all {
		if b, ok := buildOf(image.Name, name); ok {
			versions = append(versions, b.Version)
		}
	}
	return versions, nil
}

// Builds implements Images by the names in the image store. Images whose tests failed are left out.
func (s Sources) Builds(ctx context.Context, name string) ([]Build, error) {
	all, err := s.Store.List(ctx)
	if err != nil {
		return nil, err
	}
	var builds []Build
	for _, image := range all {
		if b, ok := buildOf(image.Name, name); ok && image.Test.Status != store.Failed {
			builds = append(builds, b)
		}
	}
	return builds, nil
}

// buildOf reads NAME:VERSION-BUILD in the image store. Other names are somebody's own tags.
func buildOf(pointer, name string) (Build, bool) {
	tag, ok := strings.CutPrefix(pointer, name+":")
	if !ok {
		return Build{}, false
	}
	version, number, _ := strings.Cut(tag, "-")
	v, err := recipe.ParseVersion(version)
	build, numberErr := strconv.Atoi(number)
	if err != nil || v.HasWildcard() || numberErr != nil || build < 1 {
		return Build{}, false
	}
	return Build{Version: v, Build: build, Reference: ref.Ref{Transport: ref.Store, Repository: name, Tag: tag}}, true
}
