//go:build !linux

package command

import (
	"context"
	"errors"
	"io"
)

// Archive needs Linux.
func Archive(_ context.Context, p Process, _ []string) int {
	return p.failed(errors.New("archive: supported on Linux only"))
}

func archiveMarked(context.Context, io.Writer) error { return errors.ErrUnsupported }
