//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gopkg.in/yaml.v3"
)

// slipwayParent is the name of the parent image in slipway's store.
const slipwayParent = "bench-parent:1"

// mostComponents is more than slipway allows without a setting, for the picture of how cost grows with them.
const mostComponents = 200

// slipwayTool is slipway with its embedded builder, which starts and ends with each command, or is kept.
type slipwayTool struct {
	program string
	kept    bool

	lab    *Lab
	home   string
	daemon int
}

func (s *slipwayTool) Name() string {
	if s.kept {
		return "slipway, builder kept"
	}
	return "slipway"
}

func (s *slipwayTool) Open(ctx context.Context, lab *Lab) error {
	program, err := filepath.Abs(s.program)
	if err != nil {
		return err
	}
	s.program, s.lab = program, lab
	s.home = lab.Path("slipway-home")
	if s.kept {
		s.home = lab.Path("slipway-home-kept")
	}
	if err := os.MkdirAll(s.home, 0o755); err != nil {
		return err
	}
	settings := fmt.Appendf(nil, "limits:\n  componentsPerRecipe: %d\n", mostComponents)
	if err := os.WriteFile(filepath.Join(s.home, "settings.yaml"), settings, 0o644); err != nil {
		return err
	}
	if err := s.run(ctx, "image", "import", lab.Rootfs, slipwayParent); err != nil {
		return err
	}
	if !s.kept {
		return nil
	}
	if err := s.run(ctx, "builder", "start"); err != nil {
		return err
	}
	return s.findBuilder()
}

func (s *slipwayTool) run(ctx context.Context, args ...string) error {
	_, _, err := runCommand(ctx, s.lab, s.command(args...))
	return err
}

func (s *slipwayTool) command(args ...string) Command {
	env := []string{"SLIPWAY_HOME=" + s.home}
	if s.kept {
		env = append(env, "SLIPWAY_BUILDER_IDLE=1h")
	}
	return Command{Args: append([]string{s.program}, args...), Env: env}
}

// findBuilder reads the process ID of the builder that runs.
func (s *slipwayTool) findBuilder() error {
	data, err := os.ReadFile(filepath.Join(s.home, "buildkit", "builder.json"))
	if err != nil {
		return err
	}
	var info struct{ PID int }
	if err := json.Unmarshal(data, &info); err != nil {
		return err
	}
	s.daemon = info.PID
	s.lab.started = append(s.lab.started, info.PID)
	return nil
}

func (s *slipwayTool) Daemons() []int {
	if s.daemon == 0 {
		return nil
	}
	return []int{s.daemon}
}

func (s *slipwayTool) Close() error {
	if s.home == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return s.run(ctx, "builder", "stop")
}

// The files of slipway, as far as they are needed here.
type (
	recipeFile struct {
		Name            string       `yaml:"name"`
		SemanticVersion string       `yaml:"semanticVersion"`
		ParentImage     string       `yaml:"parentImage"`
		Components      []recipePart `yaml:"components"`
	}
	recipePart struct {
		Component string `yaml:"component"`
	}
	documentFile struct {
		Name          string                 `yaml:"name"`
		SchemaVersion string                 `yaml:"schemaVersion"`
		Parameters    []map[string]parameter `yaml:"parameters,omitempty"`
		Phases        []phase                `yaml:"phases"`
	}
	parameter struct {
		Type    string `yaml:"type"`
		Default string `yaml:"default"`
	}
	phase struct {
		Name  string `yaml:"name"`
		Steps []step `yaml:"steps"`
	}
	step struct {
		Name   string              `yaml:"name"`
		Action string              `yaml:"action"`
		Inputs map[string][]string `yaml:"inputs,flow"`
	}
)

func (s *slipwayTool) Write(p Project) error {
	recipe := recipeFile{Name: filepath.Base(p.Dir), SemanticVersion: "1.0.0", ParentImage: "store:" + slipwayParent}
	for i, c := range p.Work.Components {
		var tests []string
		if i == len(p.Work.Components)-1 {
			tests = p.Work.Tests
		}
		file := c.Name + ".yaml"
		recipe.Components = append(recipe.Components, recipePart{"./" + file})
		if err := writeYAML(filepath.Join(p.Dir, file), slipwayDocument(c, tests)); err != nil {
			return err
		}
	}
	return writeYAML(filepath.Join(p.Dir, "recipe.yaml"), recipe)
}

func slipwayDocument(c Component, tests []string) documentFile {
	document := documentFile{Name: c.Name, SchemaVersion: "1.0", Phases: []phase{{"build", bashSteps(c.Commands)}}}
	if c.Changing {
		document.Parameters = []map[string]parameter{{"Run": {Type: "string", Default: "none"}}}
	}
	if len(tests) > 0 {
		document.Phases = append(document.Phases, phase{"test", bashSteps(tests)})
	}
	return document
}

func bashSteps(commands []string) []step {
	var steps []step
	for i, command := range commands {
		steps = append(steps, step{
			Name: fmt.Sprintf("Step%d", i+1), Action: "ExecuteBash",
			Inputs: map[string][]string{"commands": {withRun(command, "{{ Run }}")}},
		})
	}
	return steps
}

func writeYAML(path string, value any) error {
	data, err := yaml.Marshal(value)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

func (s *slipwayTool) Commands(p Project, value string) []Command {
	args := []string{"build", p.Dir, "--format", "json"}
	if p.Work.Compression != "" {
		args = append(args, "--compression", p.Work.Compression)
	}
	if p.Work.Pushed { // under the tag that the others use
		args = append(args, "--push", "--tag", p.Repository+":latest")
	}
	if p.Work.changing() {
		args = append(args, "--param", "Run="+value)
	}
	return []Command{s.command(args...)}
}

// slipwayResult is what is read of the result of a build.
type slipwayResult struct {
	Status     string
	Image      struct{ Digest string }
	Components []struct {
		Name   string
		Cached bool
	}
	Tests   []struct{ Status string }
	Targets []struct{ Status string }
	Timings struct{ Resolve, Build, Commit, Test, Publish float64 }
}

func (s *slipwayTool) Result(p Project, outputs []string, warm bool) (Result, error) {
	var r slipwayResult
	if err := json.Unmarshal([]byte(outputs[0]), &r); err != nil {
		return Result{}, fmt.Errorf("slipway's result: %w", err)
	}
	if err := r.check(p.Work, warm); err != nil {
		return Result{}, err
	}
	var stages []Stage
	for _, stage := range []struct {
		name    string
		seconds float64
	}{
		{"resolve", r.Timings.Resolve},
		{"build", r.Timings.Build},
		{"commit", r.Timings.Commit},
		{"test", r.Timings.Test},
		{"publish", r.Timings.Publish},
	} {
		stages = append(stages, Stage{stage.name, time.Duration(stage.seconds * float64(time.Second))})
	}
	return Result{Digest: r.Image.Digest, Stages: stages}, nil
}

// check is an error where more or less was done than w asks for.
func (r slipwayResult) check(w Work, warm bool) error {
	if r.Status != "succeeded" || r.Image.Digest == "" {
		return fmt.Errorf("slipway's result has the status %q and the digest %q", r.Status, r.Image.Digest)
	}
	if len(r.Components) != len(w.Components) {
		return fmt.Errorf("slipway ran %d components, not %d", len(r.Components), len(w.Components))
	}
	for i, c := range w.Components {
		if want := warm && !c.Changing; r.Components[i].Cached != want {
			return fmt.Errorf("slipway's component %s: cached %t, not %t", c.Name, !want, want)
		}
	}
	if len(w.Tests) > 0 && (len(r.Tests) != 1 || r.Tests[0].Status != "success") {
		return fmt.Errorf("slipway ran no test: %+v", r.Tests)
	}
	if w.Pushed != (len(r.Targets) == 1) {
		return fmt.Errorf("slipway pushed to %+v", r.Targets)
	}
	return nil
}

// Publish pushes by the name that the build gave the image in the store.
func (s *slipwayTool) Publish(ctx context.Context, p Project, _ string, result Result) (string, error) {
	err := s.run(ctx, "image", "push", "--untested", "--progress", "quiet", result.Digest, p.Repository+":latest")
	return result.Digest, err
}
