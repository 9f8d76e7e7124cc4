//go:build unix

package command

import "syscall"

// become replaces this process by another program; it returns only when that fails.
func become(path string, args, environ []string) error { return syscall.Exec(path, args, environ) }
