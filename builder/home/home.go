// Package home says where slipway keeps things on disk: data (images, runs, the component store), cache (the builder's
// state) and the settings, after the XDG base directory specification. SLIPWAY_HOME moves them all. It creates nothing.
package home

import (
	"errors"
	"fmt"
	"path/filepath"
)

// Folders are the roots everything else is below.
type Folders struct {
	Data   string // what a user would miss: images, runs, the component store
	Cache  string // what a later build can make again
	Config string // what a user writes, "" when there is no place for it
}

// Resolve finds the folders from the environment, which getenv reads. The paths are absolute; a relative XDG
// variable is ignored, as its specification asks, and a relative SLIPWAY_HOME is taken against the current folder.
func Resolve(getenv func(string) string) (Folders, error) {
	if dir := getenv("SLIPWAY_HOME"); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return Folders{}, fmt.Errorf("SLIPWAY_HOME %q: %w", dir, err)
		}
		return Folders{Data: abs, Cache: abs, Config: abs}, nil
	}
	data, err := xdg(getenv, "XDG_DATA_HOME", ".local", "share")
	if err != nil {
		return Folders{}, err
	}
	cache, err := xdg(getenv, "XDG_CACHE_HOME", ".cache")
	if err != nil {
		return Folders{}, err
	}
	config, _ := xdg(getenv, "XDG_CONFIG_HOME", ".config") // without one there are no settings
	return Folders{Data: data, Cache: cache, Config: config}, nil
}

// Images is the image store, an OCI image layout.
func (f Folders) Images() string { return filepath.Join(f.Data, "images") }

// Runs holds one folder for each run.
func (f Folders) Runs() string { return filepath.Join(f.Data, "runs") }

// Store is the database of components and recipes.
func (f Folders) Store() string { return filepath.Join(f.Data, "store.db") }

// Settings is the file with slipway's settings, "" when there is no place for it.
func (f Folders) Settings() string {
	if f.Config == "" {
		return ""
	}
	return filepath.Join(f.Config, "settings.yaml")
}

// BuildKit is the state of the embedded builder.
func (f Folders) BuildKit() string { return filepath.Join(f.Cache, "buildkit") }

// Outcomes remembers what the embedded builder gave. It goes with the builder's cache.
func (f Folders) Outcomes() string { return filepath.Join(f.BuildKit(), "outcomes") }

// Memory remembers what the last build of each recipe depended on, to say what changed since.
func (f Folders) Memory() string { return filepath.Join(f.Cache, "last-builds") }

var errNoHome = errors.New("neither HOME nor SLIPWAY_HOME is set, so there is no place for images and runs")

// noHome is errNoHome with its way out.
type noHome struct{ error }

func (noHome) Hint() string {
	return "set SLIPWAY_HOME to a folder, for example SLIPWAY_HOME=$PWD/.slipway"
}

func xdg(getenv func(string) string, name string, below ...string) (string, error) {
	if dir := getenv(name); filepath.IsAbs(dir) {
		return filepath.Join(dir, "slipway"), nil
	}
	for _, key := range []string{"HOME", "USERPROFILE"} {
		if dir := getenv(key); filepath.IsAbs(dir) {
			return filepath.Join(append(append([]string{dir}, below...), "slipway")...), nil
		}
	}
	return "", noHome{errNoHome}
}
