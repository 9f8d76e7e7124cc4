package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/rebase"
	"github.com/slipway-oci/slipway/oci/ref"
	"github.com/slipway-oci/slipway/oci/store"
)

type imageRebaseOptions struct {
	option.Registry
	option.Progress
	image, name, from, onto string
	force                   bool
}

func (a *app) imageRebaseCmd() *cobra.Command {
	var o imageRebaseOptions
	cmd := &cobra.Command{
		Use:   "rebase [flags] IMAGE [NAME[:TAG]]",
		Short: "Put an image upon a newer parent without building it again",
		Long: "Put the layers of an image upon another parent: without --onto, upon what the reference of its parent means now.\n" +
			"Nothing runs, so it takes as long as the parent takes to come. It is refused where the image does not begin with\n" +
			"the layers of its parent, and where its own layers replace files that the new parent changed, such as the list of\n" +
			"installed packages. The result is another image, called NAME or IMAGE-rebased; it is untested until `slipway test`\n" +
			"passes on it, and `slipway image push` refuses it until then.",
		Example: "  slipway image rebase web:1.0.0-1\n  slipway image rebase web:1.0.0-1 --onto debian:12.9 web:patched",
		Args:    arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.image = args[0]
			if len(args) > 1 {
				o.name = args[1]
			}
			return a.runImageRebase(cmd.Context(), &o)
		},
		ValidArgsFunction: a.completePointers(2),
	}
	fs := cmd.Flags()
	fs.StringVar(&o.onto, "onto", "", "the new parent, a `REFERENCE` as in a recipe (default: the reference of the parent that it has)")
	fs.StringVar(&o.from, "from", "", "the parent that it has, a `REFERENCE` (default: what its labels say)")
	fs.BoolVar(&o.force, "force", false, "keep the files of the image where the new parent has others")
	o.Registry.AddFlags(fs)
	o.Progress.AddFlags(fs)
	return cmd
}

func (a *app) runImageRebase(ctx context.Context, o *imageRebaseOptions) error {
	images, err := a.images()
	if err != nil {
		return err
	}
	image, err := images.Resolve(ctx, o.image)
	if err != nil {
		return err
	}
	name, err := rebasedName(image, o.name)
	if err != nil {
		return err
	}
	platforms := []store.Image{image}
	if image.IsIndex() {
		if platforms, err = image.Images(); err != nil {
			return err
		}
	}
	var made []store.Image
	for _, one := range platforms {
		if p := one.Descriptor.Platform; p != nil && p.OS == "unknown" {
			continue // an attestation of what the image was
		}
		result, err := a.rebaseOne(ctx, o, images, one)
		if err != nil {
			return err
		}
		made = append(made, result)
	}
	result, err := images.Combine(ctx, made, name, nil)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Stdout, "%s@%s\n", name, result.Digest())
	return err
}

// rebasedName is the given name, or that of the image with a mark.
func rebasedName(image store.Image, name string) (string, error) {
	if name == "" {
		if image.Name == "" {
			return "", usageError{errors.New("the image has no name"), "name the result: slipway image rebase DIGEST NAME:TAG"}
		}
		name = strings.TrimSuffix(image.Name, "-rebased") + "-rebased"
	}
	r, err := ref.ParsePointer(name)
	if err != nil {
		return "", err
	}
	return r.Pointer(), nil
}

// rebaseOne puts the image of one platform upon its new parent.
func (a *app) rebaseOne(ctx context.Context, o *imageRebaseOptions, images *store.Store, image store.Image) (store.Image, error) {
	config, err := image.Config()
	if err != nil {
		return store.Image{}, err
	}
	name, digest := config.Config.Labels[rebase.BaseName], config.Config.Labels[rebase.BaseDigest]
	from, onto := o.from, o.onto
	if from == "" {
		from = pinnedTo(name, digest)
	}
	if onto == "" {
		onto = name
	}
	if from == "" || onto == "" {
		return store.Image{}, usageError{
			fmt.Errorf("image %q does not say what its parent is", image), "say it: --from REFERENCE --onto REFERENCE; an image built on scratch has none",
		}
	}
	platform := config.Platform()
	options := rebase.Options{Force: o.force, Name: onto}
	if options.From, _, err = a.parent(ctx, o, images, from, platform); err != nil {
		return store.Image{}, fmt.Errorf("the parent that it has: %w", err)
	}
	if options.Onto, options.Digest, err = a.parent(ctx, o, images, onto, platform); err != nil {
		return store.Image{}, fmt.Errorf("the new parent: %w", err)
	}
	if options.From.Digest() == options.Onto.Digest() {
		if _, err := fmt.Fprintf(a.Stderr, "The parent has not changed: it is %s.\n", options.Onto.Digest()); err != nil {
			return store.Image{}, err
		}
		return image, nil
	}
	made, err := rebase.Image(ctx, image, options)
	if err != nil {
		return store.Image{}, err
	}
	return images.Put(ctx, made, "", nil)
}

// pinnedTo is a reference with the digest that it had. In the store, the digest is enough.
func pinnedTo(name, digest string) string {
	r, err := ref.Parse(name)
	switch {
	case name == "" || digest == "":
		return ""
	case err == nil && r.Transport == ref.Registry:
		return r.Host + "/" + r.Repository + "@" + digest
	default:
		return "store:" + digest
	}
}

// parent finds the image for a platform, and the digest by which a recipe would pin it. What the store has by its digest
// needs no network.
func (a *app) parent(ctx context.Context, o *imageRebaseOptions, images *store.Store, reference string, platform *v1.Platform) (store.Image, string, error) {
	r, err := ref.Parse(reference)
	if err != nil {
		return store.Image{}, "", err
	}
	var found store.Image
	switch {
	case r.Transport == ref.Store:
		found, err = images.Resolve(ctx, strings.TrimPrefix(reference, "store:"))
	case r.Digest != "" && stored(ctx, images, r.Digest):
		found, err = images.Resolve(ctx, r.Digest)
	default:
		pull := &imagePullOptions{Registry: o.Registry, Progress: o.Progress}
		found, err = a.copyIn(ctx, pull, images, r, "", nil)
	}
	if err != nil {
		return store.Image{}, "", err
	}
	one, err := found.Select(*platform)
	return one, found.Digest().String(), err
}

func stored(ctx context.Context, images *store.Store, digest string) bool {
	image, err := images.Resolve(ctx, digest)
	return err == nil && image.Verify(ctx) == nil
}
