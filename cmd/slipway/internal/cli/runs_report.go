package cli

import (
	"errors"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
)

// storyWriters are the formats in which a past run is reported.
var storyWriters = map[string]func(io.Writer, report.Story) error{
	"html":  report.WriteHTML,
	"junit": func(w io.Writer, s report.Story) error { return report.WriteJUnit(w, s.Result) },
	"json":  func(w io.Writer, s report.Story) error { return display.WriteJSON(w, s.Result) },
}

// reportFormat is --format of runs report.
type reportFormat string

func (f *reportFormat) String() string { return string(*f) }

// Type is what the help text shows as the value.
func (*reportFormat) Type() string { return "FORMAT" }

// Values lists the allowed values, for shell completion.
func (*reportFormat) Values() []string { return []string{"html", "junit", "json"} }

func (f *reportFormat) Set(text string) error {
	if storyWriters[text] == nil {
		return errors.New("not one of html, junit, json")
	}
	*f = reportFormat(text)
	return nil
}

var _ pflag.Value = new(reportFormat)

type runsReportOptions struct {
	run    string
	format reportFormat
	file   string
}

func (a *app) runsReportCmd() *cobra.Command {
	o := runsReportOptions{format: "html"}
	cmd := &cobra.Command{
		Use:   "report [flags] [RUN]",
		Short: "Write the report of a run, as a page to look at or for a CI system",
		Long: "Write the report of a run: a page for a browser that needs nothing besides itself, JUnit XML of the tests, or\n" +
			"the result as JSON. RUN is an id, the beginning of one, or \"latest\" (the default). A run that was interrupted\n" +
			"is told from its events, as far as it came.",
		Example: "  slipway runs report -o report.html\n  slipway runs report latest --format junit -o tests.xml",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = runOf(args)
			dir, err := a.runsFolder()
			if err != nil {
				return err
			}
			return runRunsReport(dir, o, cmd.OutOrStdout())
		},
		ValidArgsFunction: a.completeRuns,
	}
	cmd.Flags().Var(&o.format, "format", "html, junit or json")
	cmd.Flags().StringVarP(&o.file, "output", "o", "", "write to this `FILE` (default: standard output)")
	return cmd
}

func runRunsReport(dir string, o runsReportOptions, stdout io.Writer) error {
	r, err := report.Open(dir, o.run)
	if err != nil {
		return err
	}
	story, err := r.Story()
	if err != nil {
		return err
	}
	write := func(w io.Writer) error { return storyWriters[string(o.format)](w, story) }
	if o.file == "" || o.file == "-" {
		return write(stdout)
	}
	return writeFile(o.file, write)
}
