package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/runner/execute"
)

func stateName(executionID string) string { return "executionstate_" + executionID + ".json" }

// findState returns the path of the state file that an earlier process of this execution left, or "".
func findState(stateDirectory, logDirectory, executionID string) (string, error) {
	if stateDirectory != "" {
		path := filepath.Join(stateDirectory, stateName(executionID))
		_, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return "", nil
		}
		return path, err
	}
	folders, err := os.ReadDir(logDirectory)
	if err != nil {
		return "", nil //nolint:nilerr // there is no log directory yet
	}
	for _, f := range folders {
		if matched, _ := filepath.Match("TOE_*_UTC-0_"+executionID, f.Name()); !matched {
			continue
		}
		path := filepath.Join(logDirectory, f.Name(), stateName(executionID))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", nil
}

// readState reads a state file.
func readState(path string) (*execute.State, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("state file: %w", err)
	}
	var s execute.State
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&s); err != nil {
		return nil, fmt.Errorf("state file %q: %w", path, err)
	}
	if s.Version != execute.StateVersion {
		return nil, fmt.Errorf("state file %q: version %d, this runner knows %d", path, s.Version, execute.StateVersion)
	}
	return &s, nil
}

// checkState reports whether a run with these documents and phases is the one that left the state.
func checkState(s *execute.State, documents []execute.StateDocument, phases []string) error {
	if !slices.Equal(s.Documents, documents) {
		return errors.New("the documents are not those of the run that asked for the reboot")
	}
	if !slices.Equal(s.Phases, phases) {
		return errors.New("the phases are not those of the run that asked for the reboot")
	}
	return nil
}

// writeState replaces the state file; after it returns the state survives a restart of the machine.
func writeState(path string, s execute.State) (err error) {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".") // mode 0600
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	defer os.Remove(f.Name()) // fails after the rename
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	return nil
}

// saveState stores the state of the run before a restart, with every log file up to date.
func (r *run) saveState(s execute.State) error {
	if err := r.folder.Sync(); err != nil {
		return err
	}
	snapshot, err := r.folder.Detail().Snapshot()
	if err != nil {
		return err
	}
	s.LogFolder, s.StartTime, s.DetailedOutput = r.folder.Path, r.begin, snapshot
	s.Documents = r.stateDocuments()
	s.Parameters = r.maskedParameters()
	return writeState(r.statePath, s)
}

func (r *run) maskedParameters() map[string]string {
	m := make(map[string]string, len(r.Parameters))
	for k, v := range r.Parameters {
		m[k] = r.masker.Text(v)
	}
	return m
}

func (r *run) stateDocuments() []execute.StateDocument {
	list := make([]execute.StateDocument, len(r.inputs))
	for i, in := range r.inputs {
		list[i] = execute.StateDocument{Path: in.Path, SHA256: strings.TrimPrefix(in.Document.Digest, "sha256:")}
	}
	return list
}
