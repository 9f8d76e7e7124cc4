package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) recipeListCmd() *cobra.Command {
	var format option.Format
	cmd := &cobra.Command{
		Use:     "list [flags] [REFERENCE]",
		Aliases: []string{"ls"},
		Short:   "List the recipes in the store",
		Long:    "List the recipes in the store. With REFERENCE, NAME or NAME/1.x.x, only those that it matches are listed.",
		Example: "  slipway recipe list\n  slipway recipe list web/1.x.x --format json",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				recipes, err := s.Recipes(ctx, optionalArg(args))
				if err != nil {
					return err
				}
				return writeRecipes(cmd.OutOrStdout(), s, recipes, &format)
			})
		},
		ValidArgsFunction: a.completeRecipes,
	}
	format.AddFlags(cmd.Flags(), "table", "wide")
	return cmd
}

func writeRecipes(w io.Writer, s shelf, recipes []library.Recipe, format *option.Format) error {
	views := []recipeView{}
	heading := []string{"NAME", "VERSION", "PARENT", "PLATFORM", "COMPONENTS", "CREATED"}
	if format.Is("wide") {
		heading = append(heading, "DIGEST", "DESCRIPTION")
	}
	var rows [][]string
	for _, r := range recipes {
		views = append(views, s.viewRecipe(r))
		row := []string{r.Name, r.Version.Text, r.ParentImage, r.Platform, fmt.Sprint(len(r.References)), when(r.Created)}
		if format.Is("wide") {
			row = append(row, shortDigest(r.Digest), r.Description)
		}
		rows = append(rows, row)
	}
	if format.JSON() {
		return display.WriteJSON(w, views)
	}
	return writeTable(w, heading, rows)
}
