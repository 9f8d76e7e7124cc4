//go:build !unix

package cli

import "os"

// notifyResize does nothing: a console of this system tells nobody that its size has changed.
func notifyResize(chan<- os.Signal) {}
