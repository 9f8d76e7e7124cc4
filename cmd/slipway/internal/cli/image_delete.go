package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/oci/store"
)

func (a *app) imageDeleteCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "delete IMAGE...",
		Aliases: []string{"rm"},
		Short:   "Delete images from the store",
		Long: "Delete images from the store. NAME[:TAG] takes that name away, a digest all names of the image. The space is\n" +
			"free after: slipway image prune",
		Example: "  slipway image delete web:1.0.0-1",
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.images()
			if err != nil {
				return err
			}
			return runImageDelete(cmd.Context(), s, args, cmd.OutOrStdout())
		},
		ValidArgsFunction: a.completePointers(-1),
	}
}

// runImageDelete deletes what it can and reports every image that it could not delete.
func runImageDelete(ctx context.Context, s *store.Store, names []string, w io.Writer) error {
	var errs []error
	for _, name := range names {
		if err := s.Delete(ctx, name); err != nil {
			errs = append(errs, err)
			continue
		}
		if _, err := fmt.Fprintln(w, name); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}
