//go:build !linux

package timing

import "time"

// ProcessStart is the time of the call: how long the process ran before is not known here.
func ProcessStart() time.Time { return time.Now() }
