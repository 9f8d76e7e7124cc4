// Package build is the build stage: the template up to the components, each component's build and validate phases in
// one execution, and the template behind them. Its entry point is Run; what comes out is held by the builder until
// it is committed.
package build

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/kept"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/builder/stage"
)

// All stands for every component in Input.NoCache.
const All = "*"

// Input is what the stage works on.
type Input struct {
	Plan     *plan.Plan
	Platform plan.Platform
	// Parent is the parent's image for the platform, present in the image store; nil for scratch.
	Parent *engine.Image
	// Blobs is the folder of the image store as the builder sees it.
	Blobs       content.Store
	NoCache     []string // names of components to run again; All for all of them
	Compression string
	// CacheFrom and CacheTo are caches besides the builder's own.
	CacheFrom, CacheTo []engine.Cache
	// Keeper keeps the state that a failed component leaves; nil keeps none.
	Keeper *kept.Keeper
}

// noCache reports whether the caller wants a component to run again.
func (in Input) noCache(component string) bool {
	return slices.Contains(in.NoCache, All) || slices.Contains(in.NoCache, component)
}

// Output is what the stage made. On failure Built is nil and Components tell how far it came.
type Output struct {
	Built      *engine.Build
	Components []result.Component
	Reports    []result.Report
	// Recollection is to be kept with the image, once that is safe.
	Recollection *Recollection
}

// Run runs the stage. Failures are *stage.Error.
func Run(ctx context.Context, s stage.Services, in Input) (Output, error) {
	components := in.Plan.BuildStage()
	spec, err := newSpec(ctx, s, in, components)
	if err != nil {
		return Output{}, err
	}
	reports := stage.NewCollector(s, in.Plan, in.Platform, event.StageBuild)
	spec.Reports = reports.Reports(components)
	out := Output{Recollection: recollect(s, in, &spec)}
	w := newWatcher(s, in, components)
	built, known := out.Recollection.recall(ctx, w)
	if !known {
		var e *engine.Engine
		if e, err = s.Engine(ctx); err != nil {
			return out, err
		}
		built, err = e.Build(ctx, spec, w)
	}
	w.close()
	w.interrupted = ctx.Err() != nil
	out.Components, out.Reports = w.results(built), reports.Kept()
	w.reasons.remember(s.Memory)
	w.order.flushAll()
	if err != nil {
		return out, w.failure(ctx, err)
	}
	out.Built = built
	return out, out.Recollection.from(w)
}

func newSpec(ctx context.Context, s stage.Services, in Input, components []plan.Component) (engine.BuildSpec, error) {
	platform, err := platforms.Parse(in.Platform.Name)
	if err != nil {
		return engine.BuildSpec{}, fmt.Errorf("platform %q: %w", in.Platform.Name, err)
	}
	spec := engine.BuildSpec{
		Platform: platform, Parent: in.Parent, Store: in.Blobs, StoreFolder: s.Store.Dir(), Labels: in.Plan.Labels,
		Compression: in.Compression, Template: template(in), Secrets: s.Secrets,
		CacheFrom: in.CacheFrom, CacheTo: in.CacheTo, Epoch: created(in.Parent),
		LogFolder: func(i int) (string, error) {
			return s.Logs.LogFolder(event.StageBuild, components[i].Index, stage.LogName(in.Plan, in.Platform, components[i]))
		},
	}
	if in.Keeper != nil {
		spec.KeepFailed = func(i int, env []string, rootfs io.Reader) error {
			folder, err := spec.LogFolder(i)
			if err != nil {
				return err
			}
			return in.Keeper.Keep(ctx, s, kept.Failed{
				Plan: in.Plan, Platform: in.Platform, Component: components[i], Phases: components[i].Phases.Build,
				LogFolder: folder, Env: env, RootFS: rootfs,
			})
		}
	}
	if in.Plan.Template.UsesContext {
		spec.Context = in.Plan.Context
	}
	if len(in.Plan.Template.Args) > 0 {
		spec.Args = func(environment []string) ([]string, error) {
			return in.Plan.Template.BuildArgs(environment, platformArgs(platform))
		}
	}
	for _, c := range components {
		files, err := stage.Files(c, c.Phases.Build, in.Plan.WorkingDirectory, engine.ComponentFolder, stage.RestartContainer)
		if err != nil {
			return spec, err
		}
		spec.Components = append(spec.Components, engine.Component{
			Title: stage.Title(c), Files: files, Secrets: c.Secrets, Fetches: stage.Fetches(c.Document), NoCache: c.NoCache || in.noCache(c.Name),
		})
	}
	return spec, nil
}

// platformArgs are the build arguments that BuildKit gives to every Dockerfile.
func platformArgs(p ocispecs.Platform) map[string]string {
	return map[string]string{
		"TARGETPLATFORM": platforms.Format(p), "TARGETOS": p.OS, "TARGETARCH": p.Architecture, "TARGETVARIANT": p.Variant,
	}
}

// template gives the engine the Dockerfile parts that have to be built. Where the components stand right behind the
// FROM of the parent, nothing has to be built before them, unless the parent has ONBUILD triggers, which only a FROM
// sets off.
func template(in Input) engine.Template {
	triggers := in.Parent != nil && hasTriggers(in.Parent.Config)
	if in.Plan.Template.Trivial && !triggers {
		return engine.Template{}
	}
	name := "scratch"
	if in.Parent != nil {
		name = engine.ParentContext
	}
	parts := in.Plan.Template.Render(name)
	file, first := in.Plan.Template.Place()
	t := engine.Template{
		Prefix: parts.Prefix, Target: parts.Target, Suffix: parts.Suffix,
		SuffixContext: recipe.ComponentsContext, NoCache: slices.Contains(in.NoCache, All), File: file, FirstLine: first,
	}
	if !triggers && in.Plan.Template.OnlyParent {
		t.Prefix = ""
	}
	return t
}

// created is the time of the parent image, the latest one in the config of what is built on it: an unchanged plan gives
// an unchanged config, whenever it is built.
func created(parent *engine.Image) time.Time {
	var img struct {
		Created time.Time `json:"created"`
	}
	if parent == nil || json.Unmarshal(parent.Config, &img) != nil {
		return time.Time{}
	}
	return img.Created
}

// hasTriggers reports whether an image config has ONBUILD triggers, a field of Docker beside the OCI ones.
func hasTriggers(config []byte) bool {
	var img struct {
		Config struct{ OnBuild []string } `json:"config"`
	}
	return json.Unmarshal(config, &img) == nil && len(img.Config.OnBuild) > 0
}
