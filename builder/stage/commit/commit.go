// Package commit is the commit stage: what the build stage made becomes an image in the image store, and from there
// on it is its digest. Export writes and checks it, Run gives it its name.
package commit

import (
	"context"
	"errors"
	"slices"
	"strconv"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/store"
)

// Input is what the stage works on.
type Input struct {
	Plan   *plan.Plan
	Builds []Build // in the order of the plan's platforms
	// Components are the outcomes of the build stage, those of a platform in a row.
	Components []result.Component
}

// Build is the outcome of the build stage for one platform.
type Build struct {
	Platform plan.Platform
	Parent   *engine.Image // nil for scratch
	Built    *engine.Build
}

// Output is the committed image.
type Output struct {
	Image     store.Image   // what the name points at: an index when there are several platforms
	Platforms []store.Image // the image of each platform
	Record    result.Image
}

// Exported are the images of all platforms in the image store, checked, and without a name yet.
type Exported struct {
	// Warnings say what is in the new layers by accident.
	Warnings []string

	descriptors []v1.Descriptor
	checks      []check
	unchanged   bool
}

// Export writes the image of each platform into the image store and checks it: nothing may be in it that must not be
// there, and it has to keep its budgets. What fails has no name, so that the next prune removes it. Failures are
// *stage.Error.
func Export(ctx context.Context, s stage.Services, in Input) (Exported, error) {
	var out Exported
	for i, b := range in.Builds {
		committed, descriptor, err := export(ctx, b.Built)
		if err != nil {
			return out, failure(ctx, err)
		}
		if _, err := s.Store.Resolve(ctx, descriptor.Digest.String()); err == nil {
			out.unchanged = true
		}
		checked, err := inspectImage(ctx, s, in, i, descriptor, committed.Reports)
		if err != nil {
			return out, failure(ctx, err)
		}
		out.descriptors, out.checks = append(out.descriptors, descriptor), append(out.checks, checked)
		for _, text := range checked.warnings() {
			if !slices.Contains(out.Warnings, text) { // platforms mostly leave the same
				out.Warnings = append(out.Warnings, text)
			}
		}
	}
	return out, nil
}

// Run points the name at the exported image, or at an index of the images of several platforms: name:version-build.
// The digest depends on the plan alone; name and build number are only in the pointer. Failures are *stage.Error.
func Run(ctx context.Context, s stage.Services, in Input, exported Exported) (Output, error) {
	var out Output
	name := Pointer(in.Plan)
	before, err := lastPassing(ctx, s, in.Plan)
	if err != nil {
		return out, failure(ctx, err)
	}
	for _, descriptor := range exported.descriptors {
		image, err := s.Store.Add(ctx, descriptor, single(in, name), nil)
		if err != nil {
			return out, failure(ctx, err)
		}
		out.Platforms = append(out.Platforms, image)
	}
	out.Image = out.Platforms[0]
	if len(out.Platforms) > 1 {
		if out.Image, err = s.Store.Combine(ctx, out.Platforms, name, nil); err != nil {
			return out, failure(ctx, err)
		}
	}
	if out.Record, err = newRecord(in, out, name); err != nil {
		return out, failure(ctx, err)
	}
	out.Record.Unchanged = exported.unchanged
	if len(exported.checks) == 1 {
		exported.checks[0].describe(out.Record.Layers)
	} else {
		for i, checked := range exported.checks {
			checked.describe(out.Record.Manifests[i].Layers)
		}
	}
	out.Record.Since, err = since(ctx, s, before, out.Record)
	return out, failure(ctx, err)
}

// single is the name of a platform's image: with several platforms only their index has one.
func single(in Input, name string) string {
	if len(in.Builds) > 1 {
		return ""
	}
	return name
}

func export(ctx context.Context, built *engine.Build) (engine.Committed, v1.Descriptor, error) {
	committed, err := built.Commit(ctx)
	if err != nil {
		return committed, v1.Descriptor{}, err
	}
	digest, err := v1.NewHash(committed.Digest.String())
	return committed, v1.Descriptor{
		MediaType: types.MediaType(committed.Descriptor.MediaType), Digest: digest, Size: committed.Descriptor.Size,
	}, err
}

// Pointer is the name of a build's image in the image store.
func Pointer(p *plan.Plan) string {
	return p.Recipe.Normal + ":" + p.Recipe.Version + "-" + strconv.Itoa(p.Recipe.Build)
}

func failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if known, ok := errors.AsType[*stage.Error](err); ok {
		return known
	}
	return stage.Machine("commit stage", err)
}

func newRecord(in Input, out Output, name string) (result.Image, error) {
	record := result.Image{Digest: out.Image.Digest().String(), Reference: name, Layers: []result.Layer{}}
	for _, b := range in.Builds {
		record.Platforms = append(record.Platforms, b.Platform.Name)
	}
	var err error
	if record.Size, err = out.Image.Size(); err != nil {
		return record, err
	}
	if len(out.Platforms) == 1 {
		return record, describe(out.Image, &record)
	}
	for i, image := range out.Platforms { // each has layers and a config of its own
		var one result.Image
		if err := describe(image, &one); err != nil {
			return record, err
		}
		size, err := image.Size()
		if err != nil {
			return record, err
		}
		record.Manifests = append(record.Manifests, result.Manifest{
			Platform: record.Platforms[i], Digest: image.Digest().String(), ConfigDigest: one.ConfigDigest, Size: size, Layers: one.Layers,
		})
	}
	return record, nil
}

// describe adds what an image for one platform consists of.
func describe(image store.Image, record *result.Image) error {
	manifest, err := image.Manifest()
	if err != nil {
		return err
	}
	config, err := image.Config()
	if err != nil {
		return err
	}
	record.ConfigDigest = manifest.Config.Digest.String()
	created := creators(config.History)
	for i, l := range manifest.Layers {
		layer := result.Layer{Digest: l.Digest.String(), Size: l.Size}
		if i < len(created) {
			layer.CreatedBy = created[i]
		}
		record.Layers = append(record.Layers, layer)
	}
	return nil
}

// creators are the history entries that made a layer, bottom first.
func creators(history []v1.History) []string {
	var list []string
	for _, h := range history {
		if !h.EmptyLayer {
			list = append(list, h.CreatedBy)
		}
	}
	return list
}
