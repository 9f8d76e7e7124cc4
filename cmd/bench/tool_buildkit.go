//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// buildkitTool is BuildKit as it is by itself: buildctl and a buildkitd that runs all the time. It has no command that
// runs a container; its users make the tests a stage of the Dockerfile.
type buildkitTool struct {
	server, client string

	lab  *Lab
	pid  int
	stop func() error
}

func (b *buildkitTool) Name() string { return "buildkit, buildctl" }

func (b *buildkitTool) Open(ctx context.Context, lab *Lab) (err error) {
	b.lab = lab
	for _, program := range []*string{&b.server, &b.client} {
		if *program, err = filepath.Abs(*program); err != nil {
			return err
		}
		if _, err := os.Stat(*program); err != nil {
			return fmt.Errorf("%w; `make %s` builds it", err, filepath.Join("bin", filepath.Base(*program)))
		}
	}
	config := lab.Path("buildkitd.toml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "[registry.%q]\n  http = true\n", lab.Registry), 0o644); err != nil {
		return err
	}
	pid, ended, stop, err := lab.Daemon("buildkitd.log", b.server, "--config", config, "--addr", b.address(),
		"--root", lab.Path("buildkitd"), "--oci-worker-net", "host", "--containerd-worker=false")
	if err != nil {
		return err
	}
	b.pid, b.stop = pid, stop
	err = lab.await(ctx, "buildkitd.log", ended, func() error {
		_, _, err := runCommand(ctx, lab, b.command("debug", "workers"))
		return err
	})
	if err != nil {
		return fmt.Errorf("buildkitd: %w", err)
	}
	return nil
}

func (b *buildkitTool) address() string { return "unix://" + b.lab.Path("buildkitd.sock") }

func (b *buildkitTool) command(args ...string) Command {
	return Command{Args: append([]string{b.client, "--addr", b.address()}, args...)}
}

func (b *buildkitTool) Daemons() []int {
	if b.pid == 0 {
		return nil
	}
	return []int{b.pid}
}

func (b *buildkitTool) Close() error {
	if b.stop == nil {
		return nil
	}
	err := b.stop()
	b.stop = nil
	return err
}

// Write names the parent by its digest, so that no request is needed for it.
func (b *buildkitTool) Write(p Project) error { return writeDockerfile(p, b.lab.Parent, true) }

func (b *buildkitTool) Commands(p Project, value string) []Command {
	var commands []Command
	if len(p.Work.Tests) > 0 {
		commands = append(commands, b.build("test", p, value, testStage, "--opt", "no-cache="+testStage))
	}
	name := "build"
	if p.Work.Pushed {
		name = "build and push"
	}
	return append(commands, b.export(name, p, value, p.Work.Pushed))
}

// build is buildctl for one stage of the Dockerfile.
func (b *buildkitTool) build(name string, p Project, value, stage string, more ...string) Command {
	c := b.command("build", "--progress", "plain", "--frontend", "dockerfile.v0",
		"--local", "context="+p.Dir, "--local", "dockerfile="+p.Dir, "--opt", "target="+stage)
	if p.Work.changing() {
		c.Args = append(c.Args, "--opt", "build-arg:run="+value)
	}
	c.Args, c.Name = append(c.Args, more...), name
	return c
}

// export makes the image, and pushes it.
func (b *buildkitTool) export(name string, p Project, value string, push bool) Command {
	output := "type=image,oci-mediatypes=true,name=" + p.Repository + ":latest"
	if p.Work.Compression != "" {
		output += ",compression=" + p.Work.Compression
	}
	if push {
		output += ",push=true"
	}
	return b.build(name, p, value, imageStage, "--output", output, "--metadata-file", b.metadata(p))
}

// metadata lies outside of the build context, of which it would be a change.
func (b *buildkitTool) metadata(p Project) string { return p.Dir + ".json" }

func (b *buildkitTool) Result(p Project, _ []string, _ bool) (Result, error) {
	data, err := os.ReadFile(b.metadata(p)) //nolint:gosec // a file of the bench itself
	if err != nil {
		return Result{}, err
	}
	var told struct {
		Digest string `json:"containerimage.digest"`
	}
	if err := json.Unmarshal(data, &told); err != nil {
		return Result{}, fmt.Errorf("buildctl's metadata: %w", err)
	}
	if told.Digest == "" {
		return Result{}, fmt.Errorf("buildctl told no digest: %s", data)
	}
	return Result{Digest: told.Digest}, nil
}

func (b *buildkitTool) Publish(ctx context.Context, p Project, value string, result Result) (string, error) {
	_, _, err := runCommand(ctx, b.lab, b.export("push", p, value, true))
	return result.Digest, err
}
