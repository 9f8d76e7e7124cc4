package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/engine/embedded"
)

// The exit codes. There is no other place that decides one.
const (
	Success         = 0
	ComponentFailed = 1   // in the build stage
	WrongInput      = 2   // usage, recipe, component, parameter, reference
	TestFailed      = 3   // nothing was pushed
	PublishFailed   = 4   // the image is in the store
	MachineFault    = 5   // the builder or this machine: no runc, no BuildKit, no disk, no network
	Interrupted     = 130 // everything started was cleaned up
)

// exitCode finds the exit code of a command that ended with err. An error that knows its code says so itself by a
// method ExitCode() int; an error that does not is wrong input unless the machine is at fault.
func exitCode(ctx context.Context, err error) int {
	var coded interface{ ExitCode() int }
	switch {
	case err == nil:
		return Success
	case errors.As(context.Cause(ctx), new(Interrupt)):
		return Interrupted
	case errors.As(err, &coded):
		return coded.ExitCode()
	case machineFault(err):
		return MachineFault
	default:
		return WrongInput
	}
}

func machineFault(err error) bool {
	if errors.As(err, new(*embedded.Error)) || errors.As(err, new(*engine.UnavailableError)) {
		return true
	}
	for _, fault := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.ENOMEM, syscall.EMFILE} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return errors.As(err, new(*net.OpError)) || errors.As(err, new(*net.DNSError)) || errors.As(err, new(*url.Error))
}

// Interrupt is the cause of a context that a signal has cancelled.
type Interrupt struct{ Signal os.Signal }

func (i Interrupt) Error() string { return fmt.Sprintf("interrupted (signal: %v)", i.Signal) }

// shown wraps an error that has been written already.
type shown struct{ error }

func (s shown) Unwrap() error { return s.error }

// usageError is a command line that cannot be understood.
type usageError struct {
	err  error
	hint string
}

func (e usageError) Error() string { return e.err.Error() }

func (e usageError) Unwrap() error { return e.err }

func (e usageError) Hint() string { return e.hint }

func (usageError) ExitCode() int { return WrongInput }
