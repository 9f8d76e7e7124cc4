package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/kept"
	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/oci/store"
)

type runsPruneOptions struct {
	keep      int
	olderThan time.Duration
	dryRun    bool
}

func (a *app) runsPruneCmd() *cobra.Command {
	var o runsPruneOptions
	cmd := &cobra.Command{
		Use:   "prune [flags]",
		Short: "Delete old runs and their logs",
		Long: "Delete old runs with their logs and what they kept of a failed component (--keep-failed), and write their ids.\n" +
			"A run that is going on stays.",
		Example: "  slipway runs prune --keep 20\n" +
			"  slipway runs prune --keep 5 --older-than 168h --dry-run",
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("keep") && !cmd.Flags().Changed("older-than") {
				return usageError{errors.New("nothing says which runs to delete"), "give --keep N, --older-than DURATION or both; --keep 0 deletes all"}
			}
			if o.keep < 0 {
				return usageError{fmt.Errorf("--keep %d: less than nothing", o.keep), "--keep 0 deletes all"}
			}
			folders, err := a.folders()
			if err != nil {
				return err
			}
			images, err := store.Open(folders.Images())
			if err != nil {
				return err
			}
			return runRunsPrune(cmd.Context(), folders.Runs(), images, o, time.Now(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().IntVar(&o.keep, "keep", 0, "keep the newest `N` runs")
	cmd.Flags().DurationVar(&o.olderThan, "older-than", 0, "keep younger runs")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only say what would be deleted")
	return cmd
}

func runRunsPrune(ctx context.Context, dir string, images *store.Store, o runsPruneOptions, now time.Time, w io.Writer) error {
	records, err := report.List(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range records[min(o.keep, len(records)):] {
		if r.State == report.Running || now.Sub(r.Started()) < o.olderThan {
			continue
		}
		if !o.dryRun {
			// The kept state first: while the run is there, a prune that was cut short can be done again.
			if _, err := kept.Release(ctx, images, r.ID); err != nil {
				errs = append(errs, fmt.Errorf("run %s: %w", r.ID, err))
				continue
			}
			if err := r.Remove(); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		if _, err := fmt.Fprintln(w, r.ID); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}
