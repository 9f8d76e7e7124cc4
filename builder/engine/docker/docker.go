// Package docker keeps a BuildKit in a container of the user's Docker Engine: for machines on which slipway cannot run
// one itself. Entry points: Start makes sure that it runs, Status, Stop and Remove look after it.
//
// It works by the docker command, by which BuildKit's client reaches the container too, so that both speak to the same
// engine: that of DOCKER_HOST, or of the chosen context.
package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

const (
	// Container is the name of the container, and of the volume with its state.
	Container = "slipway-builder"
	// Address is where BuildKit's client finds it.
	Address = "docker-container://" + Container
	// DefaultImage is the BuildKit of the version that slipway embeds.
	DefaultImage = "moby/buildkit:v0.34.2"

	stateFolder  = "/var/lib/buildkit"
	readyTimeout = time.Minute
	readyPoll    = 200 * time.Millisecond
)

// Info describes the container.
type Info struct {
	Exists  bool      `json:"exists"`
	Running bool      `json:"running"`
	ID      string    `json:"id,omitempty"`
	Image   string    `json:"image,omitempty"`
	Address string    `json:"address"`
	Started time.Time `json:"started,omitzero"`

	created bool // and not started yet, by whoever made it
}

// Start makes sure that the container runs and answers, and returns its address. One that is there is used as it is, but
// a stopped one of another image is made anew; its state lies in a volume and stays. Callers may do this at the same
// time.
func Start(ctx context.Context, image string) (string, error) {
	if image == "" {
		image = DefaultImage
	}
	deadline := time.Now().Add(readyTimeout)
	for {
		err := start(ctx, image)
		if err == nil {
			return Address, ready(ctx)
		}
		if !overtaken(err) || time.Now().After(deadline) {
			return "", err
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(readyPoll):
		}
	}
}

// start starts the container unless it runs.
func start(ctx context.Context, image string) error {
	info, err := Status(ctx)
	switch {
	case err != nil || info.Running:
		return err
	case info.Exists && info.Image == image:
		_, err := run(ctx, "container", "start", Container)
		return err
	case info.Exists:
		if _, err := run(ctx, "container", "rm", Container); err != nil && !missing(err) {
			return err
		}
	}
	return create(ctx, image)
}

// create makes the container. Its containers share the network of the engine's machine, as those of the embedded builder
// do.
func create(ctx context.Context, image string) error {
	id, err := run(ctx, "container", "run", "--detach", "--name", Container, "--privileged", "--network", "host",
		"--volume", Container+":"+stateFolder, "--label", "io.slipway.builder=true", image, "--oci-worker-net", "host")
	var failed *Error
	if errors.As(err, &failed) && pullFailed(failed.Output) {
		failed.What = fmt.Sprintf("the builder's image %q cannot be had", image)
		failed.Mend = "docker pull " + image + " shows why; the setting builder.dockerImage names another one, such as a copy in your registry"
	}
	if err != nil && id != "" { // made, but what could not be started is of no use
		_, _ = run(context.WithoutCancel(ctx), "container", "rm", "--force", id)
	}
	return err
}

// overtaken reports whether docker failed because something else made or removed the container meanwhile. The engine knows
// a name before it shows the container of that name, and while it removes it.
func overtaken(err error) bool {
	return missing(err) || says(err, "is already in use") || says(err, "is already in progress") || says(err, "marked for removal")
}

// pullFailed tells that an engine could not get an image from what it says about everything else that can go wrong.
func pullFailed(output string) bool {
	for _, text := range []string{"Unable to find image", "pull access denied", "manifest unknown", "not found: manifest"} {
		if strings.Contains(output, text) {
			return true
		}
	}
	return false
}

// ready waits until BuildKit answers in the container.
func ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		_, err := run(ctx, "container", "exec", Container, "buildctl", "debug", "workers")
		if err == nil {
			return nil
		}
		info, statusErr := Status(ctx)
		switch {
		case statusErr != nil || info.Running || info.created:
		case !info.Exists:
			return &Error{What: fmt.Sprintf("the container %s was removed while it started", Container), Mend: "build again"}
		default:
			log, _ := run(context.WithoutCancel(ctx), "container", "logs", "--tail", "5", Container)
			return &Error{
				What: fmt.Sprintf("the container %s ended: %s", Container, strings.TrimSpace(log)), Output: log,
				Mend: "`docker logs " + Container + "` shows all that it said; `slipway builder stop --builder docker` removes it",
			}
		}
		select {
		case <-ctx.Done():
			return &Error{
				What: fmt.Sprintf("BuildKit does not answer in the container %s", Container), Err: err,
				Mend: "`docker logs " + Container + "` shows what it said; its image must have buildkitd and buildctl",
			}
		case <-time.After(readyPoll):
		}
	}
}

// Status looks for the container.
func Status(ctx context.Context) (Info, error) {
	info := Info{Address: Address}
	text, err := run(ctx, "container", "inspect", "--format", "{{json .}}", Container)
	if missing(err) {
		return info, nil
	}
	if err != nil {
		return info, err
	}
	var answer struct {
		ID    string `json:"Id"`
		State struct {
			Running   bool
			Status    string
			StartedAt time.Time
		}
		Config struct{ Image string }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return info, &Error{What: "read the answer of docker container inspect", Err: err}
	}
	info.Exists, info.Running, info.ID, info.Image = true, answer.State.Running, answer.ID, answer.Config.Image
	info.created = answer.State.Status == "created"
	if info.Running {
		info.Started = answer.State.StartedAt
	}
	return info, nil
}

// Stop removes the container and reports whether it ran. Its state stays in the volume, for the next Start.
func Stop(ctx context.Context) (ran bool, err error) {
	info, err := Status(ctx)
	if err != nil || !info.Exists {
		return false, err
	}
	if info.Running {
		if _, err := run(ctx, "container", "stop", Container); err != nil && !missing(err) {
			return false, err
		}
	}
	if _, err := run(ctx, "container", "rm", Container); err != nil && !missing(err) {
		return info.Running, err
	}
	return info.Running, nil
}

func missing(err error) bool { return says(err, "No such container") }

// says reports whether docker failed with a text.
func says(err error, text string) bool {
	var failed *Error
	return errors.As(err, &failed) && strings.Contains(failed.Output, text)
}

// run runs the docker command and returns what it answers.
func run(ctx context.Context, args ...string) (string, error) {
	program, err := exec.LookPath("docker")
	if err != nil {
		return "", &Error{
			What: "the builder docker needs the docker command, which is not in PATH",
			Mend: "install Docker (Debian, Ubuntu: apt install docker.io), or use another builder: --builder embedded, on Linux, or --builder ADDRESS",
		}
	}
	cmd := exec.CommandContext(ctx, program, args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	switch {
	case err == nil:
		return strings.TrimSpace(string(out)), nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	}
	text := strings.TrimSpace(said.String())
	failed := &Error{What: fmt.Sprintf("docker %s: %s", strings.Join(args[:2], " "), lastLine(text)), Output: text}
	if text == "" {
		failed.Err = err
	}
	if strings.Contains(text, "annot connect to the Docker daemon") || strings.Contains(text, "error during connect") || strings.Contains(text, "permission denied while") {
		failed.What = lastLine(text)
		failed.Mend = "start Docker, or name its address in DOCKER_HOST; this user must be allowed to use it: docker version"
	}
	return strings.TrimSpace(string(out)), failed
}

// lastLine is the one that tells what went wrong; docker puts advice behind it.
func lastLine(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "See 'docker") && !strings.HasPrefix(line, "Run 'docker") {
			last = strings.TrimPrefix(line, "docker: ")
		}
	}
	return last
}

// Error is a fault of Docker or of the container.
type Error struct {
	What   string
	Mend   string // how to mend it, may be empty
	Output string // what docker said
	Err    error  // the cause, may be nil
}

// Error says what failed and why.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.What
	}
	return fmt.Sprintf("%s: %v", e.What, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says how to mend it.
func (e *Error) Hint() string { return e.Mend }

// ExitCode is that of a fault of the machine.
func (*Error) ExitCode() int { return 5 }
