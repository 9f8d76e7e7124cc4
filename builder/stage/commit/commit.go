// Package commit is the commit stage: what the build stage made becomes an image in the image store, and from there
// on it is its digest. Its entry point is Run.
package commit

import (
	"context"
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
	Plan     *plan.Plan
	Platform plan.Platform
	Built    *engine.Build
}

// Output is the committed image.
type Output struct {
	Image  store.Image
	Record result.Image
}

// Run exports the image and points its name at it: name:version-build. The digest depends on the plan alone; name and
// build number are only in the pointer. Failures are *stage.Error.
func Run(ctx context.Context, s stage.Services, in Input) (Output, error) {
	committed, err := in.Built.Commit(ctx)
	if err != nil {
		return Output{}, failure(ctx, err)
	}
	digest, err := v1.NewHash(committed.Digest.String())
	if err != nil {
		return Output{}, failure(ctx, err)
	}
	_, err = s.Store.Resolve(ctx, digest.String())
	unchanged := err == nil
	name := Pointer(in.Plan)
	descriptor := v1.Descriptor{MediaType: types.MediaType(committed.Descriptor.MediaType), Digest: digest, Size: committed.Descriptor.Size}
	image, err := s.Store.Add(ctx, descriptor, name, nil)
	if err != nil {
		return Output{}, failure(ctx, err)
	}
	record, err := newRecord(image, name, in.Platform.Name)
	if err != nil {
		return Output{}, failure(ctx, err)
	}
	record.Unchanged = unchanged
	return Output{Image: image, Record: record}, nil
}

// Pointer is the name of a build's image in the image store.
func Pointer(p *plan.Plan) string {
	return p.Recipe.Normal + ":" + p.Recipe.Version + "-" + strconv.Itoa(p.Recipe.Build)
}

func failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return stage.Machine("commit stage", err)
}

func newRecord(image store.Image, name, platform string) (result.Image, error) {
	record := result.Image{Digest: image.Digest().String(), Platforms: []string{platform}, Reference: name, Layers: []result.Layer{}}
	manifest, err := image.Manifest()
	if err != nil {
		return record, err
	}
	config, err := image.Config()
	if err != nil {
		return record, err
	}
	if record.Size, err = image.Size(); err != nil {
		return record, err
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
	return record, nil
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
