//go:build !linux

package runner

import "errors"

// Sudo needs Linux.
func Sudo(_, _ []string) error { return errors.New("sudo: supported on Linux only") }
