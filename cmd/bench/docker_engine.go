//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/slipway-oci/slipway/oci/ocitest/dockerd"
)

// dockerEngine is a Docker Engine of the bench's own, shared by its tools: it has its own socket and folders, and
// leaves the machine's network and settings alone.
type dockerEngine struct {
	lab      *Lab
	client   string
	buildKit bool // the client has it
	pid      int
	stop     func() error
	err      error // why it did not start
}

// dockerCgroup is the name of the control group of the engine's containers.
const dockerCgroup = "slipway-bench"

// open starts the engine the first time and imports the parent image.
func (e *dockerEngine) open(ctx context.Context, lab *Lab) error {
	if e.lab == nil {
		e.lab = lab
		e.err = e.start(ctx)
	}
	return e.err
}

func (e *dockerEngine) start(ctx context.Context) error {
	if err := e.findClient(ctx); err != nil {
		return err
	}
	args, err := dockerd.Args(e.lab.Path(), dockerCgroup)
	if err != nil {
		return err
	}
	pid, ended, stop, err := e.lab.Daemon("dockerd.log", args...)
	if err != nil {
		return err
	}
	e.pid, e.stop = pid, stop
	if err := e.lab.await(ctx, "dockerd.log", ended, func() error { return e.run(ctx, "version") }); err != nil {
		return fmt.Errorf("dockerd: %w", err)
	}
	return e.run(ctx, "import", e.lab.Rootfs, dockerParent)
}

// findClient takes the first docker of PATH that has BuildKit, or else the first: in newer ones it is a plugin, which
// may be missing, while a distribution's has it built in.
func (e *dockerEngine) findClient(ctx context.Context) error {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		program := filepath.Join(dir, "docker")
		if info, err := os.Stat(program); err != nil || info.IsDir() { //nolint:gosec // a look at PATH
			continue
		}
		probe := &dockerEngine{lab: e.lab, client: program}
		_, _, err := runCommand(ctx, e.lab, probe.command(true, "build", "--help"))
		if e.client == "" || err == nil {
			e.client, e.buildKit = program, err == nil
		}
		if e.buildKit {
			return nil
		}
	}
	if e.client == "" {
		return errors.New("docker is not in PATH")
	}
	return nil
}

func (e *dockerEngine) socket() string { return "unix://" + dockerd.Socket(e.lab.Path()) }

func (e *dockerEngine) command(buildKit bool, args ...string) Command {
	env := []string{"DOCKER_HOST=" + e.socket(), "DOCKER_CONFIG=" + e.lab.Path("docker-client"), "DOCKER_BUILDKIT=0"}
	if buildKit {
		env = append(env, "DOCKER_BUILDKIT=1")
	}
	return Command{Args: append([]string{e.client}, args...), Env: env}
}

func (e *dockerEngine) run(ctx context.Context, args ...string) error {
	_, _, err := runCommand(ctx, e.lab, e.command(false, args...))
	return err
}

// can is an error where the engine cannot make what w asks for.
func (e *dockerEngine) can(w Work) error {
	if w.Compression == "zstd" {
		return cannotError("the Docker Engine compresses with gzip only")
	}
	return nil
}

// push pushes an image of the engine and returns its digest.
func (e *dockerEngine) push(ctx context.Context, repository string) (string, error) {
	output, _, err := runCommand(ctx, e.lab, e.command(false, "push", repository))
	if err != nil {
		return "", fmt.Errorf("push for the check: %w", err)
	}
	return pushedDigest(output)
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
	return errors.Join(err, dockerd.RemoveCgroups(dockerCgroup))
}
