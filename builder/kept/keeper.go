package kept

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/runlog"
	"github.com/slipway-oci/slipway/builder/stage"
	"github.com/slipway-oci/slipway/oci/store"
)

// Keeper keeps the state of the first container of a run that fails. A nil Keeper keeps nothing. It is safe for
// concurrent use: isolated tests run side by side.
type Keeper struct {
	runID       string
	taken, kept atomic.Bool
}

// NewKeeper returns the Keeper of a run.
func NewKeeper(runID string) *Keeper { return &Keeper{runID: runID} }

// Kept reports whether there is a state.
func (k *Keeper) Kept() bool { return k != nil && k.kept.Load() }

// Failed is a container that failed, as a stage knows it.
type Failed struct {
	Plan      *plan.Plan
	Platform  plan.Platform
	Component plan.Component
	Phases    []string
	LogFolder string
	Env       []string // of steps
	RootFS    io.Reader
}

// Keep saves the state of a failed container. What goes wrong is told as a warning: it must not hide the failure.
func (k *Keeper) Keep(ctx context.Context, s stage.Services, f Failed) error {
	if k.taken.Swap(true) {
		return nil
	}
	err := k.keep(ctx, s, f)
	if err == nil {
		k.kept.Store(true)
		return nil
	}
	s.Events.Send(event.Event{
		Time: time.Now(), Type: event.Log, Level: "warn", Component: f.Component.Name,
		Message: "the failed state is not kept: " + err.Error(),
	})
	return err
}

func (k *Keeper) keep(ctx context.Context, s stage.Services, f Failed) error {
	platform, err := v1.ParsePlatform(f.Platform.Name)
	if err != nil {
		return err
	}
	image, err := s.Store.ImportRootFS(ctx, f.RootFS, store.RootFS{
		Name: pointer(k.runID), Platform: *platform, Env: f.Env, WorkingDir: f.Plan.WorkingDirectory,
		Source: "the state that component " + f.Component.Name + " left",
	})
	if err != nil {
		return err
	}
	// Nobody is to publish it by mistake.
	if err := s.Store.MarkTest(ctx, image.Digest(), store.Test{Status: store.Failed, RunID: k.runID}); err != nil {
		return err
	}
	files, err := f.files()
	if err != nil {
		return err
	}
	return write(filepath.Join(s.Logs.Dir(), stateFolder), State{
		Component: f.Component.Name, Platform: f.Platform.Name, Secrets: f.Component.Secrets, Files: files,
	})
}

// files are what the runner had, as it would find them in the build stage, and its record of what happened.
func (f Failed) files() (map[string][]byte, error) {
	given, err := stage.Files(f.Component, f.Phases, f.Plan.WorkingDirectory, engine.ComponentFolder, stage.RestartContainer)
	if err != nil {
		return nil, err
	}
	files := maps.Clone(given)
	record, err := os.ReadFile(filepath.Join(f.LogFolder, runlog.DetailFile))
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil // the runner was killed before it wrote one
	}
	files[runlog.DetailFile] = record
	return files, err
}

func write(folder string, s State) error {
	if err := os.MkdirAll(filepath.Join(folder, filesFolder), 0o755); err != nil {
		return err
	}
	for name, data := range s.Files {
		if err := os.WriteFile(filepath.Join(folder, filesFolder, name), data, 0o644); err != nil {
			return err
		}
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, stateFile), append(data, '\n'), 0o644) // last: it says that all is there
}
