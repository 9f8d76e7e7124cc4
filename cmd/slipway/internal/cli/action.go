package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/action/catalog"
	"github.com/slipway-oci/slipway/runner/action/reference"
	"github.com/slipway-oci/slipway/runner/document/near"
)

func (a *app) actionCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "action",
		Short:   "Look up what the steps of a component can do",
		Example: "  slipway action list\n  slipway action show CreateFile",
	}
	cmd.AddCommand(a.actionListCmd(), a.actionShowCmd())
	return group(cmd)
}

func (a *app) actionListCmd() *cobra.Command {
	var format option.Format
	cmd := &cobra.Command{
		Use:     "list [flags]",
		Aliases: []string{"ls"},
		Short:   "List the action modules",
		Example: "  slipway action list\n  slipway action list --format json",
		Args:    arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runActionList(&format, cmd.OutOrStdout())
		},
	}
	format.AddFlags(cmd.Flags())
	return cmd
}

func runActionList(format *option.Format, w io.Writer) error {
	set, err := catalog.Builtin()
	if err != nil {
		return err
	}
	var rows [][]string
	var views []actionView
	for _, m := range set.All() {
		v := viewAction(m.Spec())
		views = append(views, v)
		rows = append(rows, []string{v.Name, v.Family, strings.Join(v.Platforms, ","), v.Summary})
	}
	if format.JSON() {
		return display.WriteJSON(w, views)
	}
	return writeTable(w, []string{"NAME", "FAMILY", "PLATFORMS", "SUMMARY"}, rows)
}

func (a *app) actionShowCmd() *cobra.Command {
	var format option.Format
	cmd := &cobra.Command{
		Use:     "show [flags] NAME",
		Short:   "Show the inputs, the outputs and an example of an action module",
		Example: "  slipway action show CreateFile\n  slipway action show ExecuteBash --format json",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runActionShow(args[0], &format, cmd.OutOrStdout())
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			set, err := catalog.Builtin()
			if err != nil {
				return nil, cobra.ShellCompDirectiveError
			}
			return set.Names(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	format.AddFlags(cmd.Flags())
	return cmd
}

func runActionShow(name string, format *option.Format, w io.Writer) error {
	set, err := catalog.Builtin()
	if err != nil {
		return err
	}
	m, ok := set.Lookup(name)
	if !ok {
		hint := near.Hint(name, set.Names())
		if hint == "" {
			hint = "see: slipway action list"
		}
		return usageError{fmt.Errorf("unknown action %q", name), hint}
	}
	if format.JSON() {
		return display.WriteJSON(w, viewAction(m.Spec()))
	}
	var b strings.Builder
	b.WriteString("# " + name + "\n\n")
	reference.Module(&b, m.Spec())
	_, err = io.WriteString(w, b.String())
	return err
}

// actionView is a module for scripts. Fields are only ever added.
type actionView struct {
	Name      string       `json:"name"`
	Family    string       `json:"family"`
	Summary   string       `json:"summary"`
	Platforms []string     `json:"platforms"`
	List      bool         `json:"list"` // inputs are a list of maps
	Inputs    []inputView  `json:"inputs"`
	Outputs   []outputView `json:"outputs"`
	Example   string       `json:"example"`
}

type inputView struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Required bool     `json:"required"`
	Default  string   `json:"default,omitempty"`
	Values   []string `json:"values,omitempty"`
	Summary  string   `json:"summary"`
}

type outputView struct {
	Name     string `json:"name"`
	PerEntry bool   `json:"perEntry"`
	Summary  string `json:"summary"`
}

func viewAction(spec action.Spec) actionView {
	v := actionView{
		Name: spec.Name, Family: spec.Family, Summary: spec.Summary, Platforms: spec.Platforms, List: spec.Shape == action.List,
		Inputs: []inputView{}, Outputs: []outputView{}, Example: spec.Example,
	}
	for _, in := range spec.Inputs {
		v.Inputs = append(v.Inputs, inputView{in.Name, reference.TypeOf(in), in.Required, in.Default, in.Values, in.Summary})
	}
	for _, out := range spec.Outputs {
		v.Outputs = append(v.Outputs, outputView{out.Name, out.PerEntry, out.Summary})
	}
	return v
}
