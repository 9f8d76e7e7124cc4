package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/runner/document/near"
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
		a.renderCmd(),
		a.validateCmd(),
		a.initCmd(),
		a.runCmd(),
		a.componentCmd(),
		a.recipeCmd(),
		a.imageCmd(),
		a.testCmd(),
		a.runsCmd(),
		a.shellCmd(),
		a.actionCmd(),
		a.schemaCmd(),
		a.builderCmd(),
		a.settingsCmd(),
		a.versionCmd(),
	)
	group(cmd)
	cmd.SetFlagErrorFunc(flagError)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetUsageTemplate(usageTemplate)
	completeValues(cmd)
	return cmd
}

// usageTemplate is cobra's without the line for flags of a command that only holds others.
const usageTemplate = `Usage:
{{- if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND
{{- else}}
  {{.UseLine}}
{{- end}}
{{- if .Aliases}}

Aliases:
  {{.NameAndAliases}}
{{- end}}
{{- if .HasExample}}

Examples:
{{.Example}}
{{- end}}
{{- if .HasAvailableSubCommands}}

Commands:
{{- range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}
{{- end}}{{end}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableInheritedFlags}}

Global flags:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableSubCommands}}

More about a command: {{.CommandPath}} COMMAND -h
{{- end}}
`

// completeValues offers to the shell the values of every flag that has a fixed set of them.
func completeValues(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if fixed, ok := f.Value.(interface{ Values() []string }); ok {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(fixed.Values(), cobra.ShellCompDirectiveNoFileComp))
		}
	})
	for _, c := range cmd.Commands() {
		completeValues(c)
	}
}

// flagError adds to an error about a flag what may have been meant.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("see: %s -h", cmd.CommandPath())
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if name, ok := near.Word(unknown.GetSpecifiedName(), names); ok {
			hint = fmt.Sprintf("did you mean --%s?", name)
		}
	}
	return usageError{err, hint}
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
		case len(args) == least-1:
			err = errors.New("an argument is missing")
		case len(args) < least:
			err = fmt.Errorf("%d arguments are missing", least-len(args))
		case most >= 0 && len(args) > most:
			err = fmt.Errorf("unexpected argument %q", args[most])
		default:
			return nil
		}
		return usageError{err, "usage: " + cmd.UseLine()}
	}
}
