package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

type runsShowOptions struct {
	option.Format
	run string
}

func (a *app) runsShowCmd() *cobra.Command {
	var o runsShowOptions
	cmd := &cobra.Command{
		Use:     "show [flags] [RUN]",
		Short:   "Show what a build did, step by step",
		Long:    "Show what a build did, step by step. RUN is an id, the beginning of one, or \"latest\" (the default).",
		Example: "  slipway runs show\n  slipway runs show latest --format json",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = runOf(args)
			dir, err := a.runsFolder()
			if err != nil {
				return err
			}
			return runRunsShow(dir, o, cmd.OutOrStdout(), a.style(cmd.OutOrStdout()))
		},
		ValidArgsFunction: a.completeRuns,
	}
	o.AddFlags(cmd.Flags())
	return cmd
}

// runOf is the run that the arguments name.
func runOf(args []string) string {
	if len(args) == 0 {
		return report.Latest
	}
	return args[0]
}

func runRunsShow(dir string, o runsShowOptions, w io.Writer, style display.Style) error {
	r, err := report.Open(dir, o.run)
	if err != nil {
		return err
	}
	res, err := r.Result()
	if errors.Is(err, fs.ErrNotExist) {
		v := viewRun(r)
		if o.JSON() {
			return display.WriteJSON(w, v)
		}
		return writeRows(w, "", [][2]string{
			{"Run", v.ID},
			{"Status", string(v.Status)},
			{"Recipe", v.Recipe.Name + " " + v.Recipe.Version},
			{"Started", when(v.StartTime)},
			{"Folder", v.Folder},
		})
	}
	if err != nil {
		return err
	}
	if o.JSON() {
		return display.WriteJSON(w, res)
	}
	display.WriteSummary(w, res, style)
	display.WriteSteps(w, res, style)
	if res.Error != nil {
		if _, err := fmt.Fprintf(w, "\n%s\n", display.CleanLines(res.Error.Message)); err != nil {
			return err
		}
	}
	return nil
}
