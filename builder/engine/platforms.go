package engine

import (
	"context"
	"fmt"

	"github.com/containerd/platforms"
)

// CannotRun says which of some platforms the builder has no containers for, neither its own nor emulated ones.
func (e *Engine) CannotRun(ctx context.Context, names []string) ([]string, error) {
	workers, err := e.client.ListWorkers(ctx)
	if err != nil {
		return nil, fmt.Errorf("the builder's platforms: %w", err)
	}
	known := map[string]bool{}
	for _, w := range workers {
		for _, p := range w.Platforms {
			known[platforms.Format(platforms.Normalize(p))] = true
		}
	}
	var missing []string
	for _, name := range names {
		p, err := platforms.Parse(name)
		if err != nil {
			return nil, err
		}
		if !known[platforms.Format(platforms.Normalize(p))] {
			missing = append(missing, name)
		}
	}
	return missing, nil
}
