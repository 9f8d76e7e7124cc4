//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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
	return os.WriteFile(filepath.Join(p.Dir, "Dockerfile"), []byte(dockerfile(p.Work)), 0o644)
}

// dockerfile has a RUN line for each command; the changing value is declared as late as it can be.
func dockerfile(w Work) string {
	var b strings.Builder
	fmt.Fprintf(&b, "FROM %s\n", dockerParent)
	for _, c := range w.Components {
		if c.Changing {
			b.WriteString("ARG run\n")
		}
		for _, command := range c.Commands {
			fmt.Fprintf(&b, "RUN %s\n", withRun(command, "$run"))
		}
	}
	return b.String()
}

// Commands use the machine's network for containers, as slipway does: it is the quickest.
func (d *dockerTool) Commands(p Project, value string) []Command {
	build := []string{"build", "--network", "host", "--tag", p.Repository}
	if p.Work.changing() {
		build = append(build, "--build-arg", "run="+value)
	}
	commands := []Command{d.run(append(build, p.Dir)...)}
	if len(p.Work.Tests) > 0 {
		tests := "set -e\n" + strings.Join(p.Work.Tests, "\n")
		commands = append(commands, d.run("run", "--rm", "--network", "host", p.Repository, "sh", "-c", tests))
	}
	if p.Work.Pushed {
		commands = append(commands, d.run("push", p.Repository))
	}
	return commands
}

var pushedDigest = regexp.MustCompile(`digest: (sha256:[0-9a-f]{64})`)

func (d *dockerTool) Result(p Project, outputs []string, _ bool) (Result, error) {
	if !p.Work.Pushed {
		return Result{Digest: p.Repository}, nil // the engine knows the image by its tag
	}
	output := outputs[len(outputs)-1]
	found := pushedDigest.FindStringSubmatch(output)
	if found == nil {
		return Result{}, fmt.Errorf("docker push told no digest:\n%s", lastLines(output, 5))
	}
	return Result{Digest: found[1]}, nil
}

func (d *dockerTool) File(ctx context.Context, p Project, _, path string) (string, error) {
	text, _, err := runCommand(ctx, d.engine.lab, d.run("run", "--rm", "--network", "host", p.Repository, "cat", path))
	return text, err
}
