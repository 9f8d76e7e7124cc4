package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/document"
)

func (a *app) schemaCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "schema",
		Short:   "Write a JSON Schema for editors",
		Example: "  slipway schema component > component.schema.json",
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "component",
		Short: "Write the JSON Schema of component documents",
		Long: "Write the JSON Schema of component documents, for an editor that checks and completes YAML. The YAML language\n" +
			"server takes it from a first line `# yaml-language-server: $schema=component.schema.json`.",
		Example: "  slipway schema component > component.schema.json",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSchemaComponent(cmd.OutOrStdout())
		},
	})
	cmd.AddCommand(&cobra.Command{
		Use:   "recipe",
		Short: "Write the JSON Schema of recipes",
		Long: "Write the JSON Schema of recipe files, for an editor that checks and completes YAML. The YAML language server\n" +
			"takes it from a first line `# yaml-language-server: $schema=recipe.schema.json`.",
		Example: "  slipway schema recipe > recipe.schema.json",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			text, err := recipe.Schema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", text)
			return err
		},
	})
	return group(cmd)
}

func runSchemaComponent(w io.Writer) error {
	set, err := catalog.Builtin()
	if err != nil {
		return err
	}
	text, err := document.Schema(set)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}
