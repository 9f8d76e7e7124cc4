package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/slipway-oci/slipway/runner"
	"github.com/slipway-oci/slipway/runner/execute"
)

// attend takes on the duties of process 1, or of a subreaper when it is another one: orphans are reaped, SIGTERM and
// SIGINT end the context, and other signals go to the running command.
func attend(ctx context.Context) (context.Context, *execute.Processes, func()) {
	_ = execute.HideDescriptors() // without it steps see what this process inherited
	if os.Getpid() != 1 {
		_ = execute.BecomeSubreaper() // without it orphans go to process 1, as they always did
	}
	processes := &execute.Processes{}
	caller := ctx
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(caller))
	// A caller who ends the run interrupts it.
	unlink := context.AfterFunc(caller, func() { cancel(&runner.InterruptError{ExitCode: runner.ExitInterrupted}) })
	signals := make(chan os.Signal, 16)
	// SIGPIPE is caught so that a reader who leaves ends its stream only; ignoring it would be inherited by commands.
	signal.Notify(signals, caught()...)
	reaping, stopReaping := context.WithCancel(context.WithoutCancel(ctx))
	go processes.Reap(reaping) // behind Notify: whoever sees an orphan reaped knows that signals are heeded
	go func() {
		for s := range signals {
			switch s {
			case syscall.SIGTERM:
				cancel(&runner.InterruptError{ExitCode: runner.ExitTerminated})
			case syscall.SIGINT:
				cancel(&runner.InterruptError{ExitCode: runner.ExitInterrupted})
			case syscall.SIGPIPE:
			default:
				if number, ok := s.(syscall.Signal); ok {
					processes.Forward(number)
				}
			}
		}
	}()
	return ctx, processes, func() {
		signal.Stop(signals)
		close(signals)
		stopReaping()
		unlink()
		cancel(nil)
	}
}

// Idle does nothing but reap children until SIGTERM or SIGINT.
func Idle(ctx context.Context, p Process, args []string) int {
	if len(args) > 0 {
		if args[0] == "--help" || args[0] == "-h" {
			fmt.Fprintln(p.Stdout, "Usage: slipway-runner idle\n\nReaps processes until SIGTERM: process 1 for a container whose image has no entrypoint.")
			return runner.ExitSuccess
		}
		return p.usageError(fmt.Errorf("unexpected argument %q", args[0]))
	}
	ctx, _, stop := attend(ctx)
	defer stop()
	<-ctx.Done()
	return runner.ExitSuccess
}
