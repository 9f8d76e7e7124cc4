package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
	"github.com/slipway-oci/slipway/oci/ref"
)

type runsLogsOptions struct {
	run       string
	component string
	events    bool
}

func (a *app) runsLogsCmd() *cobra.Command {
	var o runsLogsOptions
	cmd := &cobra.Command{
		Use:   "logs [flags] [RUN]",
		Short: "Show the complete logs of a build's components",
		Long: "Show the complete logs of a build's components, or with --events the course of the whole build. RUN is an id,\n" +
			"the beginning of one, or \"latest\" (the default).",
		Example: "  slipway runs logs\n  slipway runs logs latest --component nginx\n  slipway runs logs latest --events",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run = runOf(args)
			dir, err := a.runsFolder()
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			return runRunsLogs(dir, o, out, a.terminal(out).IsTerminal, a.style(out))
		},
		ValidArgsFunction: a.completeRuns,
	}
	cmd.Flags().StringVarP(&o.component, "component", "c", "", "only the component with this `NAME`")
	cmd.Flags().BoolVar(&o.events, "events", false, "show the events of the build instead")
	return cmd
}

// noLogs says that there is nothing to show.
type noLogs struct{ run, component string }

func (e noLogs) Error() string {
	if e.component != "" {
		return fmt.Sprintf("run %s has no logs of component %q", e.run, e.component)
	}
	return fmt.Sprintf("run %s has no logs", e.run)
}

func (e noLogs) Hint() string {
	return "see what it did with: slipway runs logs " + e.run + " --events"
}

func runRunsLogs(dir string, o runsLogsOptions, w io.Writer, terminal bool, style display.Style) error {
	r, err := report.Open(dir, o.run)
	if err != nil {
		return err
	}
	if o.events {
		return writeEvents(r, w, style)
	}
	logs, err := r.Logs()
	if err != nil {
		return err
	}
	found := false
	for _, l := range logs {
		if o.component != "" && ref.Normal(o.component) != l.Component {
			continue
		}
		switch err := writeLog(l, w, terminal); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		}
		found = true
	}
	if !found {
		return noLogs{r.ID, o.component}
	}
	return nil
}

func writeEvents(r report.Record, w io.Writer, style display.Style) error {
	d := display.New(display.Plain, w, display.Options{Style: style})
	for e, err := range r.Events() {
		if err != nil {
			return err
		}
		d.Send(e)
	}
	return d.Close()
}

// writeLog copies one log below a heading. To a terminal it goes line by line without control characters, elsewhere
// as it is.
func writeLog(l report.Log, w io.Writer, terminal bool) error {
	f, err := os.Open(l.Console())
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if _, err := fmt.Fprintf(w, "==> %s/%02d-%s <==\n", l.Step, l.Index, l.Component); err != nil {
		return err
	}
	if !terminal {
		_, err := io.Copy(w, f)
		return err
	}
	in := bufio.NewReaderSize(f, 64<<10)
	for {
		text, err := in.ReadString('\n')
		if text != "" {
			if _, err := io.WriteString(w, display.Clean(strings.TrimRight(text, "\r\n"))+"\n"); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
