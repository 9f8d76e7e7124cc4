//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
		largest int64 // of what a command and its children needed together
	)
	var stages []Stage
	start := time.Now()
	for _, command := range commands {
		began := time.Now()
		output, peak, err := runCommand(ctx, lab, command)
		if err != nil {
			return Sample{}, nil, err
		}
		stages = append(stages, Stage{command.Name, time.Since(began)})
		outputs = append(outputs, output)
		largest = max(largest, peak)
	}
	wall := time.Since(start)
	memory := largest
	for _, pid := range daemons {
		memory += peakOf(pid)
	}
	return Sample{Wall: wall, Memory: memory, Stages: stages}, outputs, nil
}

// runCommand runs one command to its end and returns its standard output and the sum of the highest resident sizes of
// it and of its children, in bytes. It is in a process group of its own, so that Ctrl-C reaches it only through ctx, as
// SIGTERM.
func runCommand(ctx context.Context, lab *Lab, c Command) (string, int64, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...) //nolint:gosec // the commands of the tools that are measured
	cmd.Dir, cmd.Env = c.Dir, append(lab.Environment(), c.Env...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	err := cmd.Start()
	if err == nil {
		watched := watch(cmd.Process.Pid)
		err = cmd.Wait()
		highest := watched.end()
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && err == nil {
			return stdout.String(), max(usage.Maxrss<<10, highest), nil
		}
	}
	return "", 0, fmt.Errorf("%s: %w\n%s%s", strings.Join(c.Args, " "), err, lastLines(stdout.String(), 5), lastLines(stderr.String(), 15))
}

// A watcher looks at a process and its children while they run. What the system tells of an ended process is the size
// of the largest among it and its children, where the sum is wanted.
type watcher struct {
	highest int64 // of the sums at all looks
	stop    chan struct{}
	done    chan struct{}
}

// watch begins to look at the process, at intervals that cost next to nothing.
func watch(pid int) *watcher {
	w := &watcher{stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-w.stop:
				return
			case <-tick.C:
			}
			var sum int64 // of those that live at the same time
			for _, p := range append(liveChildren(pid), pid) {
				sum += peakOf(p)
			}
			w.highest = max(w.highest, sum)
		}
	}()
	return w
}

// end returns the highest sum that was seen.
func (w *watcher) end() int64 {
	close(w.stop)
	<-w.done
	return w.highest
}

// liveChildren asks the threads of a process for their children, which is quicker than childrenOf.
func liveChildren(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var children []int
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // the thread has ended
		}
		for field := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				children = append(children, child)
			}
		}
	}
	return children
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
