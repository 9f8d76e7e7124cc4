package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
)

func (a *app) componentDeprecateCmd() *cobra.Command {
	var d library.Deprecation
	cmd := &cobra.Command{
		Use:   "deprecate [flags] REFERENCE",
		Short: "Say that a component should not be used any more",
		Long: "Say that a component should not be used any more. It still works, with a warning, and references that leave\n" +
			"the version open choose another one if there is one. REFERENCE stands for every build that it matches.",
		Example: "  slipway component deprecate nginx/1.0.x --reason 'CVE-2031-1234' --replaced-by nginx/1.1.x\n" +
			"  slipway component deprecate nginx/1.0.0/2 --disable\n  slipway component deprecate nginx/1.0.0 --undo",
		Args: arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				changed, err := s.Deprecate(ctx, args[0], d)
				if err != nil {
					return err
				}
				for _, c := range changed {
					if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", c.Short(), c.State); err != nil {
						return err
					}
				}
				return nil
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
	fs := cmd.Flags()
	fs.StringVar(&d.Reason, "reason", "", "`TEXT` that says why")
	fs.StringVar(&d.SupportEnd, "support-end", "", "`DATE` until which it works, such as 2031-04-09")
	fs.StringVar(&d.ReplacedBy, "replaced-by", "", "`REFERENCE` of the component to use instead")
	fs.BoolVar(&d.Disable, "disable", false, "make it unusable")
	fs.BoolVar(&d.Undo, "undo", false, "make it active again")
	a.offerComponents(cmd, "replaced-by")
	return cmd
}
