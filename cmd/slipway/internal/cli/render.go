package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/render"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

type renderOptions struct {
	planOptions
	option.Registry
	output string
}

func (a *app) renderCmd() *cobra.Command {
	var o renderOptions
	cmd := &cobra.Command{
		Use:   "render [flags] [RECIPE]",
		Short: "Write a Dockerfile and its context that build the same image without Slipway",
		Long: "Write a folder from which plain docker buildx builds the image of a recipe: a Dockerfile in which every\n" +
			"component is one RUN, its context, the runner with the documents, and build.sh, which runs docker buildx on\n" +
			"them. The path of the folder is written to stdout. Tests are not part of it.",
		Example: "  slipway render\n  slipway render web --output /tmp/web",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.recipe = recipeOf(args)
			dir, err := a.runRender(cmd.Context(), &o)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), dir)
			return err
		},
		ValidArgsFunction: a.completeRecipeArgument,
	}
	o.planOptions.AddFlags(cmd.Flags())
	o.Registry.AddFlags(cmd.Flags())
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "the `DIR` to write, new or empty (default: NAME-VERSION in the current folder)")
	return cmd
}

// runRender returns the folder it wrote.
func (a *app) runRender(ctx context.Context, o *renderOptions) (string, error) {
	images, err := a.images()
	if err != nil {
		return "", err
	}
	r, options, err := a.read(ctx, &o.planOptions)
	if err != nil {
		return "", err
	}
	client := o.Client(nil)
	defer client.Close()
	from := sources{images, client, a.daemon()}
	p, err := a.resolve(ctx, r, options, from)
	if err != nil {
		return "", err
	}
	dir := o.output
	if dir == "" {
		dir = p.Recipe.Normal + "-" + p.Recipe.Version
	}
	return filepath.Clean(dir), render.Write(ctx, p, render.Sources{Store: images, Registry: client, Daemon: from.daemon}, dir)
}
