package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
)

func (a *app) componentRekeyCmd() *cobra.Command {
	var o rekeyOptions
	cmd := &cobra.Command{
		Use:   "rekey [flags] [REFERENCE...]",
		Short: "Encrypt stored documents with another key",
		Long: "Encrypt the documents of stored components with another key; those in clear text are encrypted too. REFERENCE\n" +
			"stands for every build that it matches. The old key must still be in kms.keys of the settings, and is not needed\n" +
			"any more afterwards. If the command breaks off, run it again. Recipes have `slipway recipe rekey`.",
		Example: "  slipway component rekey --all --from base64key:sha256:0123456789abcdef --kms-key-id hashivault://builds\n" +
			"  slipway component rekey nginx/1.x.x --kms-key-id arn:aws:kms:eu-central-1:123456789012:alias/builds\n" +
			"  slipway component rekey nginx --clear",
		Args: arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runRekey(cmd, args, o, func(ctx context.Context, s shelf, r library.RekeyRequest) (rekeyed, error) {
				done, err := s.Rekey(ctx, r)
				result := rekeyed{warnings: done.Warnings}
				for _, c := range done.Components {
					result.items = append(result.items, rekeyedItem{c.Short(), c.KMSKey, s.view(c)})
				}
				return result, err
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
	o.addFlags(cmd.Flags(), "every component in the store but those that come with Slipway")
	a.offerKeys(cmd, "kms-key-id", "from")
	return cmd
}
