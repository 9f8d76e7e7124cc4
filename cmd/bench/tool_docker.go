//go:build linux

package main

import (
	"context"
	"fmt"
	"regexp"
)

// dockerParent is the name of the parent image in the Docker Engine.
const dockerParent = "bench/parent:1"

// dockerTool is `docker build`, `docker run` and `docker push` with one of the two builders of the Docker Engine.
type dockerTool struct {
	engine   *dockerEngine
	buildKit bool
}

func (d *dockerTool) Name() string {
	if d.buildKit {
		return "docker, BuildKit"
	}
	return "docker, classic builder"
}

func (d *dockerTool) Open(ctx context.Context, lab *Lab) error {
	if err := d.engine.open(ctx, lab); err != nil {
		return err
	}
	if d.buildKit && !d.engine.buildKit {
		return fmt.Errorf("%s has no BuildKit (docker-buildx is not installed)", d.engine.client)
	}
	return nil
}

func (d *dockerTool) run(args ...string) Command {
	c := d.engine.command(d.buildKit, args...)
	c.Name = args[0]
	return c
}

func (d *dockerTool) Daemons() []int { return d.engine.processes() }

func (d *dockerTool) Close() error { return d.engine.close() }

func (d *dockerTool) Write(p Project) error {
	if err := d.engine.can(p.Work); err != nil {
		return err
	}
	return writeDockerfile(p, dockerParent, false)
}

// Commands use the machine's network for containers, as slipway does: it is the quickest.
func (d *dockerTool) Commands(p Project, value string) []Command {
	build := []string{"build", "--network", "host", "--tag", p.Repository}
	if p.Work.changing() {
		build = append(build, "--build-arg", "run="+value)
	}
	commands := []Command{d.run(append(build, p.Dir)...)}
	if len(p.Work.Tests) > 0 {
		commands = append(commands, d.run("run", "--rm", "--network", "host", p.Repository, "sh", "-c", p.Work.script()))
	}
	if p.Work.Pushed {
		commands = append(commands, d.run("push", p.Repository))
	}
	return commands
}

func (d *dockerTool) Result(p Project, outputs []string, _ bool) (Result, error) {
	if !p.Work.Pushed {
		return Result{}, nil
	}
	digest, err := pushedDigest(outputs[len(outputs)-1])
	return Result{Digest: digest}, err
}

func (d *dockerTool) Publish(ctx context.Context, p Project, _ string, _ Result) (string, error) {
	return d.engine.push(ctx, p.Repository)
}

var pushedLine = regexp.MustCompile(`digest: (sha256:[0-9a-f]{64})`)

// pushedDigest reads the digest in the output of docker push.
func pushedDigest(output string) (string, error) {
	found := pushedLine.FindStringSubmatch(output)
	if found == nil {
		return "", fmt.Errorf("docker push told no digest:\n%s", lastLines(output, 5))
	}
	return found[1], nil
}
