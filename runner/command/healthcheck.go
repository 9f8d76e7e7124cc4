package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/slipway-oci/slipway/runner"
)

const (
	healthTimeout  = 90 * time.Second
	healthProbe    = 30 * time.Second
	healthInterval = 500 * time.Millisecond
	// healthWait is how long a probe that was cut off may hold its output open.
	healthWait = time.Second
)

// Healthcheck runs a command again and again until it succeeds.
func Healthcheck(ctx context.Context, p Process, args []string) int {
	flags := []flag{
		{name: "timeout", arg: "DURATION", help: "how long the command may fail (default: 1m30s)"},
		{name: "interval", arg: "DURATION", help: "how long to wait after a failure (default: 500ms)"},
		{name: "probe-timeout", arg: "DURATION", help: "how long one run of the command may take (default: 30s)"},
		{name: "help", short: "h", help: "show this help", kind: truth},
	}
	var command []string
	if end := slices.Index(args, "--"); end >= 0 {
		args, command = args[:end], args[end+1:]
	}
	given, err := parseFlags(flags, args)
	switch {
	case err != nil:
		return p.usageError(err)
	case given.is("help"):
		fmt.Fprintf(p.Stdout, "Usage: %s healthcheck [flags] -- COMMAND [ARG...]\n\nFlags:\n%s", p.Name, flagHelp(flags))
		return runner.ExitSuccess
	case len(command) == 0:
		return p.usageError(errors.New("a command is needed behind --"))
	}
	timeout, interval, probe := healthTimeout, healthInterval, healthProbe
	for name, value := range map[string]*time.Duration{"timeout": &timeout, "interval": &interval, "probe-timeout": &probe} {
		if text := given[name]; text != "" {
			if *value, err = time.ParseDuration(text); err != nil {
				return p.usageError(fmt.Errorf("--%s: %w", name, err))
			}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		err := p.probe(ctx, probe, command)
		if err == nil {
			return runner.ExitSuccess
		}
		select {
		case <-ctx.Done():
			return p.failed(fmt.Errorf("%s: %w", strings.Join(command, " "), err))
		case <-time.After(interval):
		}
	}
}

// probe runs the command once. What it prints goes to stdout.
func (p Process) probe(ctx context.Context, timeout time.Duration, command []string) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.Environ, p.Stdout, p.Stdout, healthWait
	return cmd.Run()
}
