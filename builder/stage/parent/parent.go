// Package parent makes sure that the parent image of a plan is in the image store, whole, before anything runs on it.
// Its entry point is Ensure.
package parent

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/opencontainers/go-digest"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/daemon"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// Sources are where parents come from that the store misses.
type Sources struct {
	Registry *registry.Client
	Daemon   daemon.Opener
}

// Ensure returns the parent's image for a platform, nil for scratch. What the store misses is pulled or copied; an
// image that is there needs no network. Failures are *stage.Error.
func Ensure(ctx context.Context, s stage.Services, from Sources, p *plan.Plan, platform plan.Platform) (*engine.Image, error) {
	if p.Parent.Reference.Transport == ref.Scratch {
		return nil, nil
	}
	image, err := s.Store.Resolve(ctx, platform.Digest)
	if err != nil || image.Complete() != nil {
		if image, err = fetch(ctx, s, from, p.Parent, platform); err != nil {
			return nil, failure(ctx, p.Parent, err)
		}
	}
	config, err := image.Manifest()
	if err != nil {
		return nil, failure(ctx, p.Parent, err)
	}
	raw, err := s.Store.ReadBlob(config.Config)
	if err != nil {
		return nil, failure(ctx, p.Parent, err)
	}
	return &engine.Image{Digest: digest.Digest(image.Digest().String()), Config: raw}, nil
}

func fetch(ctx context.Context, s stage.Services, from Sources, p plan.Parent, platform plan.Platform) (store.Image, error) {
	switch p.Reference.Transport {
	case ref.Registry:
		pinned, err := p.Reference.WithDigest(platform.Digest)
		if err != nil {
			return store.Image{}, err
		}
		return from.Registry.Pull(ctx, pinned, s.Store, registry.PullOptions{Platform: want(platform), Progress: progress(s.Events, p.Name)})
	case ref.Layout:
		layout, err := store.OpenExisting(p.Reference.Path)
		if err != nil {
			return store.Image{}, err
		}
		found, err := layout.Resolve(ctx, platform.Digest)
		if err != nil {
			return store.Image{}, err
		}
		image, err := found.V1()
		if err != nil {
			return store.Image{}, err
		}
		return s.Store.Put(ctx, image, "", nil)
	case ref.Daemon:
		return load(ctx, s, from.Daemon, p.Reference, platform)
	default:
		return store.Image{}, fmt.Errorf("%s is not in the image store any more", p.Reference)
	}
}

// load takes the image from the local engine that the plan found it in.
func load(ctx context.Context, s stage.Services, open daemon.Opener, r ref.Ref, platform plan.Platform) (store.Image, error) {
	client, err := open.Client()
	if err != nil {
		return store.Image{}, err
	}
	id, err := v1.NewHash(r.Digest)
	if err != nil {
		return store.Image{}, err
	}
	p, err := v1.ParsePlatform(platform.Name)
	if err != nil {
		return store.Image{}, err
	}
	return client.Import(ctx, id, *p, s.Store)
}

func want(platform plan.Platform) *v1.Platform {
	p, err := platforms.Parse(platform.Name)
	if err != nil {
		return nil
	}
	return &v1.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}
}

func progress(events event.Sink, name string) func(registry.Progress) {
	return func(p registry.Progress) {
		events.Send(event.Event{
			Time: time.Now(), Type: event.Progress, Stage: event.StageBuild, Name: "parent " + name + " " + p.Digest.String(),
			Current: p.Current, Total: p.Total, Done: p.Done,
		})
	}
}

func failure(ctx context.Context, p plan.Parent, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return stage.Machine(fmt.Sprintf("parent image %q", p.Written), err)
}
