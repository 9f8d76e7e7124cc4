package cli

import (
	"fmt"
	"os"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/runner/command"
)

func (a *app) runCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "run -d DOC[,DOC...] [flags]",
		Short:   "Run component documents on this machine",
		Example: "  slipway run -d component.yaml\n  slipway run -d component.yaml --phases build,validate --parameters Port=8080",
		// The flags are those of awstoe and slipway-runner, help included.
		DisableFlagParsing: true,
		Args:               cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			// The one flag of the root command concerns builds and has no effect here.
			args = slices.DeleteFunc(args, func(word string) bool { return word == "--debug" })
			info, _ := debug.ReadBuildInfo()
			code := command.Run(cmd.Context(), command.Process{
				Name: "slipway", Version: versionOf(info).Version, Environ: os.Environ(),
				Stdout: cmd.OutOrStdout(), Stderr: cmd.ErrOrStderr(),
			}, args)
			if code != Success {
				return shown{exitStatus(code)}
			}
			return nil
		},
	}
}

// exitStatus is the exit code of a command that has reported its errors and has codes of its own.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// ExitCode is the code itself.
func (s exitStatus) ExitCode() int { return int(s) }
