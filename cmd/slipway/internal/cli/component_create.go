package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) componentCreateCmd() *cobra.Command {
	var o requestOptions
	var registries option.Registry
	var format option.Format
	cmd := &cobra.Command{
		Use:   "create [flags] [FILE]",
		Short: "Put a component document into the store",
		Long: "Put a component document into the store, as a build of a version. The same content again makes no new build;\n" +
			"other content makes the next one. FILE is the document, or a request as of `aws imagebuilder create-component\n" +
			"--cli-input-json`, in JSON or YAML; - is stdin. The reference of the build is written to stdout.",
		Example: "  slipway component create nginx.yaml --semantic-version 1.2.0 --change-description 'TLSv1.3'\n" +
			"  slipway component create --cli-input-json file://request.json",
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := o.request(optionalArg(args), a.Stdin)
			if err != nil {
				return err
			}
			client := registries.Client(nil)
			defer client.Close()
			return a.withRegistry(cmd, client, func(ctx context.Context, s shelf) error {
				made, err := s.Create(ctx, r)
				return a.created(cmd.OutOrStdout(), s, made, err, format.JSON())
			})
		},
	}
	o.AddFlags(cmd.Flags())
	registries.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "check the request and store nothing")
	format.AddFlags(cmd.Flags())
	a.offerRequest(cmd)
	return cmd
}

// optionalArg is the one argument, "" when there is none.
func optionalArg(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// createdView is the answer to create and import as JSON.
type createdView struct {
	ARN string `json:"componentBuildVersionArn"`
	// Latest is absent in the answer to an import, as in that of the API.
	Latest    *library.Latest `json:"latestVersionReferences,omitempty"`
	Reference string          `json:"reference"`
	Unchanged bool            `json:"unchanged"`
}

// created tells what became of a request.
func (a *app) created(w io.Writer, s shelf, made library.Created, err error, asJSON bool) error {
	if library.CodeOf(err) == library.DryRun {
		_, err = fmt.Fprintln(a.Stderr, err)
		return err
	}
	if err != nil {
		return err
	}
	for _, text := range made.Warnings {
		a.warn(text)
	}
	c := made.Component
	if made.Unchanged {
		a.warn(fmt.Sprintf("%s is unchanged: new tags and descriptions were not applied", c.Short()))
	}
	if asJSON {
		view := createdView{ARN: s.ARN(c), Reference: c.Short(), Unchanged: made.Unchanged}
		if c.Origin.Format == "" {
			latest := library.LatestOf(s.NameARN(c), c.Version)
			view.Latest = &latest
		}
		return display.WriteJSON(w, view)
	}
	_, err = fmt.Fprintln(w, c.Short())
	return err
}
