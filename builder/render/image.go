package render

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

// user is who instructions run as before the components: the template's last USER, else that of the image it starts
// from. Root is "".
func (s Sources) user(ctx context.Context, p *plan.Plan, platform plan.Platform) (string, error) {
	if len(p.BuildStage()) == 0 {
		return "", nil
	}
	if user := p.Template.User(); user != "" {
		return unlessRoot(user), nil
	}
	config, err := s.config(ctx, p, platform)
	if err != nil || config == nil {
		return "", err
	}
	return unlessRoot(config.Config.User), nil
}

func unlessRoot(user string) string {
	switch user {
	case "root", "0", "root:root", "0:0":
		return ""
	}
	return user
}

// config is that of the image that the stage with the components starts from, nil for scratch.
func (s Sources) config(ctx context.Context, p *plan.Plan, platform plan.Platform) (*v1.ConfigFile, error) {
	want, err := v1.ParsePlatform(platform.Name)
	if err != nil {
		return nil, err
	}
	if base := p.Template.Base; base != "" {
		if base == "scratch" {
			return nil, nil
		}
		r, err := ref.ParseRegistry(base)
		if err != nil {
			return nil, err
		}
		return s.Registry.Config(ctx, r, *want)
	}
	if p.Parent.Reference.Transport == ref.Scratch {
		return nil, nil
	}
	if p.Parent.Reference.Transport == ref.Registry {
		pinned, err := p.Parent.Reference.WithDigest(platform.Digest)
		if err != nil {
			return nil, err
		}
		return s.Registry.Config(ctx, pinned, *want)
	}
	image, err := s.local(ctx, p.Parent, platform)
	if err != nil {
		return nil, err
	}
	return image.Config()
}

// local finds a parent that is on this machine.
func (s Sources) local(ctx context.Context, parent plan.Parent, platform plan.Platform) (store.Image, error) {
	from := s.Store
	if parent.Reference.Transport == ref.Daemon {
		return s.engine(ctx, parent.Reference)
	}
	if parent.Reference.Transport == ref.Layout {
		var err error
		if from, err = store.OpenExisting(parent.Reference.Path); err != nil {
			return store.Image{}, err
		}
	}
	return from.Resolve(ctx, platform.Digest)
}

// engine takes a parent from the local engine.
func (s Sources) engine(ctx context.Context, r ref.Ref) (store.Image, error) {
	client, err := s.Daemon.Client()
	if err != nil {
		return store.Image{}, err
	}
	id, err := v1.NewHash(r.Digest)
	if err != nil {
		return store.Image{}, err
	}
	return client.Import(ctx, id, v1.Platform{}, s.Store)
}

// parent gives what writes the parent as an OCI image layout when no registry has it.
func (r *renderer) parent(from Sources) func(context.Context) error {
	return func(ctx context.Context) error {
		if !r.local() {
			return nil
		}
		image, err := from.local(ctx, r.plan.Parent, r.platform)
		if err != nil {
			return err
		}
		r.platform.Digest = image.Digest().String() // the id in a local engine is another one
		layout, err := store.Open(r.path(parentFolder))
		if err != nil {
			return err
		}
		if _, err = layout.Copy(ctx, image, "parent:"+r.plan.Recipe.Version); err != nil {
			return fmt.Errorf("copying the parent image: %w", err)
		}
		return nil
	}
}
