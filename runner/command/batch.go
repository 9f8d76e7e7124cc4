package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/slipway-oci/slipway/runner"
)

// Batch runs one config file after the other in one process, up to the first run that fails: so several
// documents share a container, and each has its own log folder. On stdout follow their log archives, one tar stream
// behind the other.
func Batch(ctx context.Context, p Process, args []string) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprintf(p.Stdout, "Usage: %s batch CONFIG...\n\nRuns each config file as `run --config FILE --log-archive-fd 1` does, up to the first that fails.\n", p.Name)
		return runner.ExitSuccess
	}
	if len(args) == 0 {
		return p.usageError(errors.New("at least one config file is needed"))
	}
	for _, config := range args {
		if code := Run(ctx, p, []string{"--config", config, "--log-archive-fd", "1"}); code != runner.ExitSuccess {
			return code
		}
	}
	return runner.ExitSuccess
}
