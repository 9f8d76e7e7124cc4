package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// Service is a process that runs in a test container as process 1, as the image itself says.
type Service struct {
	Args []string
	Env  []string
	User string
	Dir  string
	// Ports are TCP ports that it is expected to listen on before the tests begin.
	Ports []int
	// Health is a command that ends with 0 when the service is ready; empty when there is none.
	Health []string
	// Ready is how long it may take to become ready; 0 means a minute.
	Ready time.Duration
	// Output receives what it prints.
	Output io.Writer
}

// ServiceError says that the image's own process did not come up, or ended during the tests.
type ServiceError struct {
	Reason string
	Output string // the end of what it printed
}

// Error gives the reason with the last output.
func (e *ServiceError) Error() string {
	if e.Output == "" {
		return e.Reason
	}
	return e.Reason + "; its last output: " + e.Output
}

const (
	defaultReady   = time.Minute
	healthInterval = 500 * time.Millisecond
)

// running is a started service.
type running struct {
	service *Service
	process gateway.ContainerProcess
	tail    *tail
	ended   chan struct{}
	err     error // valid once ended is closed
}

// startService starts the service and waits until it is ready.
func startService(ctx context.Context, container gateway.Container, s *Service, env []string) (*running, error) {
	r := &running{service: s, tail: &tail{to: s.Output}, ended: make(chan struct{})}
	process, err := container.Start(ctx, gateway.StartRequest{
		Args: s.Args, Env: s.Env, User: s.User, Cwd: s.Dir, Stdout: nopCloser{r.tail}, Stderr: nopCloser{r.tail},
	})
	if err != nil {
		return nil, fmt.Errorf("start the image's own process: %w", err)
	}
	r.process = process
	go func() {
		defer close(r.ended)
		r.err = process.Wait()
	}()
	limit := s.Ready
	if limit <= 0 {
		limit = defaultReady
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := r.awaitPorts(ctx, container, env, limit); err != nil {
		return nil, err
	}
	return r, r.awaitHealth(ctx, container, limit)
}

// awaitPorts has the runner dial the ports from inside, since a container's network need not be ours.
func (r *running) awaitPorts(ctx context.Context, container gateway.Container, env []string, limit time.Duration) error {
	if len(r.service.Ports) == 0 {
		return r.alive()
	}
	args := []string{runnerbin.Program, "await", "--timeout", limit.String()}
	for _, port := range r.service.Ports {
		args = append(args, strconv.Itoa(port))
	}
	done := make(chan error, 1)
	go func() { done <- r.execute(ctx, container, args, env, rootUser) }()
	select {
	case err := <-done:
		if err != nil {
			return &ServiceError{Reason: fmt.Sprintf("the image's own process does not listen on %v", r.service.Ports), Output: r.tail.last()}
		}
		return nil
	case <-r.ended:
		return r.alive()
	}
}

func (r *running) awaitHealth(ctx context.Context, container gateway.Container, limit time.Duration) error {
	if len(r.service.Health) == 0 {
		return r.alive()
	}
	for {
		err := r.execute(ctx, container, r.service.Health, r.service.Env, r.service.User)
		if err == nil {
			return nil
		}
		select {
		case <-r.ended:
			return r.alive()
		case <-ctx.Done():
			return &ServiceError{Reason: fmt.Sprintf("the image's health check did not succeed within %s", limit), Output: r.tail.last()}
		case <-time.After(healthInterval):
		}
	}
}

func (r *running) execute(ctx context.Context, container gateway.Container, args, env []string, user string) error {
	process, err := container.Start(ctx, gateway.StartRequest{Args: args, Env: env, Cwd: "/", User: user, Stdout: nopCloser{io.Discard}, Stderr: nopCloser{io.Discard}})
	if err != nil {
		return err
	}
	return process.Wait()
}

// alive returns a *ServiceError when the process has ended.
func (r *running) alive() error {
	select {
	case <-r.ended:
		code := exitCode(r.err)
		if r.err == nil {
			code = 0
		}
		return &ServiceError{Reason: fmt.Sprintf("the image's own process ended with exit code %d", code), Output: r.tail.last()}
	default:
		return nil
	}
}

// verdict adds to the outcome of the tests that the service ended too early: then nothing they say counts.
func (r *running) verdict(code int, err error) error {
	var died *ServiceError
	if errors.As(r.alive(), &died) && (code != 0 || err != nil) {
		return died
	}
	return err
}

// tail passes output on and keeps its last line.
type tail struct {
	to io.Writer

	mu   sync.Mutex
	rest []byte
	line string
}

const maxTail = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest = append(t.rest, p...)
	for {
		line, rest, ok := bytes.Cut(t.rest, []byte("\n"))
		if !ok {
			break
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			t.line = string(text)
		}
		t.rest = rest
	}
	if len(t.rest) > maxTail {
		t.rest = t.rest[len(t.rest)-maxTail:]
	}
	if t.to != nil {
		return t.to.Write(p)
	}
	return len(p), nil
}

func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := bytes.TrimSpace(t.rest); len(text) > 0 {
		return string(text)
	}
	return t.line
}
