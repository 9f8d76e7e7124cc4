//go:build unix

package command

import (
	"os"
	"syscall"
)

// caught are the signals that concern the runner or the command it runs.
func caught() []os.Signal {
	return []os.Signal{
		syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2,
		syscall.SIGWINCH, syscall.SIGPIPE,
	}
}
