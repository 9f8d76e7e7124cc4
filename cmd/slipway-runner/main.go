// Command slipway-runner runs and validates component documents. It is the program that slipway puts into build
// containers, and on its own a stand-in for awstoe: called by that name it does the same.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/slipway-oci/slipway/runner"
)

// version is set by the release build; without it the module's version counts.
var version string

func main() {
	os.Exit(run(context.Background(), process{
		args: os.Args, environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr,
	}))
}

// process is what the program was started with.
type process struct {
	args           []string
	environ        []string
	stdout, stderr io.Writer
}

// commands are the commands in the order of the help.
var commands = []struct {
	name, summary string
	run           func(ctx context.Context, p process, args []string) int
}{
	{"run", "Run documents", runCommand},
	{"validate", "Check documents without running them", validateCommand},
	{"batch", "Run config files one after the other", batchCommand},
	{"await", "Wait until TCP ports are listened on", awaitCommand},
	{"archive", "Write the container's file system to stdout", archiveCommand},
	{"idle", "Reap processes until SIGTERM, as process 1 of a container", idleCommand},
}

// run dispatches the command and returns the exit code.
func run(ctx context.Context, p process) int {
	if filepath.Base(p.args[0]) == "sudo" {
		return p.failed(runner.Sudo(p.args[1:], p.environ))
	}
	if len(p.args) < 2 {
		fmt.Fprint(p.stderr, usage(p.args[0]))
		return runner.ExitUsage
	}
	switch name := p.args[1]; name {
	case "--help", "-h", "help":
		fmt.Fprint(p.stdout, usage(p.args[0]))
		return runner.ExitSuccess
	case "--version", "-v":
		fmt.Fprintln(p.stdout, versionLine(p.args[0]))
		return runner.ExitSuccess
	default:
		for _, c := range commands {
			if c.name == name {
				return c.run(ctx, p, p.args[2:])
			}
		}
		return p.usageError(fmt.Errorf("unknown command %q", name))
	}
}

func usage(program string) string {
	name := filepath.Base(program)
	text := fmt.Sprintf("Usage: %s COMMAND [flags]\n\nCommands:\n", name)
	for _, c := range commands {
		text += fmt.Sprintf("  %-10s %s\n", c.name, c.summary)
	}
	return text + fmt.Sprintf("\nFlags:\n  -h, --help     Show help, also for a command\n  -v, --version  Show the version\n\nSee %s COMMAND --help.\n", name)
}

func versionLine(program string) string {
	v := version
	if v == "" {
		v = "devel"
		if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
			v = info.Main.Version
		}
	}
	return fmt.Sprintf("%s %s", filepath.Base(program), v)
}

func runnerVersion() string {
	_, v, _ := cutLast(versionLine("slipway-runner"), " ")
	return v
}

// usageError reports a wrong command line.
func (p process) usageError(err error) int {
	p.print(err)
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || hinted.Hint() == "" {
		fmt.Fprintf(p.stderr, "Hint:  see %s --help\n", filepath.Base(p.args[0]))
	}
	return runner.ExitUsage
}

// failed reports err, if there is one, and returns the exit code.
func (p process) failed(err error) int {
	if err == nil {
		return runner.ExitSuccess
	}
	p.print(err)
	var usage *runner.UsageError
	if errors.As(err, &usage) {
		return runner.ExitUsage
	}
	return runner.ExitFailed
}

// print writes an error with its hint, and joined errors one by one.
func (p process) print(err error) {
	for _, e := range parts(err) {
		fmt.Fprintf(p.stderr, "Error: %v\n", e)
		var hinted interface{ Hint() string }
		if errors.As(e, &hinted) && hinted.Hint() != "" {
			fmt.Fprintf(p.stderr, "Hint:  %s\n", hinted.Hint())
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
