package engine

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	gatewayapi "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
)

// ComponentError says that a component's runner did not end with success.
type ComponentError struct {
	Index    int
	ExitCode int // of the runner, -1 when it is unknown
	Err      error
}

// Error gives the cause; who calls the engine knows the component by its index.
func (e *ComponentError) Error() string {
	if e.ExitCode > 0 {
		return fmt.Sprintf("the runner ended with exit code %d", e.ExitCode)
	}
	return e.Err.Error()
}

// Unwrap returns the builder's error.
func (e *ComponentError) Unwrap() error { return e.Err }

// InstructionError says that an instruction of the Dockerfile template failed.
type InstructionError struct {
	File string
	Line int // in the template, 0 when unknown
	Err  error
}

// Error gives the place and the cause.
func (e *InstructionError) Error() string {
	cause := rootMessage(e.Err)
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, cause)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, cause)
}

// Unwrap returns the builder's error.
func (e *InstructionError) Unwrap() error { return e.Err }

// instructionError puts the line of the template to err.
func instructionError(file string, err error) error {
	e := &InstructionError{File: file, Err: err}
	for _, src := range errdefs.Sources(err) {
		for _, r := range src.Ranges {
			e.Line = int(r.Start.Line)
		}
	}
	return e
}

// rootMessage cuts the wrapping that BuildKit's layers put in front of the cause.
func rootMessage(err error) string {
	text := err.Error()
	for _, prefix := range []string{"failed to run Build function: ", "failed to solve: ", "rpc error: code = Unknown desc = "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// exitCode is the exit code of a failed process, -1 when err does not hold one.
func exitCode(err error) int {
	var exit *gatewayapi.ExitError
	if errors.As(err, &exit) && exit.ExitCode < gatewayapi.UnknownExitStatus {
		return int(exit.ExitCode)
	}
	return -1
}

// IsDiskFull reports whether err comes from a full disk, here or at the builder.
func IsDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || (err != nil && strings.Contains(err.Error(), "no space left on device"))
}
