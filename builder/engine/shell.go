package engine

import (
	"context"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/containerd/containerd/v2/core/content"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// Size is that of a terminal, in characters.
type Size struct{ Rows, Columns int }

// ShellSpec is a command in a fresh container of an image, for people.
type ShellSpec struct {
	Platform ocispecs.Platform
	Image    Image
	Store    content.Store
	Files    map[string][]byte // what the command finds in the component folder
	Secrets  map[string][]byte // by name; the command finds them as files
	Args     []string          // ShellCommand for a shell
	Env      []string
	User     string
	Dir      string
	// Terminal gives the command a terminal; its output is then all on Stdout.
	Terminal       bool
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Resize         <-chan Size // may be nil
}

// RunnerFolder is where a container has the runner.
const RunnerFolder = runnerbin.Root

// ShellCommand runs the shell of the image, or the runner's own where it has none.
func ShellCommand() []string { return []string{runnerbin.Program, "shell"} }

// Shell runs a command in a fresh container of an image and returns its exit code. Nothing of the container is kept.
// err is about everything but the command's own outcome.
func (e *Engine) Shell(ctx context.Context, spec ShellSpec) (code int, err error) {
	session := containerSession{architecture: spec.Platform.Architecture, images: spec.Store, secrets: spec.Secrets, fetches: true}
	return session.run(ctx, e, func(ctx context.Context, gw gateway.Client, runner *runnerbin.Image) (int, error) {
		return e.runShell(ctx, gw, &spec, runner)
	})
}

func (e *Engine) runShell(ctx context.Context, gw gateway.Client, spec *ShellSpec, runner *runnerbin.Image) (int, error) {
	container, err := fresh{
		platform: spec.Platform, image: spec.Image.Digest, runner: runner.Digest, files: spec.Files,
		secrets: slices.Sorted(maps.Keys(spec.Secrets)), fetches: true,
	}.open(ctx, gw)
	if err != nil {
		return -1, err
	}
	defer func() { _ = container.Release(context.WithoutCancel(ctx)) }()
	dir := spec.Dir
	if dir == "" {
		dir = "/"
	}
	process, err := container.Start(ctx, gateway.StartRequest{
		Args: spec.Args, Env: append(e.environment(), spec.Env...), User: spec.User, Cwd: dir, Tty: spec.Terminal,
		Stdin: io.NopCloser(spec.Stdin), Stdout: nopCloser{spec.Stdout}, Stderr: nopCloser{spec.Stderr},
	})
	if err != nil {
		return -1, err
	}
	ended := make(chan struct{})
	defer close(ended)
	go resize(ctx, process, spec.Resize, ended)
	err = process.Wait()
	if code := exitCode(err); err == nil || code >= 0 {
		return max(code, 0), nil
	}
	return -1, err
}

func resize(ctx context.Context, process gateway.ContainerProcess, sizes <-chan Size, ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case s, ok := <-sizes:
			if !ok {
				return
			}
			_ = process.Resize(ctx, gateway.WinSize{Rows: dimension(s.Rows), Cols: dimension(s.Columns)})
		}
	}
}

// dimension is a count of rows or columns as the builder takes it; no terminal has more than a uint16 of them.
func dimension(n int) uint32 { return uint32(min(max(n, 0), math.MaxUint16)) }
