// Package builder does what a plan says: build stage, commit, test stage, publish. Build is the entry point, and the
// one place that knows the order of the stages.
package builder

import (
	"context"
	"time"

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
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// Options are what a build works with besides its plan.
type Options struct {
	RunID    string
	Engine   *engine.Engine
	Store    *store.Store
	Registry *registry.Client
	Events   event.Sink        // nil discards
	Logs     stage.Logs        // where log folders go
	Secrets  map[string][]byte // values by name, for components that refer to them
	// KeepFailed keeps the file system that a failed component leaves, for a look into it.
	KeepFailed bool
	// CacheFrom and CacheTo are caches besides the builder's own.
	CacheFrom, CacheTo []engine.Cache
	// Memory is a folder in which builds remember what they depended on, to say next time what changed.
	Memory string
	// Started is when the command began and Resolved how long the plan took, for the record; both may be zero.
	Started  time.Time
	Resolved time.Duration
	// NoCache names components that run again even if nothing changed; build.All stands for all.
	NoCache     []string
	Compression string        // of new layers: gzip, zstd, estargz or uncompressed; empty means gzip
	TestTimeout time.Duration // of the whole test stage; 0 means no limit
	// IsolatedTests gives the tests of each component a container of their own.
	IsolatedTests bool
}

// Build runs the stages in order and returns the record of what happened, also when it fails. Failures know their
// exit code (ExitCode) and mostly a way out (Hint); when ctx is cancelled its cause is returned.
func Build(ctx context.Context, p *plan.Plan, o Options) (*result.Result, error) {
	r := newRecord(p, o)
	err := r.stages(ctx, p, o)
	return r.finish(ctx, err), err
}

// stages is the whole build: what is built is committed, what is committed is tested, and only what passed is
// published, by its digest.
func (r *record) stages(ctx context.Context, p *plan.Plan, o Options) error {
	blobs, err := local.NewStore(o.Store.Dir())
	if err != nil {
		return stage.Machine("open the image store", err)
	}
	services := stage.Services{Engine: o.Engine, Store: o.Store, Events: r.events, Logs: o.Logs, Memory: o.Memory, Secrets: o.Secrets}
	platform := p.Platforms[0]

	var built build.Output
	err = r.stage(event.StageBuild, &r.Timings.Build, func() error {
		base, err := parent.Ensure(ctx, services, o.Registry, p, platform)
		if err != nil {
			return err
		}
		built, err = build.Run(ctx, services, build.Input{
			Plan: p, Platform: platform, Parent: base, Blobs: blobs, NoCache: o.NoCache, Compression: o.Compression,
			CacheFrom: o.CacheFrom, CacheTo: o.CacheTo, KeepFailed: o.KeepFailed, RunID: o.RunID,
		})
		r.components(built.Components)
		return err
	})
	if err != nil {
		return err
	}
	defer built.Built.Close()

	var image commit.Output
	err = r.stage(event.StageCommit, &r.Timings.Commit, func() error {
		image, err = commit.Run(ctx, services, commit.Input{Plan: p, Platform: platform, Built: built.Built})
		return err
	})
	if err != nil {
		return err
	}
	r.Image = &image.Record

	if len(p.TestStage())+len(p.HostStage()) == 0 {
		r.skip(event.StageTest, "no test phase")
	} else if err := r.stage(event.StageTest, &r.Timings.Test, func() error {
		r.Tests, err = test.Run(ctx, services, test.Input{
			Plan: p, Platform: platform, Image: image.Image, Blobs: blobs, RunID: o.RunID, Timeout: o.TestTimeout, Isolated: o.IsolatedTests,
		})
		return err
	}); err != nil {
		return err
	}

	if !p.Push || len(p.Targets) == 0 {
		r.skip(event.StagePublish, "nowhere to push to")
		return nil
	}
	return r.stage(event.StagePublish, &r.Timings.Publish, func() error {
		r.Targets, err = publish.Run(ctx, services, publish.Input{Targets: p.Targets, Image: image.Image, Registry: o.Registry})
		return err
	})
}
