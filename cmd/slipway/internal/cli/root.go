package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) rootCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "slipway",
		Short: "Build container images from tested components",
		Long: "Slipway builds container images from a recipe: a parent image and a list of components, each with its\n" +
			"build, validation and test. Only an image whose tests succeeded is pushed.",
		Example: "  slipway init web\n  slipway build web",
	}
	cmd.PersistentFlags().BoolVar(&a.debug, "debug", false, "write a log of what slipway does to stderr")
	cmd.AddCommand(
		a.buildCmd(),
		a.planCmd(),
		a.validateCmd(),
		a.initCmd(),
		a.imageCmd(),
		a.runsCmd(),
		a.builderCmd(),
		a.versionCmd(),
	)
	group(cmd)
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{err, fmt.Sprintf("see: %s -h", cmd.CommandPath())}
	})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.CompletionOptions.DisableDescriptions = false
	return cmd
}

// group makes cmd a command that only holds others: alone it shows its help, with a word it does not know it says so.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		hint := fmt.Sprintf("see: %s -h", cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf("did you mean: %s %s", cmd.CommandPath(), strings.Join(near, ", "))
		}
		return usageError{fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath()), hint}
	}
	return cmd
}

// arguments checks the number of arguments and, when it is wrong, tells how the command is used. most < 0 is no limit.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		var err error
		switch {
		case len(args) < least && least == most:
			err = fmt.Errorf("%d of %d arguments given", len(args), least)
		case len(args) < least:
			err = errors.New("an argument is missing")
		case most >= 0 && len(args) > most:
			err = fmt.Errorf("unexpected argument %q", args[most])
		default:
			return nil
		}
		return usageError{err, "usage: " + cmd.UseLine()}
	}
}
