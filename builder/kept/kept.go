// Package kept holds the state that failed containers of a run leave: their file system as an image in the image
// store, and beside it in the run folder what the runner had. A Keeper saves it, Open finds it for a shell, Release
// gives the space back.
package kept

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slipway-oci/slipway/builder/report"
	"github.com/slipway-oci/slipway/oci/store"
)

// State is what a failed container left.
type State struct {
	Component string   `json:"component"`
	Platform  string   `json:"platform"`
	Secrets   []string `json:"secrets,omitempty"` // names of those that its component may read
	// Image is the file system, with the environment of steps.
	Image store.Image `json:"-"`
	// Files are what the runner was started with, and the record of the run that failed.
	Files map[string][]byte `json:"-"`
}

// The places of a state.
const (
	stateFolder = "failed"     // in the run folder
	stateFile   = "state.json" // in that
	filesFolder = "component"  // beside it
)

// pointer is the name of the file system in the image store.
func pointer(runID string) string { return "failed:" + runID }

// NotKeptError says that a run has no kept state.
type NotKeptError struct {
	RunID  string
	Failed bool // the run failed
}

// Error names the run.
func (e *NotKeptError) Error() string {
	if !e.Failed {
		return fmt.Sprintf("run %s did not fail: it left no state to enter", e.RunID)
	}
	return fmt.Sprintf("run %s kept no state of its failed component", e.RunID)
}

// Hint says how a state is kept, or what can be entered instead.
func (e *NotKeptError) Hint() string {
	if !e.Failed {
		return "enter its image instead: `slipway image list` shows it"
	}
	return "build again with --keep-failed"
}

// Open finds the state that a run kept.
func Open(ctx context.Context, images *store.Store, run report.Record) (State, error) {
	folder := filepath.Join(run.Dir, stateFolder)
	data, err := os.ReadFile(filepath.Join(folder, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, &NotKeptError{RunID: run.ID, Failed: run.State != report.Succeeded}
	}
	if err != nil {
		return State{}, err
	}
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, fmt.Errorf("%s: %w", filepath.Join(folder, stateFile), err)
	}
	if s.Image, err = images.Resolve(ctx, pointer(run.ID)); errors.Is(err, store.ErrNotFound) {
		return State{}, &NotKeptError{RunID: run.ID, Failed: true}
	} else if err != nil {
		return State{}, err
	}
	s.Files, err = readFiles(filepath.Join(folder, filesFolder))
	return s, err
}

// Release deletes the file system that a run kept, and returns the bytes that became free. A run that kept nothing
// has nothing to release.
func Release(ctx context.Context, images *store.Store, runID string) (int64, error) {
	freed, err := images.Discard(ctx, pointer(runID))
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return freed, err
}

func readFiles(dir string) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}
