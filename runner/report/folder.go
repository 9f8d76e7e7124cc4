package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Folder is the log folder of one run with the files in it (component-document reference, chapter 8).
type Folder struct {
	Path string // absolute

	console     *os.File
	application *os.File
	consoleSink *Console
	appSink     *Application
	detail      *Detail
}

// CreateFolder makes the log folder of a run that starts at start. An existing folder of that name is an error.
func CreateFolder(logDirectory, executionID string, start time.Time) (*Folder, error) {
	dir, err := filepath.Abs(logDirectory)
	if err != nil {
		return nil, fmt.Errorf("log directory %q: %w", logDirectory, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("log directory %q: %w", logDirectory, err)
	}
	path := filepath.Join(dir, fmt.Sprintf("TOE_%s_UTC-0_%s", start.UTC().Format("2006-01-02_15-04-05"), executionID))
	if err := os.Mkdir(path, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("log folder %q exists already", path)
		}
		return nil, fmt.Errorf("log folder: %w", err)
	}
	if err := os.Chmod(path, 0o755); err != nil { //nolint:gosec // logs are for everybody
		return nil, fmt.Errorf("log folder: %w", err)
	}
	return openFolder(path, nil)
}

// ResumeFolder opens the log folder of an earlier process of the same run and goes on in its files; saved is the
// Snapshot of its detailed output.
func ResumeFolder(path string, saved json.RawMessage) (*Folder, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("log folder: %w", err)
	}
	return openFolder(path, saved)
}

func openFolder(path string, saved json.RawMessage) (_ *Folder, err error) {
	f := &Folder{Path: path}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("log folder: %w", err), f.Close())
		}
	}()
	if f.console, err = openLog(filepath.Join(path, "console.log")); err != nil {
		return nil, err
	}
	if f.application, err = openLog(filepath.Join(path, "application.log")); err != nil {
		return nil, err
	}
	if f.detail, err = NewDetail(filepath.Join(path, "detailedoutput.json"), saved); err != nil {
		return nil, err
	}
	f.consoleSink, f.appSink = NewConsole(f.console), NewApplication(f.application)
	return f, nil
}

func openLog(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	return f, f.Chmod(0o644)
}

// Sinks returns the sinks that write the folder's files.
func (f *Folder) Sinks() []Sink { return []Sink{f.consoleSink, f.appSink, f.detail} }

// Detail returns the sink of the detailed output.
func (f *Folder) Detail() *Detail { return f.detail }

// WriteDocument stores the text of the run's i-th document, counted from 0, byte for byte.
func (f *Folder) WriteDocument(i int, text []byte) error {
	name := "document.yaml"
	if i > 0 {
		name = fmt.Sprintf("document-%d.yaml", i+1)
	}
	return replaceFile(filepath.Join(f.Path, name), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Sync brings every file up to date, before a restart.
func (f *Folder) Sync() error {
	f.consoleSink.Flush()
	f.appSink.Flush()
	return errors.Join(f.consoleSink.Err(), f.detail.Sync())
}

// Close writes what is left and closes the files. It returns the first failure of each file.
func (f *Folder) Close() error {
	var errs []error
	if f.consoleSink != nil {
		f.consoleSink.Flush()
		f.appSink.Flush()
		errs = append(errs, f.consoleSink.Err())
	}
	if f.detail != nil {
		errs = append(errs, f.detail.Close())
	}
	for _, file := range []*os.File{f.console, f.application} {
		if file != nil {
			errs = append(errs, file.Close())
		}
	}
	return errors.Join(errs...)
}
