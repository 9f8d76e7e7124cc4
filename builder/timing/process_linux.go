package timing

import (
	"time"

	"golang.org/x/sys/unix"
)

// ProcessStart is when this process began to run its program. It must be called early: what was there before is taken
// from the processor time that the process has used so far, which is finer than the start time that the kernel tells,
// in hundredths of a second.
func ProcessStart() time.Time {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &used); err != nil {
		return time.Now()
	}
	return time.Now().Add(-time.Duration(used.Nano()))
}
