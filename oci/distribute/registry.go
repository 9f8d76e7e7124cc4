package distribute

import (
	"context"

	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

// registryTarget is a repository with tags.
type registryTarget struct {
	client *registry.Client
	to     ref.Ref
	opts   registry.PushOptions
}

// Registry makes a target of a registry reference. Further tags are written besides its own.
func Registry(client *registry.Client, to ref.Ref, opts registry.PushOptions) Target {
	return &registryTarget{client: client, to: to, opts: opts}
}

func (t *registryTarget) References() []string {
	references := []string{t.to.String()}
	for _, tag := range t.opts.Tags {
		if r, err := t.to.WithTag(tag); err == nil && tag != t.to.Tag { // Send reports a bad tag
			references = append(references, r.String())
		}
	}
	return references
}

func (t *registryTarget) Group() string { return t.to.Host }

func (t *registryTarget) Send(ctx context.Context, img store.Image, progress func(registry.Progress)) (Delivery, error) {
	pushed, err := t.client.Push(ctx, img, t.to, t.options(progress))
	return delivery(pushed), err
}

func (t *registryTarget) Upload(ctx context.Context, img store.Image, progress func(registry.Progress)) (Delivery, error) {
	pushed, err := t.client.Upload(ctx, img, t.to, t.options(progress))
	return delivery(pushed), err
}

func (t *registryTarget) options(progress func(registry.Progress)) registry.PushOptions {
	opts := t.opts
	if progress != nil {
		opts.Progress = progress
	}
	return opts
}

func delivery(p registry.Pushed) Delivery {
	return Delivery{Present: p.Present, Transferred: p.Transferred, Mounted: p.Mounted, Skipped: p.Skipped, Bytes: p.Bytes}
}
