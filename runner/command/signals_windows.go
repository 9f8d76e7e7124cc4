package command

import (
	"os"
	"syscall"
)

// caught are the signals that concern the runner.
func caught() []os.Signal { return []os.Signal{syscall.SIGTERM, syscall.SIGINT} }
