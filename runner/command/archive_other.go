//go:build !linux

package command

import (
	"context"
	"errors"
)

// Archive needs Linux.
func Archive(_ context.Context, p Process, _ []string) int {
	return p.failed(errors.New("archive: supported on Linux only"))
}
