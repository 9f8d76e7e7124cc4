//go:build !windows

package system

import "errors"

// setRegistry is never reached: SetRegistry refuses other systems before.
func setRegistry(_, _, _ string, _ any) error { return errors.New("there is no registry") }
