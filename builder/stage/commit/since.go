package commit

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/builder/inspect"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/store"
)

// lastPassing is the newest image of the recipe, of any version, whose tests passed; the zero Image when there is
// none. Where there is nothing to test, images without tests count.
func lastPassing(ctx context.Context, s stage.Services, p *plan.Plan) (store.Image, error) {
	all, err := s.Store.List(ctx)
	if err != nil {
		return store.Image{}, err
	}
	untested := len(p.TestStage())+len(p.HostStage()) == 0
	var newest store.Image
	var at time.Time
	for _, image := range all {
		if !strings.HasPrefix(image.Name, p.Recipe.Normal+":") ||
			image.Test.Status != store.Passed && (image.Test.Status != store.Untested || !untested) {
			continue
		}
		stored, err := image.Stored()
		if err != nil {
			continue // pruned since
		}
		if newest.Name == "" || !stored.Before(at) {
			newest, at = image, stored
		}
	}
	return newest, nil
}

// since tells an image from the one before it; nil when there is none or it is the same one. Layers are told apart
// where both are for one platform.
func since(ctx context.Context, s stage.Services, before store.Image, now result.Image) (*result.Change, error) {
	if before.Name == "" || before.Digest().String() == now.Digest {
		return nil, nil
	}
	size, err := before.Size()
	if err != nil {
		return nil, nil //nolint:nilerr // an image that lost a blob is nothing to compare with
	}
	change := &result.Change{Reference: before.Name, Digest: before.Digest().String(), Size: now.Size - size}
	if before.IsIndex() || len(now.Layers) == 0 {
		return change, nil
	}
	var old result.Image
	if err := describe(before, &old); err != nil {
		return nil, err
	}
	had, err := componentsOf(ctx, s, before, old)
	if err != nil {
		return nil, err
	}
	for _, layer := range now.Layers {
		if layer.Added == nil || layer.Added.Component == "" {
			continue
		}
		c := result.ComponentChange{Component: layer.Added.Component, Bytes: layer.Added.Bytes, Files: layer.Added.Files}
		if at := slices.IndexFunc(had, func(h result.ComponentChange) bool { return h.Component == c.Component }); at >= 0 {
			c.Bytes, c.Files = c.Bytes-had[at].Bytes, c.Files-had[at].Files
			had = slices.Delete(had, at, at+1)
		}
		change.Components = append(change.Components, c)
	}
	for _, gone := range had {
		change.Components = append(change.Components, result.ComponentChange{
			Component: gone.Component, Bytes: -gone.Bytes, Files: -gone.Files, Gone: true,
		})
	}
	return change, nil
}

// componentsOf says what each component added to an image that was built before.
func componentsOf(ctx context.Context, s stage.Services, image store.Image, record result.Image) ([]result.ComponentChange, error) {
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	var list []result.ComponentChange
	for i, layer := range record.Layers {
		title, ok := strings.CutPrefix(layer.CreatedBy, componentHistory)
		if !ok {
			continue
		}
		report, err := inspect.In(s.Memory).Layer(ctx, s.Store, layers[i])
		if err != nil {
			return nil, err
		}
		name, _, _ := strings.Cut(title, "/")
		list = append(list, result.ComponentChange{Component: name, Bytes: report.Bytes, Files: report.Files})
	}
	return list, nil
}
