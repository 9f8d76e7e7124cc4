package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/slipway-oci/slipway/runner"
)

const (
	awaitTimeout  = time.Minute
	awaitInterval = 50 * time.Millisecond
)

// Await waits until something listens on all of the given TCP ports of the loopback interface.
func Await(ctx context.Context, p Process, args []string) int {
	flags := []flag{
		{name: "timeout", arg: "DURATION", help: "how long to wait, such as 30s (default: 1m)"},
		{name: "help", short: "h", help: "show this help", kind: truth},
	}
	ports := 0
	for ports < len(args) && isPort(args[len(args)-1-ports]) {
		ports++
	}
	given, err := parseFlags(flags, args[:len(args)-ports])
	switch {
	case err != nil:
		return p.usageError(err)
	case given.is("help"):
		fmt.Fprintf(p.Stdout, "Usage: %s await [--timeout DURATION] PORT...\n\nFlags:\n%s", p.Name, flagHelp(flags))
		return runner.ExitSuccess
	case ports == 0:
		return p.usageError(errors.New("at least one port is needed"))
	}
	timeout := awaitTimeout
	if text := given["timeout"]; text != "" {
		if timeout, err = time.ParseDuration(text); err != nil {
			return p.usageError(fmt.Errorf("--timeout: %w", err))
		}
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for _, port := range args[len(args)-ports:] {
		if err := awaitPort(ctx, port); err != nil {
			return p.failed(err)
		}
	}
	return runner.ExitSuccess
}

func isPort(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n > 0 && n < 1<<16
}

func awaitPort(ctx context.Context, port string) error {
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("localhost", port))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing listens on port %s: %w", port, err)
		case <-time.After(awaitInterval):
		}
	}
}
