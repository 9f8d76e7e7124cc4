package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/runner/document"
)

func (a *app) componentShowCmd() *cobra.Command {
	var format option.Format
	cmd := &cobra.Command{
		Use:   "show [flags] REFERENCE",
		Short: "Show a component: details, parameters, phases, document",
		Long: "Show a component with its document, and the recipes in the store that use it. REFERENCE is NAME, NAME/1.x.x or\n" +
			"NAME/1.2.3/4, or an ARN; of several builds the newest is shown, whatever its state.",
		Example: "  slipway component show nginx\n  slipway component show nginx/1.2.0 --format json",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				return a.showComponent(ctx, s, args[0], &format, cmd.OutOrStdout())
			})
		},
		ValidArgsFunction: a.completeComponents,
	}
	format.AddFlags(cmd.Flags())
	return cmd
}

// componentDetail is one component as JSON.
type componentDetail struct {
	componentView
	Data    *string                  `json:"data,omitempty"` // absent when its key cannot be used, or it is damaged
	Recipes []library.AffectedRecipe `json:"affectedRecipes"`
	Latest  library.Latest           `json:"latestVersionReferences"`
}

func (a *app) showComponent(ctx context.Context, s shelf, reference string, format *option.Format, w io.Writer) error {
	c, err := s.Get(ctx, reference)
	if err != nil {
		return err
	}
	affected, err := s.Affected(ctx, c)
	if err != nil {
		return err
	}
	a.warnOfSupport(s, c)
	text, err := s.Document(ctx, c)
	if library.CodeOf(err) == library.ClientFault || errors.As(err, new(*library.DamagedError)) {
		a.warn(err.Error()) // its key cannot be used, or it is damaged: all else can be shown
		text, err = nil, nil
	}
	if err != nil {
		return err
	}
	if !format.JSON() {
		if err := writeComponent(w, s, c, affected); err != nil {
			return err
		}
		return writeDocument(w, c, text)
	}
	view := componentDetail{s.view(c), nil, affected, library.LatestOf(s.NameARN(c), c.Version)}
	if text != nil {
		data := string(text)
		view.Data = &data
	}
	return display.WriteJSON(w, view)
}

// writeDocument writes the phases of a document with their steps, and the text.
func writeDocument(w io.Writer, c library.Component, text []byte) error {
	if text == nil {
		return nil
	}
	doc, problems := document.Parse(c.Short(), text)
	if problems.Err() == nil {
		var rows [][]string
		for _, phase := range doc.Phases {
			for i, step := range phase.Steps {
				rows = append(rows, []string{phase.Name, fmt.Sprint(i + 1), step.Name, step.Action})
			}
		}
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
		if err := writeTable(w, []string{"PHASE", "#", "STEP", "ACTION"}, rows); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", display.CleanLines(strings.TrimRight(string(text), "\n")))
	return err
}

func writeComponent(w io.Writer, s shelf, c library.Component, affected []library.AffectedRecipe) error {
	state := c.State
	if c.Reason != "" {
		state += ": " + c.Reason
	}
	encrypted := ""
	if c.Encrypted {
		encrypted = "with " + c.KMSKey
	}
	rows := [][2]string{
		{"Component", c.Short()},
		{"Name", c.Name},
		{"ARN", s.ARN(c)},
		{"Type", c.Type},
		{"Platform", c.Platform},
		{"OS versions", strings.Join(c.SupportedOSVersions, ", ")},
		{"State", state},
		{"Support end", c.SupportEnd},
		{"Replaced by", c.ReplacedBy},
		{"Description", c.Description},
		{"Change", c.ChangeDescription},
		{"Digest", c.Digest},
		{"Size", display.Bytes(int64(c.Size))},
		{"Encrypted", encrypted},
		{"Origin", c.Origin.URI},
		{"Created", when(c.Created)},
		{"Tags", tagsText(c.Tags)},
	}
	for i, p := range c.Parameters {
		label := ""
		if i == 0 {
			label = "Parameters"
		}
		text := p.Name
		if p.Default != nil {
			text += "=" + *p.Default
		}
		rows = append(rows, [2]string{label, text + descriptionOf(p)})
	}
	for i, r := range affected {
		label := ""
		if i == 0 {
			label = "Used by"
		}
		rows = append(rows, [2]string{label, fmt.Sprintf("%s as %s", recipesOf([]library.AffectedRecipe{r})[0], r.Reference)})
	}
	return writeRows(w, "", rows)
}

func descriptionOf(p library.Parameter) string {
	if p.Description == "" {
		return ""
	}
	return " (" + p.Description + ")"
}
