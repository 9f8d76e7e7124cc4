package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) recipeDeleteCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "delete REFERENCE...",
		Aliases: []string{"rm"},
		Short:   "Delete recipes from the store",
		Long:    "Delete recipes from the store. REFERENCE is NAME/1.2.3.",
		Example: "  slipway recipe delete web/1.0.0",
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				for _, reference := range args {
					r, err := s.DeleteRecipe(ctx, reference)
					if err != nil {
						return err
					}
					if _, err := fmt.Fprintln(cmd.OutOrStdout(), "recipe", r.Short()); err != nil {
						return err
					}
				}
				return nil
			})
		},
		ValidArgsFunction: a.completeRecipes,
	}
}
