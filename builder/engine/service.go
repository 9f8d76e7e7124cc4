package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/slipway-oci/slipway/builder/engine/runnerbin"
)

// Service is a process that runs in a test container as process 1, as the image itself says. The tests begin when it
// is ready: when its health check has succeeded, or without one when its port accepts connections.
type Service struct {
	Args []string
	Env  []string
	User string
	Dir  string
	// Health is the image's health check; without a command there is none.
	Health Health
	// Port is a TCP port that it is expected to listen on; 0 for none.
	Port int
	// Ready is how long it may take until it listens on its port; 0 means a minute.
	Ready time.Duration
	// Output receives what it prints; nil discards it.
	Output io.Writer
}

// Health is the health check of an image, with the meaning and the defaults that Docker gives to it. How often Docker
// looks decides here how long a service may take to become ready; it is looked at more often, so that tests begin soon.
type Health struct {
	Command                        []string
	Interval, Timeout, StartPeriod time.Duration
	Retries                        int
}

// ServiceError says that the image's own process did not come up, or ended during the tests.
type ServiceError struct {
	Reason string
	Output []string // the last lines of what it printed
}

// Error gives the reason with the last output.
func (e *ServiceError) Error() string {
	if len(e.Output) == 0 {
		return e.Reason + "; it printed nothing"
	}
	return e.Reason + "; the end of its output:\n  " + strings.Join(e.Output, "\n  ")
}

const (
	defaultReady    = time.Minute
	healthPoll      = 500 * time.Millisecond
	defaultInterval = 30 * time.Second
	defaultRetries  = 3

	endNews = 2 * time.Second

	notReady  = 1   // exit code of the runner
	killed    = 137 // exit code of a process whose container ended
	notJoined = 255 // exit code of the OCI runtime for a container that has ended
)

// patience is how long a service may fail its health check: what Docker would wait before it calls it unhealthy.
func (h Health) patience() time.Duration {
	return h.StartPeriod + time.Duration(orDefault(h.Retries, defaultRetries))*h.interval()
}

func (h Health) interval() time.Duration { return orDefault(h.Interval, defaultInterval) }
func (h Health) timeout() time.Duration  { return orDefault(h.Timeout, defaultInterval) }

func orDefault[T int | time.Duration](value, fallback T) T {
	if value <= 0 {
		return fallback
	}
	return value
}

// running is a started service.
type running struct {
	service   *Service
	container gateway.Container
	tail      *tail
	ended     chan struct{}
	err       error // valid once ended is closed
}

// startService starts the service and waits until it is ready, at most until waiting is done. The process lives as long
// as ctx.
func startService(ctx, waiting context.Context, container gateway.Container, s *Service, env []string) (*running, error) {
	r := &running{service: s, container: container, tail: &tail{to: s.Output}, ended: make(chan struct{})}
	process, err := container.Start(ctx, gateway.StartRequest{
		Args: s.Args, Env: s.Env, User: s.User, Cwd: s.Dir, Stdout: nopCloser{r.tail}, Stderr: nopCloser{r.tail},
	})
	if err != nil {
		return nil, fmt.Errorf("start the image's own process: %w", err)
	}
	go func() {
		defer close(r.ended)
		r.err = process.Wait()
	}()
	if len(s.Health.Command) > 0 {
		return r, r.awaitHealth(waiting)
	}
	if s.Port > 0 {
		return r, r.awaitPort(waiting, env)
	}
	return r, r.alive()
}

// awaitPort has the runner dial the port from inside, since a container's network need not be ours.
func (r *running) awaitPort(ctx context.Context, env []string) error {
	limit := orDefault(r.service.Ready, defaultReady)
	args := []string{runnerbin.Program, "await", "--timeout", limit.String(), strconv.Itoa(r.service.Port)}
	return r.await(ctx, func() error { return r.execute(ctx, args, env, rootUser, "/", io.Discard) }, func() error {
		return &ServiceError{
			Reason: fmt.Sprintf("the image's own process %s does not listen on port %d, which the image exposes, after %s",
				r.service, r.service.Port, limit),
			Output: r.tail.last(),
		}
	})
}

// awaitHealth has the runner run the health check until it succeeds. A process that fails takes the whole container with
// it, so the tries that fail must not be processes of ours.
func (r *running) awaitHealth(ctx context.Context) error {
	s := r.service
	args := append([]string{
		runnerbin.Program, "healthcheck", "--timeout", s.Health.patience().String(), "--probe-timeout", s.Health.timeout().String(),
		"--interval", min(healthPoll, s.Health.interval()).String(), "--",
	}, s.Health.Command...)
	said := &tail{}
	return r.await(ctx, func() error { return r.execute(ctx, args, s.Env, s.User, s.Dir, said) }, func() error {
		return r.unhealthy(said)
	})
}

// await waits until check has found the service ready, and asks unready for the reason when it has not.
func (r *running) await(ctx context.Context, check, unready func() error) error {
	err := check() // the end of the service ends it
	switch {
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case err == nil:
		return r.alive()
	case exitCode(err) == notReady:
		return unready()
	}
	select {
	case <-r.ended:
		return r.alive()
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(stopGrace):
		return fmt.Errorf("look whether the image's own process is ready: %w", err)
	}
}

func (r *running) unhealthy(said *tail) error {
	h := r.service.Health
	reason := fmt.Sprintf("the image's health check (%s) did not succeed within %s", strings.Join(h.Command, " "), h.patience())
	if lines := said.last(); len(lines) > 0 {
		reason += " and last said: " + lines[len(lines)-1]
	}
	return &ServiceError{Reason: reason + "; process 1 is " + r.service.String(), Output: r.tail.last()}
}

// execute runs a command beside the service; one that is still there when ctx is done is asked to end. SIGKILL would end
// the whole container.
func (r *running) execute(ctx context.Context, args, env []string, user, dir string, output io.Writer) error {
	process, err := r.container.Start(ctx, gateway.StartRequest{
		Args: args, Env: env, Cwd: dir, User: user, Stdout: nopCloser{output}, Stderr: nopCloser{io.Discard},
	})
	if err != nil {
		return err
	}
	kill := context.AfterFunc(ctx, func() { _ = process.Signal(context.WithoutCancel(ctx), syscall.SIGTERM) })
	defer kill()
	return process.Wait()
}

// String shows the command of the service.
func (s *Service) String() string { return fmt.Sprintf("%q", strings.Join(s.Args, " ")) }

// alive returns a *ServiceError when the process has ended.
func (r *running) alive() error {
	select {
	case <-r.ended:
	default:
		return nil
	}
	reason := fmt.Sprintf("the image's own process %s ended with exit code %d", r.service, max(exitCode(r.err), 0))
	if r.err != nil && exitCode(r.err) < 0 {
		reason = fmt.Sprintf("the image's own process %s could not be run: %s", r.service, rootMessage(r.err))
	}
	return &ServiceError{Reason: reason, Output: r.tail.last()}
}

// verdict adds to the outcome of the tests that the service ended too early: then nothing they say counts. Failed tests
// end the service themselves. Tests of which nothing was heard never began: when their container ended before, BuildKit
// gives them the exit code of the service.
func (r *running) verdict(code int, heard bool, err error) error {
	if err == nil && heard && code != killed && code != notJoined {
		return nil
	}
	select {
	case <-r.ended: // the news of it may come later than that of the tests
	case <-time.After(endNews):
	}
	if died, ok := errors.AsType[*ServiceError](r.alive()); ok {
		return died
	}
	return err
}
