package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/slipway-oci/slipway/runner"
)

// batchCommand runs one config file after the other in one process, up to the first run that fails: so several
// documents share a container, and each has its own log folder. On stdout follow their log archives, one tar stream
// behind the other.
func batchCommand(ctx context.Context, p process, args []string) int {
	if len(args) == 1 && (args[0] == "--help" || args[0] == "-h") {
		fmt.Fprintf(p.stdout, "Usage: %s batch CONFIG...\n\nRuns each config file as `run --config FILE --log-archive-fd 1` does, up to the first that fails.\n", filepath.Base(p.args[0]))
		return runner.ExitSuccess
	}
	if len(args) == 0 {
		return p.usageError(errors.New("at least one config file is needed"))
	}
	for _, config := range args {
		if code := runCommand(ctx, p, []string{"--config", config, "--log-archive-fd", "1"}); code != runner.ExitSuccess {
			return code
		}
	}
	return runner.ExitSuccess
}
