package cli

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/managed"
	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) recipeCreateCmd() *cobra.Command {
	var format option.Format
	cmd := &cobra.Command{
		Use:   "create [flags] [RECIPE]",
		Short: "Keep a recipe in the store",
		Long: "Keep a recipe in the store. RECIPE is a YAML or JSON file, or a folder with recipe.yaml (default: the current\n" +
			"folder). Its components must be in the store; a version with open nodes such as 1.x.x gets the next numbers.",
		Example: "  slipway recipe create web\n  slipway recipe create request.json --format json",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, file, err := a.loadRecipe(recipeOf(args))
			if err != nil {
				return err
			}
			for _, text := range r.Warnings {
				a.warn(text)
			}
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				if slices.ContainsFunc(r.Components, func(c recipe.Component) bool { return isManaged(c.Reference.Value) }) {
					if err := s.Deliver(ctx, managed.All()); err != nil {
						return err
					}
				}
				kept, err := s.CreateRecipe(ctx, r, file)
				if err != nil {
					return err
				}
				for _, text := range kept.Warnings {
					a.warn(text)
				}
				if format.JSON() {
					return display.WriteJSON(cmd.OutOrStdout(), s.viewRecipe(kept.Recipe))
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), kept.Recipe.Short())
				return err
			})
		},
	}
	format.AddFlags(cmd.Flags())
	return cmd
}

// loadRecipe reads a recipe together with the bytes that it was read from.
func (a *app) loadRecipe(path string) (*recipe.Recipe, []byte, error) {
	limits, err := a.recipeLimits()
	if err != nil {
		return nil, nil, err
	}
	found, err := limits.Load(path)
	if err != nil {
		return nil, nil, err
	}
	file, err := os.ReadFile(found.File)
	if err != nil {
		return nil, nil, err
	}
	r, err := limits.Parse(found.File, file) // what these very bytes say
	return r, file, err
}
