package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// importing is a gateway that looks into further caches in every solve. BuildKit's client hands them to frontends
// only; a solve of a definition names its own.
type importing struct {
	gateway.Client
	caches []gateway.CacheOptionsEntry
}

// withImports adds the caches that the client of gw found to every solve of a definition.
func withImports(gw gateway.Client) (gateway.Client, error) {
	text := gw.BuildOpts().Opts["cache-imports"]
	if text == "" {
		return gw, nil
	}
	var caches []gateway.CacheOptionsEntry
	if err := json.Unmarshal([]byte(text), &caches); err != nil {
		return nil, fmt.Errorf("the builder's list of caches: %w", err)
	}
	return importing{gw, caches}, nil
}

// Solve solves a request with the caches.
func (g importing) Solve(ctx context.Context, request gateway.SolveRequest) (*gateway.Result, error) {
	if request.Definition != nil {
		request.CacheImports = g.caches
	}
	return g.Client.Solve(ctx, request)
}

// inline is the cache that is a part of the image, and so is made with it. All others are written behind the commit.
const inline = "inline"

// writeCaches writes what was built, and the logs of its components, into the caches of the spec. It is a solve of its
// own in which everything is found: the result of a build is its image alone, and without its logs a component would
// run again.
func (e *Engine) writeCaches(ctx context.Context, spec BuildSpec, runner *runnerbin.Image) error {
	opt := e.solveOptions(&spec, runner)
	opt.Exports, opt.CacheExports, opt.Internal = nil, nil, true
	for _, c := range spec.CacheTo {
		if c.Type != inline {
			opt.CacheExports = append(opt.CacheExports, client.CacheOptionsEntry{Type: c.Type, Attrs: c.Attrs})
		}
	}
	if len(opt.CacheExports) == 0 {
		return nil
	}
	spec.Components, spec.Template.NoCache = slices.Clone(spec.Components), false
	for i := range spec.Components {
		spec.Components[i].NoCache = false // it has just run
	}
	s := &solve{engine: e, spec: &spec, runner: runner, build: &Build{}, status: newTracker(nil, len(spec.Components))}
	_, err := e.client.Build(ctx, opt, product, s.all, nil)
	if err != nil {
		return fmt.Errorf("write the cache: %s: %w", rootMessage(err), err)
	}
	return nil
}

// all is the image and the logs of all components.
func (s *solve) all(ctx context.Context, gw gateway.Client) (*gateway.Result, error) {
	gw, base, g, err := s.begin(ctx, gw)
	if err != nil {
		return nil, err
	}
	image, err := s.behind(ctx, gw, base, g)
	if err != nil {
		return nil, err
	}
	refs := map[string]gateway.Reference{}
	if refs["image"], err = image.SingleRef(); err != nil {
		return nil, err
	}
	for i, c := range g.components {
		if refs[fmt.Sprintf("logs-%d", i+1)], err = g.evaluate(ctx, gw, c.logs); err != nil {
			return nil, err
		}
	}
	return s.together(refs)
}

// together is a result of several file systems. BuildKit wants to know the platform of each.
func (s *solve) together(refs map[string]gateway.Reference) (*gateway.Result, error) {
	res := gateway.NewResult()
	var list exptypes.Platforms
	for name, ref := range refs {
		if ref != nil {
			res.AddRef(name, ref)
			list.Platforms = append(list.Platforms, exptypes.Platform{ID: name, Platform: s.spec.Platform})
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	res.AddMeta(exptypes.ExporterPlatformsKey, text)
	return res, nil
}
