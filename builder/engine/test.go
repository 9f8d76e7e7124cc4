package engine

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// TestSpec is one run of test components in a fresh container of an image.
type TestSpec struct {
	Platform   ocispecs.Platform
	Image      Image
	Store      content.Store // holds the image
	Components []Component
	// Env is the environment of the container, NAME=VALUE.
	Env []string
	// LogFolder gives the local folder that receives the log files of component i.
	LogFolder func(i int) (string, error)
	// Events receives the runner's event stream, complete: run after run, in the order of the components.
	Events io.Writer
	// Secrets are the values by name.
	Secrets map[string][]byte
	// KeepFailed receives the file system of the container as failed component i left it, a tar stream; nil keeps
	// nothing.
	KeepFailed func(i int, rootfs io.Reader) error
	// Service runs as process 1 beside the tests; nil runs the tests themselves as process 1.
	Service *Service
	// Reports are kept when the tests have ended, nil for none. The component is the one that came last.
	Reports *Reports
}

// rootUser is as whom the runner runs, in images with and without /etc/passwd.
const rootUser = "0:0"

// keepGrace is stopGrace where the file system of the failed container is to be kept.
const keepGrace = 2 * time.Minute

// stopGrace is how long the runner may take to end its step and write its logs when the tests are cut off.
const stopGrace = 15 * time.Second

// collectGrace is how long reading the reports may take after that.
const collectGrace = 30 * time.Second

// Test runs the components' tests, in order and up to the first that fails, in one fresh container of the image,
// whose own entrypoint is not started. Nothing of it is kept. The returned code is the runner's exit code; err is
// about everything but the tests' own outcome. At the deadline of ctx the runner is asked to end, so that it writes its
// logs; when ctx is cancelled the container ends at once.
func (e *Engine) Test(ctx context.Context, spec TestSpec) (code int, err error) {
	grace := stopGrace
	if spec.KeepFailed != nil {
		grace = keepGrace
	}
	if ctx.Err() != nil {
		return -1, context.Cause(ctx)
	}
	work, deadline, stop := graceful(ctx, grace+collectGrace)
	defer stop()
	session := containerSession{
		architecture: spec.Platform.Architecture, images: spec.Store, secrets: spec.Secrets, fetches: fetch(spec.Components),
	}
	return session.run(work, e, func(ctx context.Context, gw gateway.Client, runner *runnerbin.Image) (int, error) {
		return e.runTests(ctx, gw, &spec, runner, deadline)
	})
}

// graceful parts the deadline of ctx from its cancellation: the returned context is cancelled with ctx, but some time
// after its deadline, when the channel has been closed.
func graceful(ctx context.Context, grace time.Duration) (context.Context, <-chan struct{}, func()) {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	deadline := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			cancel(context.Cause(ctx))
			return
		}
		close(deadline)
		time.AfterFunc(grace, func() { cancel(context.Cause(ctx)) })
	})
	return work, deadline, func() { stop(); cancel(nil) }
}

// until gives a context that ends with ctx or at the deadline.
func until(ctx context.Context, deadline <-chan struct{}) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-deadline:
			cancel(context.DeadlineExceeded)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

func (e *Engine) runTests(ctx context.Context, gw gateway.Client, spec *TestSpec, runner *runnerbin.Image, deadline <-chan struct{}) (int, error) {
	files := map[string][]byte{}
	args := []string{runnerbin.Program, "batch"}
	if spec.KeepFailed != nil {
		args = append(args, "--archive-failed")
	}
	for i, c := range spec.Components {
		dir := path.Base(TestFolder(i))
		for name, data := range c.Files {
			files[dir+"/"+name] = data
		}
		args = append(args, path.Join(TestFolder(i), Config))
	}
	waiting, stop := until(ctx, deadline)
	defer stop()
	container, err := fresh{
		platform: spec.Platform, image: spec.Image.Digest, runner: runner.Digest, files: files,
		secrets: secretNames(spec.Components), fetches: fetch(spec.Components),
	}.open(waiting, gw)
	if err != nil {
		return -1, err
	}
	defer func() { _ = container.Release(context.WithoutCancel(ctx)) }()

	if spec.Reports != nil {
		files, seen := mountFolder{container, rootMountIndex}, seenFiles{}
		spec.Reports.note(ctx, files, seen)
		defer func() { spec.Reports.collect(ctx, files, len(spec.Components)-1, seen) }()
	}
	if spec.Service == nil {
		return e.runBatch(ctx, container, spec, args, deadline)
	}
	service, err := startService(ctx, waiting, container, spec.Service, e.environment())
	if err != nil {
		return -1, err
	}
	heard := &heard{Writer: spec.Events}
	spec.Events = heard
	code, err := e.runBatch(ctx, container, spec, args, deadline)
	return code, service.verdict(code, heard.anything.Load(), err)
}

// heard notes whether anything was written.
type heard struct {
	io.Writer
	anything atomic.Bool
}

func (h *heard) Write(p []byte) (int, error) {
	h.anything.Store(true)
	return h.Writer.Write(p)
}

// runBatch runs the tests as a process of the container and collects events and logs.
func (e *Engine) runBatch(ctx context.Context, container gateway.Container, spec *TestSpec, args []string, deadline <-chan struct{}) (int, error) {
	archive, logs := io.Pipe()
	unpacked := make(chan error, 1)
	go func() { unpacked <- unpackStreams(archive, spec) }()
	process, err := container.Start(ctx, gateway.StartRequest{
		// Beside another process, no user would mean that process's user.
		Args: args, Cwd: "/", User: rootUser, Env: append(e.environment(), spec.Env...),
		Stdout: logs, Stderr: nopCloser{spec.Events},
	})
	if err != nil {
		_ = logs.CloseWithError(err)
		return -1, fmt.Errorf("start the test container: %w", err)
	}
	grace := stopGrace
	if spec.KeepFailed != nil {
		grace = keepGrace
	}
	err = await(ctx, deadline, process, grace)
	_ = logs.Close()
	return testOutcome(err, <-unpacked)
}

func testOutcome(wait, logs error) (int, error) {
	if code := exitCode(wait); wait != nil && code < 0 {
		return -1, fmt.Errorf("test container: %w", wait)
	} else if wait != nil {
		return code, logs
	}
	return 0, logs
}

// await waits for the end of the process and ends it in good order at the deadline.
func await(ctx context.Context, deadline <-chan struct{}, process gateway.ContainerProcess, grace time.Duration) error {
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-deadline:
	}
	_ = process.Signal(ctx, syscall.SIGTERM)
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		return context.DeadlineExceeded
	}
}

// unpackStreams reads what the runner writes, one tar stream behind the other: the log folder of each component, and
// after a failure the file system.
func unpackStreams(from io.Reader, spec *TestSpec) error {
	// The runner must never wait for us, whatever happens here.
	defer func() { _, _ = io.Copy(io.Discard, from) }()
	buffered := bufio.NewReader(from)
	for i := 0; ; i++ {
		if _, err := buffered.Peek(1); err != nil {
			return nil
		}
		if i > 0 && spec.KeepFailed != nil && isRootFS(buffered) {
			return spec.KeepFailed(i-1, buffered)
		}
		dir, err := spec.LogFolder(i)
		if err != nil {
			return err
		}
		if err := unpackLog(tar.NewReader(buffered), dir); err != nil {
			return fmt.Errorf("read the test logs: %w", err)
		}
	}
}

// isRootFS reports whether the next tar stream begins with a global header, by which the runner marks the file system
// of the container, and skips it.
func isRootFS(stream *bufio.Reader) bool {
	const block, typeflag = 512, 156
	header, err := stream.Peek(block)
	if err != nil || header[typeflag] != tar.TypeXGlobalHeader {
		return false
	}
	_, err = stream.Discard(2 * block) // the header and its one record
	return err == nil
}

func unpackLog(archive *tar.Reader, dir string) error {
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := path.Base(header.Name)
		if header.Typeflag != tar.TypeReg || !filepath.IsLocal(name) {
			continue
		}
		if err := writeFile(filepath.Join(dir, name), archive); err != nil {
			return err
		}
	}
}

func writeFile(path string, from io.Reader) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(f, from)
	return err
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
