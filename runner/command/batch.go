package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway-oci/slipway/runner"
)

const batchUsage = `Usage: %s batch [--archive-failed] CONFIG...

Runs each config file as "run --config FILE --log-archive-fd 1" does, up to the first that fails. With --archive-failed
the file system of the container follows the logs of that one, behind a global header.
`

// Batch runs one config file after the other in one process, up to the first run that fails: so several
// documents share a container, and each has its own log folder. On stdout follow their log archives, one tar stream
// behind the other, and where it is asked for the file system that the failed one left.
func Batch(ctx context.Context, p Process, args []string) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprintf(p.Stdout, batchUsage, p.Name)
		return runner.ExitSuccess
	}
	archive := len(args) > 0 && args[0] == "--archive-failed"
	if archive {
		args = args[1:]
	}
	if len(args) == 0 {
		return p.usageError(errors.New("at least one config file is needed"))
	}
	for _, config := range args {
		code := Run(ctx, p, []string{"--config", config, "--log-archive-fd", "1"})
		if code == runner.ExitSuccess {
			continue
		}
		if archive {
			_ = p.failed(archiveMarked(ctx, p.Stdout)) // how the run ended counts, not this
		}
		return code
	}
	return runner.ExitSuccess
}
