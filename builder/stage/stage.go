// Package stage holds what the stages of a build share; each stage has a package of its own below it. Which stage
// follows which is decided by package builder alone.
package stage

import (
	"context"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/builder/engine"
	"github.com/slipway-oci/slipway/builder/event"
	"github.com/slipway-oci/slipway/builder/plan"
	"github.com/slipway-oci/slipway/builder/timing"
	"github.com/slipway-oci/slipway/oci/store"
)

// The exit codes of failures, by where they happen (see the command-line reference).
const (
	CodeComponent = 1
	CodeInput     = 2
	CodeTest      = 3
	CodePublish   = 4
	CodeMachine   = 5
)

// Services are what stages work with. No stage changes them.
type Services struct {
	// Engine waits for the builder. It is asked when something is to be run.
	Engine func(context.Context) (*engine.Engine, error)
	Store  *store.Store
	Events event.Sink
	Logs   Logs
	// Memory is the folder that remembers what the components of the last builds depended on (package why).
	Memory string
	// Outcomes is the folder that remembers outcomes of the build stage; "" remembers none.
	Outcomes string
	// Secrets are the values of secrets by name.
	Secrets map[string][]byte
	// Timings notes how long parts of stages take; nil notes nothing.
	Timings *timing.Recorder
}

// Logs gives places to log files.
type Logs interface {
	// LogFolder makes the folder for the logs of a component and returns its path.
	LogFolder(stage event.Stage, index int, component string) (string, error)
	// Relative returns path as seen from the run folder.
	Relative(path string) string
	// Dir is the run folder.
	Dir() string
}

// Error is a failure of a stage.
type Error struct {
	Code      int // the exit code
	Component string
	Phase     string
	Step      string
	Message   string
	Mend      string // how to mend it, may be empty
	Err       error  // the cause, may be nil
}

// Error says what failed and where.
func (e *Error) Error() string {
	where := ""
	switch {
	case e.Step != "":
		where = "component " + quote(e.Component) + ", phase " + e.Phase + ", step " + quote(e.Step) + ": "
	case e.Component != "":
		where = "component " + quote(e.Component) + ": "
	}
	return where + e.Message
}

func quote(s string) string { return `"` + s + `"` }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says how to mend it.
func (e *Error) Hint() string { return e.Mend }

// ExitCode is the exit code of the command.
func (e *Error) ExitCode() int { return e.Code }

// Machine makes the Error for a fault of the builder or of this machine.
func Machine(doing string, err error) *Error {
	e := &Error{Code: CodeMachine, Message: doing + ": " + err.Error(), Err: err}
	if engine.IsDiskFull(err) {
		e.Message = doing + ": no space left on device"
		e.Mend = "free some space, `slipway builder prune` and `slipway image prune` help; SLIPWAY_HOME moves cache and images elsewhere"
	}
	if text := err.Error(); strings.Contains(text, "error reading from server: EOF") || strings.Contains(text, "transport is closing") {
		e.Message = doing + ": the builder ended while it worked"
		e.Mend = "its log is builder.log in the folder that `slipway builder status` names; build again, what was done is kept"
	}
	return e
}

// CannotRun makes the Error for a platform whose programs the builder does not run.
func CannotRun(platform string) *Error {
	return &Error{
		Code: CodeMachine, Message: "this machine cannot run programs for " + platform,
		Mend: "install QEMU's emulation and register it with the kernel (Debian, Ubuntu: apt install qemu-user-static binfmt-support; " +
			"Fedora: dnf install qemu-user-static), or use a builder with such machines: --builder ADDRESS",
	}
}

// Timed runs work between the start and end events of a stage and returns how long it took. A stage that fails when ctx
// has ended was cancelled.
func Timed(ctx context.Context, events event.Sink, name event.Stage, work func() error) (time.Duration, error) {
	start := time.Now()
	events.Send(event.Event{Time: start, Type: event.StageStart, Stage: name})
	err := work()
	end := event.Event{Time: time.Now(), Type: event.StageEnd, Stage: name, Status: event.Success, Duration: time.Since(start)}
	if err != nil {
		end.Status, end.Message = event.Failed, err.Error()
		if ctx.Err() != nil {
			end.Status = event.Cancelled
		}
	}
	events.Send(end)
	return end.Duration, err
}

// Skip sends the events of a stage that has nothing to do.
func Skip(events event.Sink, name event.Stage, reason string) {
	now := time.Now()
	events.Send(event.Event{Time: now, Type: event.StageStart, Stage: name})
	events.Send(event.Event{Time: now, Type: event.StageEnd, Stage: name, Status: event.Skipped, Message: reason})
}

// PlatformName names a platform where there are several, and is empty where there is one.
func PlatformName(p *plan.Plan, platform plan.Platform) string {
	if len(p.Platforms) < 2 {
		return ""
	}
	return platform.Name
}

// LogName names a component's log folder: with several platforms each has one.
func LogName(p *plan.Plan, platform plan.Platform, c plan.Component) string {
	if name := PlatformName(p, platform); name != "" {
		return strings.ReplaceAll(name, "/", "-") + "-" + c.Name
	}
	return c.Name
}
