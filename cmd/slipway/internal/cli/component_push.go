package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/artifact"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) componentPushCmd() *cobra.Command {
	var registries option.Registry
	var options artifact.PushOptions
	cmd := &cobra.Command{
		Use:   "push [flags] REFERENCE TARGET",
		Short: "Push a component to a registry",
		Long: "Push a component to a registry, as an OCI artifact that recipes name as oci://TARGET. REFERENCE is NAME,\n" +
			"NAME/1.x.x or NAME/1.2.3/4. TARGET is REGISTRY/REPOSITORY with or without a tag; the default is the version. The\n" +
			"reference by digest is written to stdout.",
		Example: "  slipway component push nginx/1.x.x localhost:5000/components/nginx",
		Args:    arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := artifact.Parse(args[1])
			if err != nil {
				return err
			}
			client := registries.Client(nil)
			defer client.Close()
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				c, err := s.Resolve(ctx, args[0])
				if err != nil {
					return err
				}
				text, err := s.Document(ctx, c)
				if err != nil {
					return err
				}
				pushed, err := artifact.Push(ctx, client, target, artifact.Component{
					Name: c.Name, Version: c.Version.Text, Platform: c.Platform, Type: c.Type, Description: c.Description,
					ChangeDescription: c.ChangeDescription, SupportedOSVersions: c.SupportedOSVersions, Document: text,
				}, options)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), pushed)
				return err
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
	registries.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&options.Replace, "replace", false, "give a version that the registry has another content")
	return cmd
}
