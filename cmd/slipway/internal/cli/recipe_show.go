package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) recipeShowCmd() *cobra.Command {
	var format option.Format
	cmd := &cobra.Command{
		Use:   "show [flags] REFERENCE",
		Short: "Show a recipe in the store",
		Long: "Show a recipe in the store and what its references mean now. REFERENCE is NAME, NAME/1.x.x or NAME/1.2.3; of\n" +
			"several versions the newest is shown. With --format file it is the recipe file, as it was stored.",
		Example: "  slipway recipe show web\n  slipway recipe show web/1.0.0 --format file",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				r, err := s.Recipe(ctx, args[0])
				if err != nil {
					return err
				}
				switch {
				case format.JSON():
					return display.WriteJSON(cmd.OutOrStdout(), s.viewRecipe(r))
				case format.Is("file"):
					file, _, err := s.RecipeFile(ctx, r)
					if err == nil {
						_, err = cmd.OutOrStdout().Write(file)
					}
					return err
				}
				return a.writeRecipe(ctx, cmd.OutOrStdout(), s, r)
			})
		},
		ValidArgsFunction: a.completeRecipes,
	}
	format.AddFlags(cmd.Flags(), "file")
	return cmd
}

func (a *app) writeRecipe(ctx context.Context, w io.Writer, s shelf, r library.Recipe) error {
	encrypted := ""
	if r.Encrypted {
		encrypted = "with " + r.KMSKey
	}
	err := writeRows(w, "", [][2]string{
		{"Recipe", r.Short()},
		{"Name", r.Name},
		{"ARN", s.RecipeARN(r)},
		{"Parent", r.ParentImage},
		{"Platform", r.Platform},
		{"Description", r.Description},
		{"Digest", r.Digest},
		{"Encrypted", encrypted},
		{"Created", when(r.Created)},
		{"Tags", tagsText(r.Tags)},
	})
	if err != nil || len(r.References) == 0 {
		return err
	}
	var rows [][]string
	for _, reference := range r.References {
		meant, state := "", ""
		if reference.Namespace != "" {
			if c, err := s.Resolve(ctx, reference.Written); err == nil {
				meant, state = c.Short(), c.State
				a.warnOfSupport(s, c)
			} else if library.CodeOf(err) == "" {
				return err
			}
		}
		rows = append(rows, []string{reference.Written, meant, state})
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return writeTable(w, []string{"REFERENCE", "COMPONENT", "STATE"}, rows)
}
