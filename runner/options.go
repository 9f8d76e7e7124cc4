// Package runner runs component documents: it loads and validates them, keeps the log folder and the state behind
// restarts, and leaves the steps to package execute. Run does all of it; cmd/slipway-runner is a thin layer of flags
// on top.
package runner

import (
	"io"
	"time"

	"github.com/slipway-oci/slipway/runner/action"
	"github.com/slipway-oci/slipway/runner/execute"
	"github.com/slipway-oci/slipway/runner/report"
)

// Options say what to run and how. Modules must be set; every other zero value has a meaning of its own.
type Options struct {
	Documents  []DocumentInput
	Parameters map[string]string // for all documents; those of a document outweigh them
	Phases     []string          // nil for all
	Strict     bool              // warnings of validation are errors

	ExecutionID    string // "" for a new one
	LogDirectory   string // "" for the current directory
	StateDirectory string // "" for the log folder
	Locations      Locations

	Modules       *action.Set
	ShellFallback string             // "sh" runs scripts without bash; "" does not
	Environ       []string           // environment of the runner, in the form of os.Environ
	WorkDirectory string             // "" for a folder in the state directory or log folder
	SecretsDir    string             // "" for /run/secrets
	SudoShim      bool               // steps find a stand-in for a missing sudo
	SSM, IMDS     ValueMap           // looked up before the services
	CAFile        string             // PEM bundle of certificate authorities for Parameter Store, besides the system's
	Processes     *execute.Processes // nil when signals are not forwarded and orphans not reaped

	// Again runs steps of an earlier run another time instead of the whole document.
	Again *Again

	RebootMode  execute.RebootMode // "" for execute.RebootExit
	RebootLimit int                // 0 for execute.DefaultRebootLimit

	Events io.Writer // gets the JSON Lines stream
	// EventsOutputLimit lets at most so many bytes of a step's output into Events; 0 lets all. The logs have all.
	EventsOutputLimit int
	Trace             io.Writer // gets the console text as well
	Warnings          io.Writer // gets problems of documents as text
	Archive           io.Writer // gets the log folder as a tar stream at the very end
	Upload            *Upload   // nil when the log folder stays where it is
	Notes             []string  // warnings from the command line, recorded in the logs

	Version string
	Now     func() time.Time // nil for time.Now
}

// DocumentInput is one document to run.
type DocumentInput struct {
	Location   string
	Parameters map[string]string
}

// Upload says where the log folder goes at the end.
type Upload struct{ Bucket, KeyPrefix, BucketOwner string }

// Report is the result of a run.
type Report struct {
	report.Summary
	ExitCode  int
	LogFolder string // "" when there is none
	// Pending says that a restart was requested in mode exit: the run is not over and there is no summary to show.
	Pending bool
}

// The exit codes of the runner.
const (
	ExitSuccess     = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitReboot      = 194
	ExitInterrupted = 130 // SIGINT
	ExitTerminated  = 143 // SIGTERM
)

// UsageError says that the options cannot work together or not here; nothing was touched.
type UsageError struct{ Message string }

// Error returns the message.
func (e *UsageError) Error() string { return e.Message }

// InterruptError is the cause with which a caller of Run cancels its context to end the run. Is makes it equal to
// action.ErrInterrupted, which gives commands the longer grace.
type InterruptError struct{ ExitCode int }

// Error returns the failure message of the interrupted step.
func (e *InterruptError) Error() string { return action.ErrInterrupted.Error() }

// Is reports whether target is action.ErrInterrupted.
func (e *InterruptError) Is(target error) bool { return target == action.ErrInterrupted }
