package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/builder/result"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/display"
)

// reportOutput is what is written of a run besides its run folder.
type reportOutput struct {
	logDir  string
	reports []string
}

func (o *reportOutput) AddFlags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&o.reports, "report", nil, "also write a report: html=FILE, `junit=FILE`, json=FILE, or github for a GitHub workflow; repeatable")
	fs.StringVar(&o.logDir, "log-dir", "", "copy the logs of the components below this `DIR`")
}

// write writes what was asked for, of a run that failed too. Annotations go to the log of GitHub's step, of which stderr
// is a part as stdout is.
func (o *reportOutput) write(res *result.Result, getenv func(string) string, log io.Writer) error {
	var errs []error
	if o.logDir != "" {
		errs = append(errs, copyLogs(res, o.logDir))
	}
	for _, text := range o.reports {
		kind, file, _ := strings.Cut(text, "=")
		if kind == reportGitHub {
			errs = append(errs, writeGitHub(res, getenv, log))
			continue
		}
		errs = append(errs, writeFile(file, func(w io.Writer) error { return reportWriters[kind](w, res) }))
	}
	return errors.Join(errs...)
}

const reportGitHub = "github"

// reportWriters are the kinds of reports that are files.
var reportWriters = map[string]func(io.Writer, *result.Result) error{
	"html":  func(w io.Writer, res *result.Result) error { return report.WriteHTML(w, report.StoryOf(res)) },
	"junit": report.WriteJUnit,
	"json":  func(w io.Writer, res *result.Result) error { return display.WriteJSON(w, res) },
}

// check refuses reports of an unknown kind before anything runs.
func (o *reportOutput) check() error {
	for _, text := range o.reports {
		kind, file, _ := strings.Cut(text, "=")
		if text != reportGitHub && (reportWriters[kind] == nil || file == "") {
			return usageError{fmt.Errorf("--report %q: not a report", text), "write html=FILE, junit=FILE, json=FILE or github"}
		}
	}
	return nil
}

// writeGitHub adds to the summary of a step and writes annotations, as GitHub's workflow commands have it.
func writeGitHub(res *result.Result, getenv func(string) string, log io.Writer) error {
	if err := report.WriteAnnotations(log, res); err != nil {
		return err
	}
	file := getenv("GITHUB_STEP_SUMMARY")
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644) //nolint:gosec // a page that others show
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return errors.Join(report.WriteMarkdown(f, res), f.Close())
}

func writeFile(file string, write func(io.Writer) error) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f)
}

// copyLogs copies the log folders of a run to <dir>/<run id>.
func copyLogs(res *result.Result, dir string) error {
	record := report.Record{ID: res.RunID, Dir: res.RunFolder}
	logs, err := record.Logs()
	if err != nil {
		return err
	}
	for _, l := range logs {
		rel, err := filepath.Rel(res.RunFolder, l.Dir)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, res.RunID, rel)
		if err := os.CopyFS(to, os.DirFS(l.Dir)); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("copy logs to %q: %w", to, err)
		}
	}
	return nil
}
