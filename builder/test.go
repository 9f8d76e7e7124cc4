package builder

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/builder/stage/parent"
	"github.com/slipway-oci/slipway/builder/stage/test"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// Test runs the test stage alone, on the image that is the parent of a plan (plan.ForTests), and records the outcome
// with the image. Of Options, those for building have no effect. Result and errors are as those of Build.
func Test(ctx context.Context, p *plan.Plan, o Options) (*result.Result, error) {
	r := newRecord(p, o)
	r.Kind, r.Workflows = result.KindTest, []result.Workflow{}
	err := r.stage(ctx, event.StageTest, &r.Timings.Test, func() error { return r.testImage(ctx, p, o) })
	return r.finish(ctx, err), err
}

func (r *record) testImage(ctx context.Context, p *plan.Plan, o Options) error {
	blobs, err := local.NewStore(o.Store.Dir())
	if err != nil {
		return stage.Machine("open the image store", err)
	}
	s := o.services(r.events)
	images, err := r.subject(ctx, s, p, o)
	if err != nil {
		return err
	}
	err = r.testPlatforms(ctx, s, p, o, images, blobs)
	return errors.Join(err, r.markSubject(ctx, s, p, o, images, err))
}

// subject gets the image to test into the store, for each platform.
func (r *record) subject(ctx context.Context, s stage.Services, p *plan.Plan, o Options) ([]store.Image, error) {
	r.Image = &result.Image{Digest: p.Parent.Digest, Reference: subjectName(p), Layers: []result.Layer{}, Unchanged: true}
	from := parent.Sources{Registry: o.Registry, Daemon: o.Daemon}
	var images []store.Image
	for _, platform := range p.Platforms {
		if _, err := parent.Ensure(ctx, s, from, p, platform); err != nil {
			return nil, err
		}
		image, err := s.Store.Resolve(ctx, platform.Digest)
		if err != nil {
			return nil, stage.Machine("read the image", err)
		}
		size, err := image.Size()
		if err != nil {
			return nil, stage.Machine("read the image", err)
		}
		image.Name = subjectName(p)
		images = append(images, image)
		r.Image.Platforms = append(r.Image.Platforms, platform.Name)
		r.Image.Size += size
	}
	return images, nil
}

// subjectName is how people call the image: by its name in the store where it has one.
func subjectName(p *plan.Plan) string {
	return strings.TrimPrefix(p.Parent.Name, string(ref.Store)+":")
}

// markSubject records the outcome with the image of each platform, and with an index that names no others.
func (r *record) markSubject(ctx context.Context, s stage.Services, p *plan.Plan, o Options, images []store.Image, outcome error) error {
	err := error(nil)
	marked := map[string]bool{}
	for _, image := range images {
		marked[image.Digest().String()] = true
		err = errors.Join(err, r.mark(ctx, s, p, o, image, outcome))
	}
	index, missing := s.Store.Resolve(ctx, p.Parent.Digest)
	if missing != nil || marked[p.Parent.Digest] {
		return err
	}
	platforms, readErr := index.Platforms()
	if readErr != nil {
		return errors.Join(err, stage.Machine("read the index", readErr))
	}
	if outcome == nil && len(platforms) > len(images) {
		r.warn("%d of the %d platforms of the image were tested, so the whole image stays as it was marked: --platform names several", len(images), len(platforms))
		return err
	}
	return errors.Join(err, r.mark(ctx, s, p, o, index, outcome))
}

// mark records the outcome with an image that the store lists. Tests that passed do not make good for tests of other
// components that failed.
func (r *record) mark(ctx context.Context, s stage.Services, p *plan.Plan, o Options, image store.Image, outcome error) error {
	suite := test.Suite(p)
	if before := image.Test; outcome == nil && before.Status == store.Failed {
		for name := range strings.SplitSeq(before.Suite, ",") {
			if name != "" && !slices.Contains(strings.Split(suite, ","), name) {
				r.warn("the image stays marked failed: of the tests that failed in run %s, those of component %q were not run again", before.RunID, name)
				return nil
			}
		}
	}
	err := test.Mark(ctx, s, image, store.Test{RunID: o.RunID, Suite: suite}, outcome)
	if errors.Is(err, store.ErrNotFound) {
		return nil // one platform of an index, which has no entry of its own
	}
	return err
}

// testPlatforms runs the tests of each platform, up to the first whose tests fail.
func (r *record) testPlatforms(ctx context.Context, s stage.Services, p *plan.Plan, o Options, images []store.Image, blobs content.Store) error {
	limited, stop := test.Limit(ctx, p)
	defer stop()
	for i, platform := range p.Platforms {
		out, err := test.Run(limited, s, test.Input{
			Plan: p, Platform: platform, Image: images[i], Blobs: blobs, Isolated: o.IsolatedTests, Cached: o.CacheTests,
			Keeper: r.keeper,
		})
		r.Tests = append(r.Tests, out.Tests...)
		r.Reports = append(r.Reports, out.Reports...)
		if err != nil {
			return err
		}
	}
	return nil
}
