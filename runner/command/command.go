// Package command is the command line of slipway-runner, for that program and for others that offer the same commands:
// flags and a config file turned into the options of package runner, its results turned into text and exit codes. Main
// is the whole program; Run is the one command that slipway has too.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/slipway-oci/slipway/runner"
)

// Process is what a command was started with. Output goes to its writers and nowhere else, except for the descriptors
// that flags name.
type Process struct {
	Name           string   // how users call the program, for messages and help
	Version        string   // of the program
	Environ        []string // in the form of os.Environ
	Stdout, Stderr io.Writer
	// ActsAsSudo says that the program calls Main, so that steps may find it under the name of a missing sudo.
	ActsAsSudo bool
}

// commands are the commands in the order of the help.
func commands() []command {
	return []command{
		{"run", "Run documents", Run},
		{"validate", "Check documents without running them", Validate},
		{"step", "Run a step of a failed component again, inside `slipway shell`", Step},
		{"shell", "Run the image's shell, or the built-in one where there is none", Shell},
		{"batch", "Run config files one after the other", Batch},
		{"await", "Wait until TCP ports are listened on", Await},
		{"healthcheck", "Run a command until it succeeds", Healthcheck},
		{"archive", "Write the container's file system to stdout", Archive},
		{"idle", "Reap processes until SIGTERM, as process 1 of a container", Idle},
	}
}

type command struct {
	name, summary string
	run           func(ctx context.Context, p Process, args []string) int
}

// Main runs the command that args name, the program's own name in front, and returns the exit code. Called by the name
// sudo, it stands in for that.
func Main(ctx context.Context, p Process, args []string) int {
	p.Name, p.ActsAsSudo = filepath.Base(args[0]), true
	if p.Name == "sudo" {
		return p.failed(runner.Sudo(args[1:], p.Environ))
	}
	if len(args) < 2 {
		fmt.Fprint(p.Stderr, p.usage())
		return runner.ExitUsage
	}
	switch name := args[1]; name {
	case "--help", "-h", "help":
		fmt.Fprint(p.Stdout, p.usage())
		return runner.ExitSuccess
	case "--version", "-v":
		fmt.Fprintln(p.Stdout, p.versionLine())
		return runner.ExitSuccess
	default:
		for _, c := range commands() {
			if c.name == name {
				return c.run(ctx, p, args[2:])
			}
		}
		return p.usageError(fmt.Errorf("unknown command %q", name))
	}
}

func (p Process) usage() string {
	var text strings.Builder
	fmt.Fprintf(&text, "Usage: %s COMMAND [flags]\n\nCommands:\n", p.Name)
	for _, c := range commands() {
		fmt.Fprintf(&text, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(&text, "\nFlags:\n  -h, --help     Show help, also for a command\n  -v, --version  Show the version\n\nSee %s COMMAND --help.\n", p.Name)
	return text.String()
}

func (p Process) versionLine() string { return p.Name + " " + p.Version }

// usageError reports a wrong command line.
func (p Process) usageError(err error) int {
	p.print(err)
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || hinted.Hint() == "" {
		fmt.Fprintf(p.Stderr, "Hint:  see %s --help\n", p.Name)
	}
	return runner.ExitUsage
}

// failed reports err, if there is one, and returns the exit code.
func (p Process) failed(err error) int {
	if err == nil {
		return runner.ExitSuccess
	}
	p.print(err)
	if _, ok := errors.AsType[*runner.UsageError](err); ok {
		return runner.ExitUsage
	}
	return runner.ExitFailed
}

// print writes an error with its hint, and joined errors one by one.
func (p Process) print(err error) {
	for _, e := range parts(err) {
		fmt.Fprintf(p.Stderr, "Error: %v\n", e)
		var hinted interface{ Hint() string }
		if errors.As(e, &hinted) && hinted.Hint() != "" {
			fmt.Fprintf(p.Stderr, "Hint:  %s\n", hinted.Hint())
		}
	}
}

// parts returns the errors that err joins, or err alone. Only wrappers without a text of their own are opened.
func parts(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if e.Error() != err.Error() {
			break
		}
		joined, ok := e.(interface{ Unwrap() []error })
		if !ok {
			continue
		}
		var all []error
		for _, part := range joined.Unwrap() {
			all = append(all, parts(part)...)
		}
		return all
	}
	return []error{err}
}
