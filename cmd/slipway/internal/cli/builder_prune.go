package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/engine/dial"
	"github.com/slipway-oci/slipway/builder/engine/docker"
	"github.com/slipway-oci/slipway/builder/engine/embedded"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

type builderPruneOptions struct {
	option.Builder
	option.Format
	olderThan time.Duration
	keep      int64 // megabytes
}

func (a *app) builderPruneCmd() *cobra.Command {
	var o builderPruneOptions
	cmd := &cobra.Command{
		Use:   "prune [flags]",
		Short: "Empty the builder's cache",
		Long: "Empty the builder's cache: the layers that let unchanged components be skipped, and what is remembered of unchanged\n" +
			"builds. Images in the image store are not touched.",
		Example: "  slipway builder prune\n  slipway builder prune --keep-storage 10000 --older-than 72h",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.runBuilderPrune(cmd.Context(), &o)
		},
	}
	o.Builder.AddFlags(cmd.Flags())
	o.Format.AddFlags(cmd.Flags())
	cmd.Flags().DurationVar(&o.olderThan, "older-than", 0, "keep what was used since")
	cmd.Flags().Int64Var(&o.keep, "keep-storage", 0, "keep so many `MEGABYTES` of what was used last")
	return cmd
}

func (a *app) runBuilderPrune(ctx context.Context, o *builderPruneOptions) error {
	options, err := a.engineOptions(&o.Builder)
	if err != nil {
		return err
	}
	if options.Builder == engine.Embedded {
		folders, err := a.folders()
		if err != nil {
			return err
		}
		if err := os.RemoveAll(folders.Outcomes()); err != nil {
			return machineError{err}
		}
	}
	entries, bytes, err := prune(ctx, options, o.olderThan, o.keep*1e6)
	if err != nil {
		return err
	}
	if o.JSON() {
		return display.WriteJSON(a.Stdout, struct {
			Entries int   `json:"entries"`
			Bytes   int64 `json:"bytes"`
		}{entries, bytes})
	}
	_, err = fmt.Fprintf(a.Stdout, "freed %s: %d entries\n", display.Bytes(bytes), entries)
	return err
}

// prune empties the cache of a builder and returns what that freed.
func prune(ctx context.Context, o engine.Options, olderThan time.Duration, keep int64) (entries int, bytes int64, err error) {
	address := o.Builder
	if address == engine.Embedded {
		lease, err := embedded.Start(ctx, embedded.Options{Root: o.Root, Runtime: o.Runtime, Idle: o.Idle})
		if err != nil {
			return 0, 0, err
		}
		defer func() { _ = lease.Close() }()
		address = lease.Address
	}
	if address == engine.Docker {
		if address, err = docker.Start(ctx, o.Image); err != nil {
			return 0, 0, err
		}
	}
	c, err := dial.Open(ctx, address)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = c.Close() }()
	freed := make(chan client.UsageInfo)
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for u := range freed {
			entries++
			bytes += u.Size
		}
	}()
	err = c.Prune(ctx, freed, client.PruneAll, client.WithKeepOpt(olderThan, keep, 0, 0))
	close(freed)
	<-counted
	if err != nil {
		return entries, bytes, fmt.Errorf("prune the builder at %q: %w", address, err)
	}
	return entries, bytes, nil
}
