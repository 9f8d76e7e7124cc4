package stage

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/plan"
)

// The files in a component's folder beside the runner's configuration.
const (
	documentFile = "document.yaml"
	mapFile      = "map.json"
)

// runnerConfig is the runner's configuration file (component-document reference, 7.3 and chapter 9).
type runnerConfig struct {
	Documents        []runnerDocument `json:"documents"`
	Phases           string           `json:"phases"`
	LogDirectory     string           `json:"logDirectory"`
	DocumentMap      string           `json:"documentMap"`
	WorkingDirectory string           `json:"workingDirectory"`
	RebootMode       string           `json:"rebootMode"`
	EventsFD         string           `json:"eventsFd"`
	OutputLimit      string           `json:"eventsOutputLimit"`
}

// outputLimit is how much of a step's output is shown while it runs; a builder passes on only so much of what a
// whole execution prints, by default 2 MiB.
const outputLimit = "65536"

type runnerDocument struct {
	Path       string            `json:"path"`
	Parameters []runnerParameter `json:"parameters"`
}

type runnerParameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type mapped struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Restart says what a step's request to restart does, in the runner's words (component-document reference, 5.6).
type Restart string

// The restart modes of containers.
const (
	RestartContainer Restart = "container" // all other processes end, and the runner goes on
	NoRestart        Restart = "none"      // the step fails: process 1 is not the runner
)

// Files are what the runner needs to run phases of c in a container: the document, the parameters, and the map that
// leads from the document's name to its place. folder is where they will be found. They decide the cache key, so
// nothing is in them that does not decide the result.
func Files(c plan.Component, phases []string, workingDirectory, folder string, restart Restart) (map[string][]byte, error) {
	config := runnerConfig{
		Documents:        []runnerDocument{{Path: c.Reference, Parameters: []runnerParameter{}}},
		Phases:           strings.Join(phases, ","),
		LogDirectory:     engine.LogDirectory,
		DocumentMap:      folder + "/" + mapFile,
		WorkingDirectory: workingDirectory,
		RebootMode:       string(restart),
		EventsFD:         "2",
		OutputLimit:      outputLimit,
	}
	for _, p := range c.Parameters {
		config.Documents[0].Parameters = append(config.Documents[0].Parameters, runnerParameter{p.Name, p.Value})
	}
	configJSON, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	mapJSON, err := json.Marshal(map[string]mapped{
		c.Reference: {Path: folder + "/" + documentFile, SHA256: strings.TrimPrefix(c.Digest, "sha256:")},
	})
	if err != nil {
		return nil, err
	}
	return map[string][]byte{engine.Config: configJSON, mapFile: mapJSON, documentFile: c.Document}, nil
}

// Title names a component in histories and progress: its name, version and build.
func Title(c plan.Component) string {
	title := "component " + c.Name + "/" + c.Version
	if c.Build > 0 {
		title += "/" + strconv.Itoa(c.Build)
	}
	return title
}
