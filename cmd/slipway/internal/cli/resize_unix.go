//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyResize reports when the terminal gets another size.
func notifyResize(changed chan<- os.Signal) { signal.Notify(changed, syscall.SIGWINCH) }
