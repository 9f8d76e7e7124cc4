package cli

import (
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

type runsListOptions struct {
	option.Format
	limit int
}

func (a *app) runsListCmd() *cobra.Command {
	var o runsListOptions
	cmd := &cobra.Command{
		Use:     "list [flags]",
		Aliases: []string{"ls"},
		Short:   "List past builds, the newest first",
		Example: "  slipway runs list\n  slipway runs list -n 5 --format json",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := a.runsFolder()
			if err != nil {
				return err
			}
			return runRunsList(dir, o, cmd.OutOrStdout())
		},
	}
	o.AddFlags(cmd.Flags())
	cmd.Flags().IntVarP(&o.limit, "limit", "n", 0, "list at most so many (0: all)")
	return cmd
}

func runRunsList(dir string, o runsListOptions, w io.Writer) error {
	records, err := report.List(dir)
	if err != nil {
		return err
	}
	if o.limit > 0 {
		records = records[:min(len(records), o.limit)]
	}
	views := make([]runView, 0, len(records))
	for _, r := range records {
		views = append(views, viewRun(r))
	}
	if o.JSON() {
		return display.WriteJSON(w, views)
	}
	rows := make([][]string, 0, len(views))
	for _, v := range views {
		took := ""
		if v.Duration > 0 {
			took = display.Duration(time.Duration(v.Duration * float64(time.Second)))
		}
		rows = append(rows, []string{v.ID, string(v.Status), v.Recipe.Name, v.Recipe.Version, when(v.StartTime), took, shortDigest(v.Digest)})
	}
	return writeTable(w, []string{"RUN", "STATUS", "RECIPE", "VERSION", "STARTED", "TIME", "DIGEST"}, rows)
}
