package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/engine/docker"
	"github.com/slipway-oci/slipway/builder/engine/embedded"
	"github.com/slipway-oci/slipway/builder/engine/embedded/layer"
	"github.com/slipway-oci/slipway/builder/inspect"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

// builderCmd and its commands look after the builders that slipway starts; another one is its owner's to look after.
func (a *app) builderCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "builder",
		Short: "Look after the builder",
		Long: "Look after the embedded builder, the BuildKit that builds start when they need it and that ends after the last\n" +
			"of them, or with --builder docker after the one in a container of Docker, which stays until it is stopped.",
		Example: "  slipway builder status\n  slipway builder stop",
	}
	cmd.AddCommand(a.builderStatusCmd(), a.builderStartCmd(), a.builderStopCmd(), a.builderPruneCmd(), a.builderServeCmd())
	return group(cmd)
}

func (a *app) builderStatusCmd() *cobra.Command {
	var format option.Format
	var builder option.Builder
	cmd := &cobra.Command{
		Use:     "status [flags]",
		Short:   "Show whether the builder runs, and where",
		Example: "  slipway builder status\n  slipway builder status --format json",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := a.ownBuilder(&builder)
			if err != nil {
				return err
			}
			if o.Builder == engine.Docker {
				return writeDockerBuilder(cmd.Context(), cmd.OutOrStdout(), &format)
			}
			info, err := embedded.Status(cmd.Context(), o.Root)
			if err != nil {
				return err
			}
			return writeBuilder(cmd.OutOrStdout(), info, &format)
		},
	}
	format.AddFlags(cmd.Flags())
	builder.AddFlags(cmd.Flags())
	return cmd
}

func writeDockerBuilder(ctx context.Context, w io.Writer, format *option.Format) error {
	info, err := docker.Status(ctx)
	if err != nil {
		return err
	}
	if format.JSON() {
		return display.WriteJSON(w, info)
	}
	state := "stopped"
	if info.Running {
		state = "running"
	}
	return writeRows(w, "", [][2]string{
		{"State", state}, {"Container", docker.Container}, {"Image", info.Image}, {"Address", info.Address}, {"Started", when(info.Started)},
	})
}

func writeBuilder(w io.Writer, info embedded.Info, format *option.Format) error {
	if format.JSON() {
		return display.WriteJSON(w, info)
	}
	state := "stopped"
	rows := [][2]string{{"State", ""}, {"Folder", info.Root}}
	if info.Running {
		state = "running"
		rootless := ""
		if info.Rootless {
			rootless = "yes"
		}
		rows = append(rows, [][2]string{
			{"Process", fmt.Sprint(info.PID)},
			{"Address", info.Address},
			{"Started", when(info.Started)},
			{"BuildKit", info.Version},
			{"Snapshots", info.Snapshots},
			{"Rootless", rootless},
		}...)
	}
	rows[0][1] = state
	return writeRows(w, "", rows)
}

func (a *app) builderStartCmd() *cobra.Command {
	idle := time.Hour
	var builder option.Builder
	cmd := &cobra.Command{
		Use:     "start [flags]",
		Short:   "Start the builder ahead of the first build",
		Example: "  slipway builder start\n  slipway builder start --idle 8h",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := a.ownBuilder(&builder)
			if err != nil {
				return err
			}
			if o.Builder == engine.Docker {
				address, err := docker.Start(cmd.Context(), o.Image)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), address)
				return err
			}
			lease, err := embedded.Start(cmd.Context(), embedded.Options{Root: o.Root, Idle: idle})
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), lease.Address); err != nil {
				return err
			}
			return lease.Close()
		},
	}
	cmd.Flags().DurationVar(&idle, "idle", idle, "how long the embedded one stays when nothing uses it")
	builder.AddFlags(cmd.Flags())
	return cmd
}

func (a *app) builderStopCmd() *cobra.Command {
	var builder option.Builder
	cmd := &cobra.Command{
		Use:   "stop [flags]",
		Short: "Stop the builder; builds that use it fail",
		Long: "Stop the builder; builds that use it fail. Of the one in Docker the container is removed; its cache stays in the\n" +
			"volume slipway-builder.",
		Example: "  slipway builder stop",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := a.ownBuilder(&builder)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
			defer cancel()
			ran := false
			if o.Builder == engine.Docker {
				ran, err = docker.Stop(ctx)
			} else {
				ran, err = embedded.Stop(ctx, o.Root)
			}
			if err != nil {
				return err
			}
			if !ran {
				_, err = fmt.Fprintln(cmd.ErrOrStderr(), "The builder was not running.")
			}
			return err
		},
	}
	builder.AddFlags(cmd.Flags())
	return cmd
}

// builderServeCmd is what the first build starts as the builder; people have no use for it.
func (a *app) builderServeCmd() *cobra.Command {
	var o embedded.Options
	var standby bool
	cmd := &cobra.Command{
		Use:              "serve --root DIR",
		Short:            "Be the builder",
		Hidden:           true,
		PersistentPreRun: func(*cobra.Command, []string) {}, // what libraries log is the builder's log
		Args:             arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if standby {
				var err error
				if o.Root, err = embedded.AwaitOrders(); errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
			}
			if o.Root == "" {
				return usageError{errors.New("--root is missing"), "builds start the builder themselves"}
			}
			o.Runtime = a.Getenv("SLIPWAY_RUNTIME")
			if idle := a.Getenv("SLIPWAY_BUILDER_IDLE"); idle != "" {
				var err error
				if o.Idle, err = time.ParseDuration(idle); err != nil {
					return usageError{fmt.Errorf("SLIPWAY_BUILDER_IDLE: %w", err), "write a duration such as 10m"}
				}
			}
			o.Observe = func() layer.Observer { return inspect.NewObserver() }
			return embedded.Serve(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.Root, "root", "", "folder of the builder's state")
	cmd.Flags().BoolVar(&standby, "standby", false, "wait for the root instead, which the program that started this one sends")
	return cmd
}
