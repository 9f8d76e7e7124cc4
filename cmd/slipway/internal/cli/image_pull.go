package cli

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/registry"
	"github.com/slipway-oci/slipway/oci/store"
)

type imagePullOptions struct {
	option.Registry
	option.Progress
	option.Platform
	source, name string
}

func (a *app) imagePullCmd() *cobra.Command {
	var o imagePullOptions
	cmd := &cobra.Command{
		Use:   "pull [flags] REFERENCE [NAME[:TAG]]",
		Short: "Copy an image into the store",
		Long: "Copy an image into the store, from a registry, from the local Docker Engine or Podman (docker-daemon:NAME[:TAG]),\n" +
			"or from an OCI image layout (oci-layout:DIR[:TAG]). A recipe names it as its parent with store:NAME:TAG. Without\n" +
			"NAME it is called as in REFERENCE.",
		Example: "  slipway image pull debian:12\n  slipway image pull oci-layout:./base golden:1",
		Args:    arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.source = args[0]
			if len(args) > 1 {
				o.name = args[1]
			}
			return a.runImagePull(cmd.Context(), &o)
		},
	}
	o.Registry.AddFlags(cmd.Flags())
	o.Progress.AddFlags(cmd.Flags())
	o.Platform.AddFlags(cmd.Flags())
	return cmd
}

func (a *app) runImagePull(ctx context.Context, o *imagePullOptions) error {
	source, err := ref.Parse(o.source)
	if err != nil {
		return err
	}
	name, err := pointerFor(source, o.name)
	if err != nil {
		return err
	}
	platforms, err := o.Platforms()
	if err != nil {
		return err
	}
	images, err := a.images()
	if err != nil {
		return err
	}
	image, err := a.copyIn(ctx, o, images, source, name, platforms)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Stdout, "%s@%s\n", name, image.Digest())
	return err
}

// copyIn copies an image into the store from where its reference says.
func (a *app) copyIn(ctx context.Context, o *imagePullOptions, images *store.Store, source ref.Ref, name string, platforms []v1.Platform) (store.Image, error) {
	switch source.Transport {
	case ref.Registry:
		return a.pull(ctx, o, images, source, name, platforms)
	case ref.Layout:
		return copyLayout(ctx, images, source, name)
	case ref.Daemon:
		return a.copyFromEngine(ctx, images, source, name)
	default:
		return store.Image{}, unsupported{source}
	}
}

// pointerFor is the pointer for an imported image: the given one, or the last part of its own name.
func pointerFor(source ref.Ref, name string) (string, error) {
	if name == "" {
		name = path.Base(source.Repository)
		if source.Transport == ref.Layout {
			name = path.Base(source.Path)
		}
		if source.Tag != "" {
			name += ":" + source.Tag
		}
	}
	r, err := ref.ParsePointer(name)
	if err != nil {
		return "", err
	}
	return r.Pointer(), nil
}

func (a *app) pull(ctx context.Context, o *imagePullOptions, images *store.Store, source ref.Ref, name string, platforms []v1.Platform) (store.Image, error) {
	if len(platforms) > 1 {
		return store.Image{}, usageError{errors.New("--platform names several platforms"), "give one, or none to import all platforms of the image"}
	}
	d := o.StartDisplay(a.Stderr, a.terminal(a.Stderr), sizeOf(a.Stderr), a.debug)
	client := o.Client(func(r registry.RetryEvent) { d.Send(retryEvent(event.StageResolve, r)) })
	defer client.Close()
	options := registry.PullOptions{Name: name, Progress: func(p registry.Progress) {
		d.Send(event.Event{
			Time: time.Now(), Type: event.Progress, Stage: event.StageResolve, Name: "layer " + p.Digest.String(),
			Current: p.Current, Total: p.Total, Done: p.Done,
		})
	}}
	if len(platforms) == 1 {
		options.Platform = &platforms[0]
	}
	image, err := client.Pull(ctx, source, images, options)
	return image, errors.Join(err, d.Close())
}

// copyFromEngine copies an image out of the local engine.
func (a *app) copyFromEngine(ctx context.Context, images *store.Store, source ref.Ref, name string) (store.Image, error) {
	client, err := a.daemon().Client()
	if err != nil {
		return store.Image{}, err
	}
	defer client.Close()
	info, err := client.Inspect(ctx, source)
	if err != nil {
		return store.Image{}, err
	}
	image, err := client.Import(ctx, info.ID, info.Platform, images)
	if err != nil {
		return store.Image{}, err
	}
	return images.Add(ctx, image.Descriptor, name, nil)
}

// copyLayout copies an image out of a layout.
func copyLayout(ctx context.Context, images *store.Store, source ref.Ref, name string) (store.Image, error) {
	image, err := layoutImage(ctx, source)
	if err != nil {
		return store.Image{}, err
	}
	if image.IsIndex() {
		index, err := image.V1Index()
		if err != nil {
			return store.Image{}, err
		}
		return images.PutIndex(ctx, index, name, nil)
	}
	one, err := image.V1()
	if err != nil {
		return store.Image{}, err
	}
	return images.Put(ctx, one, name, nil)
}
