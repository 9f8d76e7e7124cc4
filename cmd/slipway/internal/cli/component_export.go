package cli

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"
)

func (a *app) componentExportCmd() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "export [flags] REFERENCE [FILE]",
		Short: "Write the document of a component",
		Long: "Write the document of a component as it was stored, byte for byte, to FILE or to stdout. For an imported script\n" +
			"that is the document that was made of it.",
		Example: "  slipway component export nginx/1.2.0 nginx.yaml\n  slipway component export nginx",
		Args:    arguments(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				c, err := s.Get(ctx, args[0])
				if err != nil {
					return err
				}
				text, err := s.Document(ctx, c)
				if err != nil {
					return err
				}
				if len(args) > 1 {
					return exportFile(args[1], text, force)
				}
				_, err = cmd.OutOrStdout().Write(text)
				return err
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
	cmd.Flags().BoolVar(&force, "force", false, "overwrite FILE")
	return cmd
}

// exportFile writes a file that must not exist unless it is to be overwritten.
func exportFile(file string, data []byte, force bool) (err error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_EXCL
	if force {
		flags = os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	}
	f, err := os.OpenFile(file, flags, 0o644) //nolint:gosec // a document is no secret
	if errors.Is(err, os.ErrExist) {
		return usageError{err, "--force overwrites it"}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.Write(data)
	return err
}
