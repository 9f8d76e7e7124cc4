//go:build !linux

package standby

// Discard does nothing: there is no embedded builder on this operating system.
func Discard() {}
