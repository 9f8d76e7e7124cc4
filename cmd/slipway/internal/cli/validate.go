package cli

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/recipe"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/check"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/option"
	"github.com/slipway-oci/slipway/runner/action/catalog"
)

type validateOptions struct {
	option.Format
	strict bool
	files  []string
}

func (a *app) validateCmd() *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate [flags] FILE|FOLDER|PATTERN...",
		Short: "Check recipes and component documents without running them",
		Long: "Check recipes and component documents without running them, and show every problem with its place. A recipe\n" +
			"is checked together with the documents that it names by path, and of a folder every recipe and component\n" +
			"document in it and below. The exit code is 2 when there is an error.",
		Example: "  slipway validate .\n  slipway validate web/recipe.yaml components/\n  slipway validate components/*.yaml --format sarif",
		Args:    arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			limits, err := a.recipeLimits()
			if err != nil {
				return err
			}
			return runValidate(cmd.Context(), o, limits, cmd.OutOrStdout())
		},
	}
	o.AddFlags(cmd.Flags(), "sarif")
	cmd.Flags().BoolVar(&o.strict, "strict", false, "make warnings errors")
	return cmd
}

// errInvalid ends validate after its problems have been written.
type errInvalid struct{}

func (errInvalid) Error() string { return "there are errors" }

func runValidate(ctx context.Context, o validateOptions, limits recipe.Limits, w io.Writer) error {
	actions, err := catalog.Builtin()
	if err != nil {
		return err
	}
	c := check.Checker{Actions: actions, Strict: o.strict, Limits: limits}
	for _, f := range o.files {
		c.Path(ctx, f)
	}
	if err := writeProblems(w, c.Problems(), &o.Format); err != nil {
		return err
	}
	if c.Failed() {
		return shown{errInvalid{}}
	}
	return nil
}

func writeProblems(w io.Writer, problems []check.Problem, format *option.Format) error {
	switch {
	case format.JSON():
		if problems == nil {
			problems = []check.Problem{}
		}
		return display.WriteJSON(w, problems)
	case format.Is("sarif"):
		info, _ := debug.ReadBuildInfo()
		return display.WriteJSON(w, check.ToSARIF(problems, versionOf(info).Version))
	}
	for _, p := range problems {
		severity := ""
		if p.Severity != "error" {
			severity = p.Severity + ": "
		}
		if _, err := fmt.Fprintf(w, "%s: %s%s [%s]\n", display.Clean(p.Position()), severity, display.Clean(p.Message), p.Code); err != nil {
			return err
		}
		if p.Hint == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "  %s\n", display.Clean(p.Hint)); err != nil {
			return err
		}
	}
	return nil
}
