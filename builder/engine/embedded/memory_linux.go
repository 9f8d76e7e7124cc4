package embedded

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// memoryLimit is what a builder keeps within, in bytes, as long as twice of what is in use fits.
const memoryLimit = 200 << 20

// limitMemory has the garbage collector keep within the limit until ctx ends. The limit grows with what is in use: were
// it below that, as it can be with hundreds of components, the collector would do nothing else than look for garbage.
// GOMEMLIMIT in the environment counts instead.
func limitMemory(ctx context.Context) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(memoryLimit)
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				debug.SetMemoryLimit(max(memoryLimit, 2*inUse()))
			}
		}
	}()
}

// inUse is the size of the heap after the last collection.
func inUse() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64()) //nolint:gosec // no heap is larger than an int64
}
