// Package transfer holds the action modules that fetch and send files over the network. Every file appears complete
// under its final name or not at all.
package transfer

import (
	"context"
	"time"
)

const family = "transfer"

var everywhere = []string{"linux", "windows", "darwin"}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
