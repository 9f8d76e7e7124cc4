package cli

import (
	"encoding/json"
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

// buildOutput are the files that a build writes besides its run folder.
type buildOutput struct {
	iidFile, metadataFile, logDir string
	reports                       []string
}

func (o *buildOutput) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.iidFile, "iidfile", "", "write the digest of the image to this `FILE`")
	fs.StringVar(&o.metadataFile, "metadata-file", "", "write digests and names as JSON to this `FILE`, as docker buildx does")
	fs.StringArrayVar(&o.reports, "report", nil, "also write a report: `junit=FILE` or json=FILE; repeatable")
	fs.StringVar(&o.logDir, "log-dir", "", "copy the logs of the components below this `DIR`")
}

// write writes what was asked for. Logs are copied after a failure too.
func (o *buildOutput) write(res *result.Result) error {
	var errs []error
	if o.logDir != "" {
		errs = append(errs, copyLogs(res, o.logDir))
	}
	for _, text := range o.reports {
		errs = append(errs, writeReport(text, res))
	}
	if res.Status == result.Succeeded && o.iidFile != "" {
		errs = append(errs, os.WriteFile(o.iidFile, []byte(res.Image.Digest), 0o644))
	}
	if res.Status == result.Succeeded && o.metadataFile != "" {
		errs = append(errs, writeMetadata(o.metadataFile, res))
	}
	return errors.Join(errs...)
}

// reportWriters are the kinds of reports.
var reportWriters = map[string]func(io.Writer, *result.Result) error{
	"junit": report.WriteJUnit,
	"json":  func(w io.Writer, res *result.Result) error { return display.WriteJSON(w, res) },
}

// check refuses reports of an unknown kind before anything runs.
func (o *buildOutput) check() error {
	for _, text := range o.reports {
		kind, file, _ := strings.Cut(text, "=")
		if reportWriters[kind] == nil || file == "" {
			return usageError{fmt.Errorf("--report %q: not a report", text), "write junit=FILE or json=FILE"}
		}
	}
	return nil
}

func writeReport(text string, res *result.Result) (err error) {
	kind, file, _ := strings.Cut(text, "=")
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return reportWriters[kind](f, res)
}

// writeMetadata uses the keys of docker buildx.
func writeMetadata(path string, res *result.Result) error {
	var names []string
	for _, t := range res.Targets {
		if t.Status == "pushed" || t.Status == "present" {
			names = append(names, t.Reference)
		}
	}
	data, err := json.MarshalIndent(map[string]any{
		"containerimage.digest":        res.Image.Digest,
		"containerimage.config.digest": res.Image.ConfigDigest,
		"image.name":                   strings.Join(names, ","),
		"slipway.run":                  res.RunID,
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
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
