package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
)

type componentDeleteOptions struct{ cascade, dryRun, yes, ignoreMissing bool }

func (a *app) componentDeleteCmd() *cobra.Command {
	var o componentDeleteOptions
	cmd := &cobra.Command{
		Use:     "delete [flags] REFERENCE...",
		Aliases: []string{"rm"},
		Short:   "Delete builds of components",
		Long: "Delete builds of components. One that a recipe in the store needs is not deleted. REFERENCE is NAME/1.2.3/4; its\n" +
			"number is never given to another build.",
		Example: "  slipway component delete nginx/1.2.0/1\n  slipway component delete nginx/1.2.0/1 --cascade --dry-run",
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.cascade && !o.dryRun && !o.yes {
				return usageError{
					errors.New("--cascade deletes recipes too and needs --yes"), "see what would be deleted with --cascade --dry-run",
				}
			}
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				for _, reference := range args {
					if err := runComponentDelete(ctx, s, reference, o, cmd.OutOrStdout()); err != nil {
						return err
					}
				}
				return nil
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
	fs := cmd.Flags()
	fs.BoolVar(&o.cascade, "cascade", false, "delete the recipes that need it first")
	fs.BoolVar(&o.dryRun, "dry-run", false, "write what would be deleted, in order, and delete nothing")
	fs.BoolVarP(&o.yes, "yes", "y", false, "do not ask for confirmation of --cascade")
	fs.BoolVar(&o.ignoreMissing, "ignore-not-found", false, "one that is not there is no error")
	return cmd
}

// runComponentDelete writes what it deleted, in order.
func runComponentDelete(ctx context.Context, s shelf, reference string, o componentDeleteOptions, w io.Writer) error {
	var order library.Cascade
	var err error
	switch {
	case o.dryRun && o.cascade:
		order, err = s.DeletionOrder(ctx, reference)
	case o.dryRun:
		order.Component, err = s.CheckDelete(ctx, reference)
	case o.cascade:
		order, err = s.DeleteCascade(ctx, reference)
	default:
		order.Component, err = s.Delete(ctx, reference)
	}
	if o.ignoreMissing && library.CodeOf(err) == library.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	for _, r := range order.Recipes {
		if _, err := fmt.Fprintln(w, "recipe", r.Short()); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(w, "component", order.Component.Short())
	return err
}
