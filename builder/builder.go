// Package builder does what a plan says: build stage, commit, test stage, publish. Build is the entry point, and the
// one place that knows the order of the stages.
package builder

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/builder/stage/build"
	"github.com/slipway-oci/slipway/builder/stage/commit"
	"github.com/slipway-oci/slipway/builder/stage/parent"
	"github.com/slipway-oci/slipway/builder/stage/publish"
	"github.com/slipway-oci/slipway/builder/stage/test"
	"github.com/slipway-oci/slipway/builder/timing"
	"github.com/slipway-oci/slipway/builder/workflow"
	"github.com/slipway-oci/slipway/oci/daemon"
	"github.com/slipway-oci/slipway/oci/distribute"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// Options are what a build works with besides its plan.
type Options struct {
	RunID string
	// Engine waits for the builder. It is asked when something is to be run, so that what is remembered needs none.
	Engine func(context.Context) (*engine.Engine, error)
	// Release is called when nothing more is asked of the builder, which may end while the image is published. It may be
	// nil, is called more than once, and not when the build fails.
	Release  func()
	Store    *store.Store
	Registry *registry.Client
	Daemon   daemon.Opener // for a parent from a local engine; may be nil
	// Local are targets on this machine, which get the image whether it is pushed or not.
	Local   []distribute.Target
	Events  event.Sink        // nil discards
	Logs    stage.Logs        // where log folders go
	Secrets map[string][]byte // values by name, for components that refer to them
	// KeepFailed keeps the file system that a failed component or test leaves, for a look into it.
	KeepFailed bool
	// CacheFrom and CacheTo are caches besides the builder's own.
	CacheFrom, CacheTo []engine.Cache
	// Memory is a folder in which builds remember what they depended on, to say next time what changed.
	Memory string
	// Outcomes is a folder in which builds remember what the build stage gave, so that an unchanged one is not asked of
	// the builder; "" remembers none. It belongs to the builder's cache and goes with it.
	Outcomes string
	// Started is when the command began and Resolved how long the plan took, for the record; both may be zero.
	Started  time.Time
	Resolved time.Duration
	// Timings notes how long the parts of the build take; nil notes nothing.
	Timings *timing.Recorder
	// NoCache names components that run again even if nothing changed; build.All stands for all.
	NoCache     []string
	Compression string // of new layers: gzip, zstd, estargz or uncompressed; empty means gzip
	// IsolatedTests gives the tests of each component a container of their own.
	IsolatedTests bool
	// CacheTests leaves out tests that passed before, in the same image with the same documents and parameters.
	CacheTests bool
}

// services are what the stages work with.
func (o Options) services(events event.Sink) stage.Services {
	return stage.Services{
		Engine: o.Engine, Store: o.Store, Events: events, Logs: o.Logs, Memory: o.Memory, Outcomes: o.Outcomes,
		Secrets: o.Secrets, Timings: o.Timings,
	}
}

func (o Options) release() {
	if o.Release != nil {
		o.Release()
	}
}

// Build runs the stages in order and returns the record of what happened, also when it fails. Failures know their
// exit code (ExitCode) and mostly a way out (Hint); when ctx is cancelled its cause is returned.
func Build(ctx context.Context, p *plan.Plan, o Options) (*result.Result, error) {
	r := newRecord(p, o)
	r.begin()
	err := r.stages(ctx, p, o)
	r.missingReports(ctx, p)
	return r.finish(ctx, err), err
}

// stages is the whole build: what is built is committed, what is committed is tested, and only what passed is
// published, by its digest. With several platforms each stage does all of them before the next begins.
func (r *record) stages(ctx context.Context, p *plan.Plan, o Options) (err error) {
	r.enter(workflow.Creating)
	blobs, err := local.NewStore(o.Store.Dir())
	if err != nil {
		return stage.Machine("open the image store", err)
	}
	s := o.services(r.events)

	if err := checkPlatforms(ctx, s, p); err != nil {
		return err
	}
	var builds []commit.Build
	err = r.stage(ctx, event.StageBuild, &r.Timings.Build, func() error {
		builds, err = r.build(ctx, s, p, o, blobs)
		return err
	})
	defer closeAll(builds)
	if err != nil {
		return err
	}

	var image commit.Output
	err = r.stage(ctx, event.StageCommit, &r.Timings.Commit, func() error {
		defer s.Timings.Begin("commit")()
		image, err = r.commit(ctx, s, o, commit.Input{Plan: p, Builds: builds, Components: r.Components})
		return err
	})
	if err != nil {
		return err
	}
	// The disk takes its time while the image is tested and published.
	synced := make(chan error, 1)
	go func() {
		err := o.Store.Sync(ctx, image.Image)
		if err == nil {
			r.keep(image.Platforms)
		}
		synced <- err
	}()
	defer func() {
		if serr := <-synced; serr != nil && err == nil {
			err = stage.Machine("write the image to the disk", serr)
		}
	}()

	in := publish.Input{Local: o.Local, Image: image.Image, Registry: o.Registry}
	if p.Push {
		in.Targets = p.Targets
	}
	r.beginTests(p)
	if !hasTests(p) {
		r.skip(event.StageTest, untested(p))
	} else {
		in.Ahead = publish.Begin(ctx, s, in)
		defer in.Ahead.Stop()
		if err = r.stage(ctx, event.StageTest, &r.Timings.Test, func() error {
			return r.test(ctx, s, p, o, image, blobs)
		}); err != nil {
			return err
		}
	}
	if len(in.Targets)+len(in.Local) == 0 {
		r.skip(event.StagePublish, "nowhere to push to")
		r.flow.Skip(workflow.Distribution, "nowhere to push to")
		return nil
	}
	r.enter(workflow.Distributing)
	r.flow.Begin(workflow.Distribution)
	return r.stage(ctx, event.StagePublish, &r.Timings.Publish, func() error {
		return r.flow.Step(ctx, workflow.Distribution, workflow.DistributeImage, func() error {
			defer s.Timings.Begin("push")()
			r.Targets, err = publish.Run(ctx, s, in)
			return err
		})
	})
}

// hasTests reports whether the image of a plan is tested.
func hasTests(p *plan.Plan) bool { return len(p.TestStage())+len(p.HostStage()) > 0 }

// untested says why a plan has nothing to test.
func untested(p *plan.Plan) string {
	if !p.Tests {
		return "tests are off"
	}
	return "no test phase"
}

// build runs the build stage for each platform. The builds that succeeded are returned also when a later one fails.
func (r *record) build(ctx context.Context, s stage.Services, p *plan.Plan, o Options, blobs content.Store) ([]commit.Build, error) {
	from := parent.Sources{Registry: o.Registry, Daemon: o.Daemon}
	var parents []*engine.Image
	err := r.flow.Step(ctx, workflow.Build, workflow.PrepareBuilder, func() error {
		defer s.Timings.Begin("parent check")()
		for _, platform := range p.Platforms {
			base, err := parent.Ensure(ctx, s, from, p, platform)
			if err == nil {
				err = parent.CheckSystem(ctx, s, p, base)
			}
			if err != nil {
				return err
			}
			parents = append(parents, base)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.enter(workflow.Building)
	var builds []commit.Build
	err = r.flow.Step(ctx, workflow.Build, workflow.ApplyBuildComponents, func() error {
		defer s.Timings.Begin("components, from the cache or run")()
		for i, platform := range p.Platforms {
			out, err := build.Run(ctx, s, build.Input{
				Plan: p, Platform: platform, Parent: parents[i], Blobs: blobs, NoCache: o.NoCache, Compression: o.Compression,
				CacheFrom: o.CacheFrom, CacheTo: o.CacheTo, Keeper: r.keeper,
			})
			r.Components = append(r.Components, out.Components...)
			r.Reports = append(r.Reports, out.Reports...)
			if err != nil {
				return err
			}
			r.recollections = append(r.recollections, out.Recollection)
			builds = append(builds, commit.Build{Platform: platform, Parent: parents[i], Built: out.Built})
		}
		return nil
	})
	return builds, err
}

// keep remembers the outcome of the build stage, for each platform.
func (r *record) keep(images []store.Image) {
	for i, image := range images {
		r.recollections[i].Keep(image.Descriptor)
	}
}

// commit writes the image, checks it and gives it its name.
func (r *record) commit(ctx context.Context, s stage.Services, o Options, in commit.Input) (commit.Output, error) {
	var exported commit.Exported
	var image commit.Output
	err := r.flow.Step(ctx, workflow.Build, workflow.SanitizeContainer, func() (err error) {
		exported, err = commit.Export(ctx, s, in)
		return err
	})
	if err == nil && !hasTests(in.Plan) {
		o.release()
	}
	if err == nil {
		err = r.flow.Step(ctx, workflow.Build, workflow.CommitImage, func() (err error) {
			image, err = commit.Run(ctx, s, in, exported)
			return err
		})
	}
	if err != nil {
		return image, err
	}
	r.flow.SkipStep(workflow.Build, workflow.CollectImageMetadata, "no metadata is collected")
	r.Image = &image.Record
	r.Warnings = slices.Concat(r.Warnings, exported.Warnings)
	return image, nil
}

func closeAll(builds []commit.Build) {
	for _, b := range builds {
		b.Built.Close()
	}
}

// test runs the test stage and records the outcome with the image.
func (r *record) test(ctx context.Context, s stage.Services, p *plan.Plan, o Options, image commit.Output, blobs content.Store) error {
	err := r.testPlatforms(ctx, s, p, o, image.Platforms, blobs)
	if err == nil {
		o.release()
	}
	r.tested(ctx, p, err)
	defer s.Timings.Begin("record of the tests")()
	return errors.Join(err, test.Mark(ctx, s, image.Image, store.Test{RunID: o.RunID, Suite: test.Suite(p)}, err))
}
