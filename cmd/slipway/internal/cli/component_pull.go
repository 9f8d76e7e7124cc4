package cli

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/artifact"
	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) componentPullCmd() *cobra.Command {
	var registries option.Registry
	var format option.Format
	var name, version string
	cmd := &cobra.Command{
		Use:   "pull [flags] SOURCE",
		Short: "Pull a component from a registry into the store",
		Long: "Pull a component from a registry into the store. SOURCE is REGISTRY/REPOSITORY with a tag, which may be a version\n" +
			"with open nodes such as 1.x.x, or a digest. The reference of the build is written to stdout.",
		Example: "  slipway component pull localhost:5000/components/nginx:1.x.x",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			source, err := artifact.Parse(args[0])
			if err != nil {
				return err
			}
			client := registries.Client(nil)
			defer client.Close()
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				pulled, pinned, err := artifact.Pull(ctx, client, source)
				if err != nil {
					return err
				}
				address := artifact.Scheme + pinned.String()
				made, err := s.Create(ctx, library.Request{
					Name: cmp.Or(name, pulled.Name), Version: cmp.Or(version, pulled.Version), Platform: pulled.Platform,
					Description: optionalText(pulled.Description), ChangeDescription: optionalText(pulled.ChangeDescription),
					SupportedOSVersions: pulled.SupportedOSVersions, URI: &address, Content: pulled.Document,
				})
				return a.created(cmd.OutOrStdout(), s, made, err, format.JSON())
			})
		},
	}
	fs := cmd.Flags()
	registries.AddFlags(fs)
	format.AddFlags(fs)
	fs.StringVar(&name, "name", "", "`NAME` in the store (default: that of the component)")
	fs.StringVar(&version, "semantic-version", "", "`VERSION` in the store (default: that of the component)")
	return cmd
}

// optionalText is nil for "".
func optionalText(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
