package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) planCmd() *cobra.Command {
	var o planOptions
	var format option.Format
	var registries option.Registry
	cmd := &cobra.Command{
		Use:   "plan [flags] [RECIPE]",
		Short: "Show what a build would do, without running it",
		Long: "Resolve everything a recipe names and show what a build would do, without running it. RECIPE is a YAML or\n" +
			"JSON file, a folder with recipe.yaml (default: the current folder), or a recipe of the store, NAME or NAME/1.x.x.",
		Example: "  slipway plan\n  slipway plan web -p Greeting=Hi --format json",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.recipe = recipeOf(args)
			images, err := a.images()
			if err != nil {
				return err
			}
			r, options, err := a.read(cmd.Context(), &o)
			if err != nil {
				return err
			}
			client := registries.Client(nil)
			defer client.Close()
			p, err := a.resolve(cmd.Context(), r, options, sources{images, client, a.daemon()})
			if err != nil {
				return err
			}
			return writePlan(cmd.OutOrStdout(), p, &format)
		},
		ValidArgsFunction: a.completeRecipeArgument,
	}
	o.AddFlags(cmd.Flags())
	registries.AddFlags(cmd.Flags())
	format.AddFlags(cmd.Flags())
	return cmd
}

func writePlan(w io.Writer, p *plan.Plan, format *option.Format) error {
	if format.JSON() {
		return display.WriteJSON(w, p)
	}
	platforms := make([]string, len(p.Platforms))
	for i, platform := range p.Platforms {
		platforms[i] = platform.Name
	}
	rows := [][2]string{
		{"Recipe", p.Recipe.Name + " " + p.Recipe.Version},
		{"Parent", p.Parent.Name},
		{"", ""},
		{"Platforms", strings.Join(platforms, ", ")},
		{"Directory", p.WorkingDirectory},
		{"Secrets", strings.Join(p.Secrets, ", ")},
	}
	if p.Parent.Digest != "" {
		rows[2] = [2]string{"", p.Parent.Digest}
	}
	if !p.Tests {
		rows = append(rows, [2]string{"Tests", "skipped"})
	}
	for _, t := range p.Targets {
		label := "Publish to"
		if !p.Push {
			label = "No push to"
		}
		rows = append(rows, [2]string{label, t.Repository + ":" + cmp.Or(t.Tag, p.Recipe.Version+"-<build>")})
	}
	if err := writeRows(w, "", rows); err != nil {
		return err
	}
	if err := writePlanned(w, p); err != nil {
		return err
	}
	for _, text := range p.Warnings {
		if _, err := fmt.Fprintf(w, "\nwarning: %s\n", display.CleanLines(text)); err != nil {
			return err
		}
	}
	return nil
}

func writePlanned(w io.Writer, p *plan.Plan) error {
	if len(p.Components) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	rows := make([][]string, 0, len(p.Components))
	for _, c := range p.Components {
		params := make([]string, 0, len(c.Parameters))
		for _, v := range c.Parameters {
			params = append(params, v.Name+"="+v.Value)
		}
		phases := slices.Concat(c.Phases.Build, c.Phases.Test, c.Phases.Host)
		rows = append(rows, []string{
			fmt.Sprint(c.Index), c.Name, chosenVersion(c), strings.Join(phases, ","), shortDigest(c.Digest), strings.Join(params, " "),
		})
	}
	if err := writeTable(w, []string{"#", "COMPONENT", "VERSION", "PHASES", "DIGEST", "PARAMETERS"}, rows); err != nil {
		return err
	}
	return writeChoices(w, p)
}

// writeChoices tells why references that leave the version open mean what they mean.
func writeChoices(w io.Writer, p *plan.Plan) error {
	said := map[string]bool{}
	for _, c := range p.Components {
		if c.Why == "" || said[c.Reference] {
			continue
		}
		if len(said) == 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		said[c.Reference] = true
		chosen := c.Version
		if c.Build > 0 {
			chosen = fmt.Sprintf("%s/%d", c.Version, c.Build)
		}
		if _, err := fmt.Fprintf(w, "%s is %s: %s\n", display.Clean(c.Reference), chosen, display.Clean(c.Why)); err != nil {
			return err
		}
	}
	return nil
}

// chosenVersion is the version of a component, and for one of the store the build with the reference that chose it.
func chosenVersion(c plan.Component) string {
	if c.Build == 0 {
		return c.Version
	}
	version := fmt.Sprintf("%s/%d", c.Version, c.Build)
	if strings.HasSuffix(c.Reference, "/"+version) {
		return version
	}
	return fmt.Sprintf("%s (%s)", version, c.Reference)
}
