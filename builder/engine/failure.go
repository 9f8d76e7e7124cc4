package engine

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
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
	Line int // in File, where the instruction begins; 0 when unknown
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

// instructionError puts the place of the instruction to err. Of an instruction of several lines that is the first.
func instructionError(t Template, err error) error {
	e := &InstructionError{File: t.File, Err: err}
	for _, src := range errdefs.Sources(err) {
		for _, r := range src.Ranges {
			if line := int(r.Start.Line); e.Line == 0 || line < e.Line {
				e.Line = line
			}
		}
	}
	if e.Line > 0 {
		e.Line += max(t.FirstLine, 1) - 1
	}
	return e
}

// wrapping is what BuildKit's layers put in front of a cause: names of their functions and of the protocol, and what
// only its cache knows by name.
var wrapping = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(failed to run Build function: |failed to solve: |rpc error: code = Unknown desc = |` +
		`failed to compute cache key: |failed to calculate checksum of ref [^ ]+: )`)
})

// rootMessage cuts the wrapping in front of the cause.
func rootMessage(err error) string {
	text := err.Error()
	for {
		cut := wrapping().ReplaceAllString(text, "")
		if cut == text {
			return text
		}
		text = cut
	}
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
