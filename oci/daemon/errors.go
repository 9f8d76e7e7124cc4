package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// UnavailableError says that the engine does not answer.
type UnavailableError struct {
	Host string
	Err  error
}

// Error names the engine.
func (e *UnavailableError) Error() string {
	return fmt.Sprintf("docker engine %q does not answer: %v", e.Host, e.Err)
}

// Unwrap returns the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Hint says what to look at.
func (e *UnavailableError) Hint() string {
	if errors.Is(e.Err, fs.ErrPermission) {
		return "this user may not speak to it: for Docker, join the group docker; for Podman, use this user's own socket"
	}
	return "is it running? DOCKER_HOST names another one, such as Podman's: unix:///run/podman/podman.sock"
}

// ExitCode is that of a fault of this machine.
func (*UnavailableError) ExitCode() int { return 5 }

func (c *Client) unavailable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &UnavailableError{Host: c.host, Err: err}
}

// NotFoundError says that the engine has no such image.
type NotFoundError struct{ Name, Host string }

// Error names the image.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("image %q is not in the Docker Engine at %s", e.Name, e.Host)
}

// Hint says how to get it.
func (e *NotFoundError) Hint() string {
	return "`docker images` shows those that are; without docker-daemon: in front it is taken from its registry"
}
