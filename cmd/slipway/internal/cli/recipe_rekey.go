package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
)

func (a *app) recipeRekeyCmd() *cobra.Command {
	var o rekeyOptions
	cmd := &cobra.Command{
		Use:   "rekey [flags] [REFERENCE...]",
		Short: "Encrypt stored recipes with another key",
		Long: "Encrypt the files and templates of stored recipes with another key; those in clear text are encrypted too. REFERENCE\n" +
			"stands for every version that it matches. The old key must still be in kms.keys of the settings, and is not needed\n" +
			"any more afterwards. If the command breaks off, run it again. What a recipe says of its kmsKeyId stays as it is.",
		Example: "  slipway recipe rekey --all --from base64key:sha256:0123456789abcdef --kms-key-id hashivault://builds\n" +
			"  slipway recipe rekey web/1.x.x --kms-key-id arn:aws:kms:eu-central-1:123456789012:alias/builds\n" +
			"  slipway recipe rekey web --clear",
		Args: arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runRekey(cmd, args, o, func(ctx context.Context, s shelf, r library.RekeyRequest) (rekeyed, error) {
				done, err := s.RekeyRecipes(ctx, r)
				result := rekeyed{warnings: done.Warnings}
				for _, kept := range done.Recipes {
					result.items = append(result.items, rekeyedItem{kept.Short(), kept.KMSKey, s.viewRecipe(kept)})
				}
				return result, err
			})
		},
		ValidArgsFunction: a.completeRecipes,
	}
	o.addFlags(cmd.Flags(), "every recipe in the store")
	a.offerKeys(cmd, "kms-key-id", "from")
	return cmd
}
