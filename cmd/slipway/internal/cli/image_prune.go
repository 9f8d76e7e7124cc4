package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/oci/store"
)

type imagePruneOptions struct {
	option.Format
	unnamed, dryRun bool
	grace           time.Duration
}

func (a *app) imagePruneCmd() *cobra.Command {
	var o imagePruneOptions
	cmd := &cobra.Command{
		Use:   "prune [flags]",
		Short: "Free the space of what no image needs",
		Long: "Free the space of blobs that no image refers to, and with --unnamed of images without a name. What is younger\n" +
			"than the grace time stays, since a build that runs now may be about to use it.",
		Example: "  slipway image prune --dry-run\n  slipway image prune --unnamed",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.images()
			if err != nil {
				return err
			}
			return runImagePrune(cmd.Context(), s, o, cmd.OutOrStdout())
		},
	}
	o.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.unnamed, "unnamed", false, "also delete images without a name")
	cmd.Flags().DurationVar(&o.grace, "grace", store.DefaultGrace, "leave alone what is younger")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "only say what would be deleted")
	return cmd
}

func runImagePrune(ctx context.Context, s *store.Store, o imagePruneOptions, w io.Writer) error {
	grace := o.grace
	if grace == 0 {
		grace = -1 // none, where zero would be the default
	}
	pruned, err := s.Prune(ctx, store.PruneOptions{Grace: grace, Unnamed: o.unnamed, DryRun: o.dryRun})
	if err != nil {
		return err
	}
	if o.JSON() {
		images := make([]string, 0, len(pruned.Images))
		for _, d := range pruned.Images {
			images = append(images, d.String())
		}
		return display.WriteJSON(w, struct {
			Images []string `json:"images"`
			Blobs  int      `json:"blobs"`
			Bytes  int64    `json:"bytes"`
			DryRun bool     `json:"dryRun"`
		}{images, pruned.Blobs, pruned.Bytes, o.dryRun})
	}
	verb := "freed"
	if o.dryRun {
		verb = "would free"
	}
	_, err = fmt.Fprintf(w, "%s %s: %d images, %d blobs\n", verb, display.Bytes(pruned.Bytes), len(pruned.Images), pruned.Blobs)
	return err
}
