package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/component/library"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

func (a *app) componentNoticesCmd() *cobra.Command {
	var format option.Format
	var take bool
	cmd := &cobra.Command{
		Use:   "notices [flags]",
		Short: "List the notices of components whose support ends",
		Long: "List the notices of components whose support ends, with the recipes that they matter to. One is recorded when the\n" +
			"notice period begins and one at the end; each stays until it is taken, so that a script can pass it on once.",
		Example: "  slipway component notices\n  slipway component notices --take --format json",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withComponents(cmd, func(ctx context.Context, s shelf) error {
				notices, err := s.Notices(ctx)
				if err != nil {
					return err
				}
				if err := writeNotices(cmd.OutOrStdout(), notices, &format); err != nil || !take {
					return err
				}
				for _, n := range notices {
					if err := s.TakeNotice(ctx, n); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	format.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&take, "take", false, "remove them after they were written")
	return cmd
}

// noticeView is a notice as an event.
type noticeView struct {
	Type string `json:"type"`
	library.NoticeEvent
}

const supportEndType = "io.slipway.component.support-end.v1"

func writeNotices(w io.Writer, notices []library.NoticeEvent, format *option.Format) error {
	views := []noticeView{}
	var rows [][]string
	for _, n := range notices {
		views = append(views, noticeView{supportEndType, n})
		what := "support ends"
		if n.Kind == library.SupportEnded {
			what = "support ended"
		}
		rows = append(rows, []string{n.Name, n.Version, what, n.SupportEnd, n.ReplacedBy, strings.Join(recipesOf(n.Recipes), ", ")})
	}
	if format.JSON() {
		return display.WriteJSON(w, views)
	}
	return writeTable(w, []string{"COMPONENT", "VERSION", "NOTICE", "DATE", "REPLACED BY", "RECIPES"}, rows)
}

// warnOfSupport warns of a component whose support ends.
func (a *app) warnOfSupport(s shelf, components ...library.Component) {
	const most = 5
	var texts []string
	for _, c := range components {
		if text := s.SupportWarning(c); text != "" {
			texts = append(texts, text)
		}
	}
	for _, text := range texts[:min(len(texts), most)] {
		a.warn(text)
	}
	if len(texts) > most {
		a.warn("support of more components ends: slipway component list --support-ending shows all")
	}
}
