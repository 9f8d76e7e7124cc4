// Slipway builds container images from tested components.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/slipway-oci/slipway/builder/engine/embedded/standby"
	"github.com/slipway-oci/slipway/cmd/slipway/internal/cli"
)

func main() {
	os.Exit(run(os.Args[1:], cli.System{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv,
	}, os.Exit))
}

// run runs the command line and returns the exit code. The first SIGINT or SIGTERM cancels what is going on, which
// then cleans up; the second ends the process at once through exit.
func run(args []string, sys cli.System, exit func(int)) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	defer standby.Discard() // for a build that ends before it needs a builder
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case s := <-signals:
			cancel(cli.Interrupt{Signal: s})
		case <-done:
			return
		}
		select {
		case <-signals:
			exit(cli.Interrupted)
		case <-done:
		}
	}()
	return cli.Run(ctx, args, sys)
}
