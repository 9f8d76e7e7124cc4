package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) componentImportCmd() *cobra.Command {
	var o requestOptions
	var registries option.Registry
	format := importFormat{output: "text"}
	cmd := &cobra.Command{
		Use:   "import [flags] [FILE]",
		Short: "Make a component of a shell script",
		Long: "Make a component of a shell script and put it into the store. FILE is the script, or a request as of `aws\n" +
			"imagebuilder import-component --cli-input-json`, in JSON or YAML; - is stdin. The reference of the build is\n" +
			"written to stdout.",
		Example: "  slipway component import --name open-ports --semantic-version 1.0.0 --type BUILD open-ports.sh\n" +
			"  slipway component import request.json",
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.format = format.script
			r, err := o.request(optionalArg(args), a.Stdin)
			if err != nil {
				return err
			}
			if len(args) > 0 && r.Format == "" && o.input == "" && !o.read {
				r.Format = "SHELL" // a script, and there is no other format
			}
			client := registries.Client(nil)
			defer client.Close()
			return a.withRegistry(cmd, client, func(ctx context.Context, s shelf) error {
				made, err := s.Import(ctx, r)
				return a.created(cmd.OutOrStdout(), s, made, err, format.output == "json")
			})
		},
	}
	o.AddFlags(cmd.Flags())
	cmd.Flags().Lookup("name").Usage = "`NAME` of the component (default: that of the file)"
	cmd.Flags().Lookup("description").Usage = "`TEXT` that says what it does"
	registries.AddFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.kind, "type", "", "`TYPE`: BUILD runs the script when images are built, TEST when they are tested")
	cmd.Flags().Var(&format, "format", "SHELL, as in the AWS CLI; or the output format: text, json")
	a.offerRequest(cmd)
	offer(cmd, "type", filterValues["type"]...)
	return cmd
}

// importFormat is --format of import, which the AWS CLI has for the script and slipway for the output. Their values
// differ, so it may be given for either, or twice.
type importFormat struct{ output, script string }

func (f *importFormat) String() string { return f.output }

// Set takes one of the values.
func (f *importFormat) Set(text string) error {
	switch {
	case text == "SHELL":
		f.script = text
	case slices.Contains(f.Values()[1:], text):
		f.output = text
	default:
		return errors.New("not one of " + strings.Join(f.Values(), ", "))
	}
	return nil
}

// Type is what the help text shows as the value.
func (*importFormat) Type() string { return "FORMAT" }

// Values lists the allowed values, for shell completion.
func (*importFormat) Values() []string { return []string{"SHELL", "text", "json"} }
