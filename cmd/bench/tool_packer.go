//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// packerTool is Packer with its docker builder, on the Docker Engine of the bench: a container that runs the commands,
// and `docker commit`. It has no cache. Tests and push are those of docker, as its users have them.
type packerTool struct {
	engine  *dockerEngine
	program string
}

func (k *packerTool) Name() string { return "packer" }

func (k *packerTool) Open(ctx context.Context, lab *Lab) (err error) {
	if k.program, err = exec.LookPath("packer"); err != nil {
		return errors.New("packer is not in PATH")
	}
	return k.engine.open(ctx, lab)
}

func (k *packerTool) Daemons() []int { return k.engine.processes() }

func (k *packerTool) Close() error { return k.engine.close() }

// The template of Packer, as far as it is needed here.
type (
	packerTemplate struct {
		Variables      map[string]string   `json:"variables"`
		Builders       []packerBuilder     `json:"builders"`
		Provisioners   []packerProvisioner `json:"provisioners"`
		PostProcessors []packerTag         `json:"post-processors"`
	}
	packerBuilder struct {
		Type       string   `json:"type"`
		Image      string   `json:"image"`
		Pull       bool     `json:"pull"`
		Commit     bool     `json:"commit"`
		RunCommand []string `json:"run_command"`
	}
	packerProvisioner struct {
		Type   string   `json:"type"`
		Inline []string `json:"inline"`
		Env    []string `json:"environment_vars"`
	}
	packerTag struct {
		Type       string `json:"type"`
		Repository string `json:"repository"`
		Tag        string `json:"tag"`
		Force      bool   `json:"force"`
	}
)

func (k *packerTool) Write(p Project) error {
	if err := k.engine.can(p.Work); err != nil {
		return err
	}
	template := packerTemplate{
		Variables: map[string]string{"run": ""},
		Builders: []packerBuilder{{
			Type: "docker", Image: dockerParent, Commit: true,
			RunCommand: []string{"-d", "-i", "-t", "--network", "host", "--", "{{.Image}}", "/bin/sh"},
		}},
		PostProcessors: []packerTag{{Type: "docker-tag", Repository: p.Repository, Tag: "latest", Force: true}},
	}
	for _, c := range p.Work.Components {
		provisioner := packerProvisioner{Type: "shell", Env: []string{"run={{user `run`}}"}}
		for _, command := range c.Commands {
			provisioner.Inline = append(provisioner.Inline, "( "+withRun(command, "$run")+" )")
		}
		template.Provisioners = append(template.Provisioners, provisioner)
	}
	data, err := json.MarshalIndent(template, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.Dir, "template.json"), data, 0o644)
}

func (k *packerTool) Commands(p Project, value string) []Command {
	build := k.engine.command(false)
	build.Name, build.Dir = "build", p.Dir
	build.Args = []string{k.program, "build", "-color=false", "-var", "run=" + value, "template.json"}
	build.Env = append(build.Env, "CHECKPOINT_DISABLE=1", "PACKER_NO_COLOR=1", "HOME="+p.Dir,
		"PATH="+filepath.Dir(k.engine.client)+":"+os.Getenv("PATH")) // it finds docker in PATH
	docker := &dockerTool{engine: k.engine}
	return append([]Command{build}, docker.Commands(p, value)[1:]...)
}

func (k *packerTool) Result(p Project, outputs []string, warm bool) (Result, error) {
	return (&dockerTool{engine: k.engine}).Result(p, outputs, warm)
}

func (k *packerTool) Publish(ctx context.Context, p Project, _ string, _ Result) (string, error) {
	return k.engine.push(ctx, p.Repository)
}
