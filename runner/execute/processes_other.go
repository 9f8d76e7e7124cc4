//go:build !linux

package execute

import (
	"context"
	"errors"
	"syscall"
)

var errNotLinux = errors.New("supported on Linux only")

// BecomeSubreaper needs Linux.
func BecomeSubreaper() error { return errNotLinux }

// HideDescriptors does nothing: Go opens files close-on-exec.
func HideDescriptors() error { return nil }

// Reap does nothing: no orphans come here.
func (p *Processes) Reap(ctx context.Context) { <-ctx.Done() }

// Forward does nothing.
func (p *Processes) Forward(syscall.Signal) {}

// EndOthers needs Linux.
func EndOthers(context.Context) (int, error) { return 0, errNotLinux }

// OwnsContainer is false: there are no containers of this system.
func OwnsContainer() bool { return false }
