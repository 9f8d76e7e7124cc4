//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// dockerParent is the name of the parent image in the Docker Engine.
const dockerParent = "bench/parent:1"

// dockerTool is `docker build`, `docker run` and `docker push` with one of the two builders of the Docker Engine.
type dockerTool struct {
	engine   *dockerEngine
	buildKit bool

	client string
}

func (d *dockerTool) Name() string {
	if d.buildKit {
		return "docker, BuildKit"
	}
	return "docker, classic builder"
}

func (d *dockerTool) Open(ctx context.Context, lab *Lab) error {
	client, err := d.findClient(ctx, lab)
	if err != nil {
		return err
	}
	d.client = client
	return d.engine.open(ctx, lab, client)
}

// findClient returns the first docker of PATH that has the builder: newer clients have BuildKit only as a plugin.
func (d *dockerTool) findClient(ctx context.Context, lab *Lab) (string, error) {
	var unfit []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		program := filepath.Join(dir, "docker")
		if info, err := os.Stat(program); err != nil || info.IsDir() {
			continue
		}
		_, _, err := runCommand(ctx, lab, d.command(lab, program, "build", "--help"))
		if err == nil {
			return program, nil
		}
		unfit = append(unfit, program)
	}
	if len(unfit) > 0 {
		return "", fmt.Errorf("%s has no BuildKit", strings.Join(unfit, ", "))
	}
	return "", errors.New("docker is not in PATH")
}

func (d *dockerTool) command(lab *Lab, program string, args ...string) Command {
	buildKit := "0"
	if d.buildKit {
		buildKit = "1"
	}
	return Command{Args: append([]string{program}, args...), Env: append(dockerEnvironment(lab), "DOCKER_BUILDKIT="+buildKit)}
}

func (d *dockerTool) run(args ...string) Command { return d.command(d.engine.lab, d.client, args...) }

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

// dockerEngine is a Docker Engine of the bench's own, shared by its tools.
type dockerEngine struct {
	lab  *Lab
	pid  int
	stop func() error
	err  error // why it did not start
}

func dockerSocket(lab *Lab) string { return "unix://" + lab.Path("docker.sock") }

func dockerEnvironment(lab *Lab) []string {
	return []string{"DOCKER_HOST=" + dockerSocket(lab), "DOCKER_CONFIG=" + lab.Path("docker-client")}
}

// open starts the engine the first time, on a socket and in folders of its own, and imports the parent image.
func (e *dockerEngine) open(ctx context.Context, lab *Lab, client string) error {
	if e.lab == nil {
		e.lab = lab
		e.err = e.start(ctx, client)
	}
	return e.err
}

func (e *dockerEngine) start(ctx context.Context, client string) error {
	settings := e.lab.Path("dockerd.json")
	if err := os.WriteFile(settings, []byte("{}"), 0o644); err != nil { // not those of the machine
		return err
	}
	pid, ended, stop, err := e.lab.Daemon("dockerd.log", "dockerd",
		"--config-file", settings, "--host", dockerSocket(e.lab), "--pidfile", e.lab.Path("docker.pid"),
		"--data-root", e.lab.Path("docker"), "--exec-root", e.lab.Path("docker-exec"), "--cgroup-parent", dockerCgroup,
		"--bridge", "none", "--iptables=false", "--ip-masq=false", "--ip-forward=false", "--userland-proxy=false")
	if err != nil {
		return err
	}
	e.pid, e.stop = pid, stop
	err = e.lab.await(ctx, "dockerd.log", ended, func() error { return e.ask(ctx, client, "version") })
	if err != nil {
		return fmt.Errorf("dockerd: %w", err)
	}
	return e.ask(ctx, client, "import", e.lab.Rootfs, dockerParent)
}

func (e *dockerEngine) ask(ctx context.Context, client string, args ...string) error {
	_, _, err := runCommand(ctx, e.lab, Command{Args: append([]string{client}, args...), Env: dockerEnvironment(e.lab)})
	return err
}

// processes are the engine and the containerd that it starts.
func (e *dockerEngine) processes() []int {
	if e.pid == 0 {
		return nil
	}
	return append(childrenOf(e.pid), e.pid)
}

func (e *dockerEngine) close() error {
	if e.stop == nil {
		return nil
	}
	err := e.stop()
	e.stop = nil
	return errors.Join(err, removeCgroups(dockerCgroup))
}

// dockerCgroup is the name of the control group of the engine's containers.
const dockerCgroup = "slipway-bench"

// removeCgroups removes the empty control groups that an ended engine leaves.
func removeCgroups(name string) error {
	var all []error
	for _, pattern := range []string{"/sys/fs/cgroup/" + name, "/sys/fs/cgroup/*/" + name} {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, dir := range dirs {
			all = append(all, removeCgroup(dir))
		}
	}
	return errors.Join(all...)
}

func removeCgroup(dir string) error {
	var below []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			below = append(below, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, path := range slices.Backward(below) {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}
