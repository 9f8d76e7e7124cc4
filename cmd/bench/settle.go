//go:build linux

package main

import (
	"context"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	settlePoll  = 20 * time.Millisecond
	settleQuiet = 300 * time.Millisecond
	settleLimit = time.Minute
)

// settle has the disks finish what others left to be written or to be given back, which is not for the next commands to
// wait for: it returns when no request has been on its way for a while.
func settle(ctx context.Context) {
	syscall.Sync()
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	began := time.Now()
	quiet, done := began, diskRequests()
	for time.Since(began) < settleLimit {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := diskRequests()
		if now != done {
			quiet, done = time.Now(), now
		}
		if now.inFlight == 0 && time.Since(quiet) >= settleQuiet {
			return
		}
	}
}

// requests are those of all disks together.
type requests struct{ writes, discards, inFlight int64 }

// diskRequests reads the counters of the disks (Documentation/admin-guide/iostats.rst of Linux).
func diskRequests() requests {
	text, err := os.ReadFile("/proc/diskstats")
	if err != nil {
		return requests{}
	}
	var sum requests
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		sum.writes += counter(fields, 7)
		sum.inFlight += counter(fields, 11)
		sum.discards += counter(fields, 14)
	}
	return sum
}

func counter(fields []string, i int) int64 {
	if i >= len(fields) {
		return 0
	}
	n, _ := strconv.ParseInt(fields[i], 10, 64)
	return n
}
