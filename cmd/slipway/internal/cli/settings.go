package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/settings"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
)

// settingsFile is the file with the settings, and whether the user has named it: then it must be there.
func (a *app) settingsFile() (file string, named bool, err error) {
	if file := a.Getenv("SLIPWAY_SETTINGS"); file != "" {
		return file, true, nil
	}
	f, err := a.folders()
	return f.Settings(), false, err
}

// settings are those of the user.
func (a *app) settings() (settings.Settings, error) {
	file, named, err := a.settingsFile()
	if err != nil || file == "" {
		return settings.Default(), err
	}
	if named {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return settings.Settings{}, usageError{fmt.Errorf("SLIPWAY_SETTINGS: %w", err), "unset it to use the settings of the user"}
		}
	}
	return settings.Load(file)
}

func (a *app) settingsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "settings",
		Short: "Look at the settings of slipway",
		Long: "Look at the settings of slipway. They are in settings.yaml in the folder for settings, ~/.config/slipway unless\n" +
			"XDG_CONFIG_HOME or SLIPWAY_HOME says otherwise, or in the file that SLIPWAY_SETTINGS names.",
		Example: "  slipway settings show",
	}
	cmd.AddCommand(a.settingsShowCmd())
	return group(cmd)
}

func (a *app) settingsShowCmd() *cobra.Command {
	var format option.Format
	cmd := &cobra.Command{
		Use:   "show [flags] [NAME...]",
		Short: "Show every setting with its value",
		Long: "Show every setting with its value, whether the file sets it or not. NAME is a setting such as aws.region, or a\n" +
			"group such as aws. What may be a key is not shown.",
		Example: "  slipway settings show\n  slipway settings show aws --format json",
		Args:    arguments(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			shown, err := settings.Select(args)
			if err != nil {
				return err
			}
			if format.JSON() {
				return display.WriteJSON(cmd.OutOrStdout(), settings.Tree(s, shown))
			}
			return a.writeSettings(cmd.OutOrStdout(), s, shown)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, s := range settings.All() {
				names = append(names, cobra.CompletionWithDesc(s.Name, s.About))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	format.AddFlags(cmd.Flags())
	return cmd
}

func (a *app) writeSettings(w io.Writer, s settings.Settings, shown []settings.Setting) error {
	file, _, err := a.settingsFile()
	if err != nil {
		return err
	}
	if s.File == "" {
		file += " (there is none; these are the defaults)"
	}
	if _, err := fmt.Fprintf(w, "# %s\n", display.Clean(file)); err != nil {
		return err
	}
	var rows [][]string
	for _, one := range shown {
		switch v := one.Shown(s).(type) {
		case map[string]string:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				rows = append(rows, []string{one.Name + "." + key, v[key]})
			}
			if len(v) == 0 {
				rows = append(rows, []string{one.Name, ""})
			}
		case []string:
			rows = append(rows, []string{one.Name, strings.Join(v, ", ")})
		default:
			rows = append(rows, []string{one.Name, fmt.Sprint(v)})
		}
	}
	return writeTable(w, []string{"SETTING", "VALUE"}, rows)
}
