package render

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/stage"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// components is the text in place of the components variable: one RUN for each component, as root.
func (r *renderer) components() string {
	list := r.plan.BuildStage()
	if len(list) == 0 {
		return ""
	}
	var lines []string
	if r.user != "" {
		lines = append(lines, "USER 0")
	}
	lines = append(lines, "ARG SLIPWAY_WORK_DIR="+runnerbin.WorkDir)
	for i, c := range list {
		lines = append(lines, run(i, c))
	}
	if r.user != "" {
		lines = append(lines, "USER "+r.user)
	}
	return strings.Join(lines, "\n")
}

// run is the RUN of a component. Everything but its own work is mounted, as in a build of Slipway; the mounts below
// /dev, /sys and /proc keep BuildKit from leaving those folders in an image that has none.
func run(i int, c plan.Component) string {
	words := []string{"RUN"}
	mount := func(format string, args ...any) {
		words = append(words, "--mount="+fmt.Sprintf(format, args...))
	}
	mount("type=bind,from=%s,source=runner,target=%s", filesContext, runnerbin.Root)
	mount("type=bind,from=%s,source=%s,target=%s", filesContext, folder(i), runnerbin.ComponentDir)
	mount("type=tmpfs,target=%s", runnerbin.WorkDir)
	mount("type=tmpfs,target=%s", engine.LogDirectory)
	mount("type=tmpfs,target=/dev/shm")
	mount("type=tmpfs,target=/sys/kernel/debug")
	mount("type=bind,from=%s,source=empty,target=/proc/swaps", filesContext)
	for _, id := range c.Secrets {
		mount("type=secret,id=%s,target=%s,mode=0400", id, path.Join("/run/secrets", id))
	}
	command, err := json.Marshal([]string{runnerbin.Program, "run", "--config", runnerbin.ComponentDir + "/" + engine.Config})
	if err != nil {
		panic(fmt.Sprintf("render: %v", err)) // texts always encode
	}
	return strings.Join(append(words, string(command)), " ")
}

// folder is where a component has its files: by its place alone, since names may hold anything.
func folder(i int) string { return fmt.Sprintf("component-%02d", i+1) }

// files writes the runner and the documents.
func (r *renderer) files(context.Context) error {
	architecture := strings.Split(r.platform.Name, "/")[1]
	image, err := runnerbin.For(architecture)
	if err != nil {
		return err
	}
	if err := image.Unpack(r.path(filesFolder, "runner")); err != nil {
		return fmt.Errorf("runner for %s: %w", r.platform.Name, err)
	}
	if err := os.WriteFile(r.path(filesFolder, "empty"), nil, 0o644); err != nil {
		return err
	}
	for i, c := range r.plan.BuildStage() {
		files, err := stage.Files(c, c.Phases.Build, r.plan.WorkingDirectory, engine.ComponentFolder, stage.RestartContainer)
		if err != nil {
			return err
		}
		if files[engine.Config], err = withoutEvents(files[engine.Config]); err != nil {
			return err
		}
		dir := r.path(filesFolder, folder(i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		for name, data := range files {
			if err := os.WriteFile(path.Join(dir, name), data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// withoutEvents makes the runner's output one for people: nobody reads its events here.
func withoutEvents(config []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(config, &members); err != nil {
		return nil, err
	}
	delete(members, "eventsFd")
	delete(members, "eventsOutputLimit")
	return json.MarshalIndent(members, "", "  ")
}
