//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// measure runs commands one after the other and returns what each wrote to standard output.
func measure(ctx context.Context, lab *Lab, commands []Command, daemons []int) (Sample, []string, error) {
	// A process begins with the highest size of the one that started it.
	resetPeak(os.Getpid())
	for _, pid := range daemons {
		resetPeak(pid)
	}
	var (
		outputs []string
		largest int64
	)
	start := time.Now()
	for _, command := range commands {
		output, peak, err := runCommand(ctx, lab, command)
		if err != nil {
			return Sample{}, nil, err
		}
		outputs = append(outputs, output)
		largest = max(largest, peak)
	}
	wall := time.Since(start)
	memory := largest + lab.reapOrphans()
	for _, pid := range daemons {
		memory += peakOf(pid)
	}
	return Sample{Wall: wall, Memory: memory}, outputs, nil
}

// runCommand runs one command to its end and returns its standard output and its highest resident size in bytes. It
// is in a process group of its own, so that Ctrl-C reaches it only through ctx, as SIGTERM.
func runCommand(ctx context.Context, lab *Lab, c Command) (string, int64, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, append(lab.Environment(), c.Env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Run(); err != nil {
		return "", 0, fmt.Errorf("%s: %w\n%s%s", strings.Join(c.Args, " "), err, lastLines(stdout.String(), 5), lastLines(stderr.String(), 15))
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return "", 0, fmt.Errorf("%s: no resource usage", c.Args[0])
	}
	return stdout.String(), usage.Maxrss << 10, nil
}

func lastLines(text string, n int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

// resetPeak makes the current resident size of a process its highest one. Where that is not allowed, the peak is of
// the whole life of the process.
func resetPeak(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// peakOf returns the highest resident size of a running process in bytes, and 0 for one that is gone.
func peakOf(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	return parsePeak(string(status))
}

func parsePeak(status string) int64 {
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kib << 10
		}
	}
	return 0
}
