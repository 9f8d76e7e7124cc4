package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) imageTagCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "tag IMAGE NAME[:TAG]",
		Short:   "Give an image of the store a further name",
		Example: "  slipway image tag web:1.0.0-1 web:stable",
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.images()
			if err != nil {
				return err
			}
			_, err = s.Tag(cmd.Context(), args[0], args[1])
			return err
		},
		ValidArgsFunction: a.completePointers(2),
	}
}
