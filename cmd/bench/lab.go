//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Lab is what all tools share: a work folder, the root file system of the parent image, a registry, and the duty to
// leave nothing behind.
type Lab struct {
	ID       string // another one in every run of the bench
	Rootfs   string // tar archive
	Registry string // host:port
	Parent   string // the reference of the parent image in the registry, with its digest
	Began    time.Time

	settle   func(context.Context) // done before each measurement
	layers   layers
	dir      string
	keep     bool
	log      io.Writer
	cleanups []func() error
	started  []int // processes that are not orphans
}

// newLab makes the work folder and the parent's archive and starts the registry.
func newLab(ctx context.Context, o options, log io.Writer) (*Lab, error) {
	// Commands leave children that work for them; with this they become ours, to wait for.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("become a subreaper: %w", err)
	}
	dir, err := os.MkdirTemp("", "slipway-bench-")
	if err != nil {
		return nil, err
	}
	lab := &Lab{ID: strconv.FormatInt(time.Now().UnixNano(), 36), Began: time.Now(), settle: settle, layers: layers{}, dir: dir, keep: o.keep, log: log}
	lab.Defer(lab.removeDir)
	if lab.Rootfs, err = rootfs(ctx, lab, o.rootfs); err == nil {
		err = startRegistry(ctx, lab)
	}
	if err == nil {
		err = pushParent(ctx, lab)
	}
	if err != nil {
		return nil, errors.Join(err, lab.Close())
	}
	return lab, nil
}

// Path is a path below the work folder.
func (l *Lab) Path(parts ...string) string {
	return filepath.Join(append([]string{l.dir}, parts...)...)
}

// Logf writes one line of progress.
func (l *Lab) Logf(format string, args ...any) { fmt.Fprintf(l.log, "bench: "+format+"\n", args...) }

// Defer keeps f for Close, which calls the last one first.
func (l *Lab) Defer(f func() error) { l.cleanups = append(l.cleanups, f) }

// Close ends and removes everything.
func (l *Lab) Close() error {
	var all []error
	for _, f := range slices.Backward(l.cleanups) {
		all = append(all, f())
	}
	l.cleanups = nil
	return errors.Join(all...)
}

// Environment is that of the bench without the settings of the tools that it measures.
func (l *Lab) Environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "SLIPWAY_") || strings.HasPrefix(v, "DOCKER_") || strings.HasPrefix(v, "BUILDKIT_")
	})
}

// Daemon starts a program that serves until the returned function ends it, with its output in the file log of the
// work folder. ended is closed when it ends for whatever reason.
func (l *Lab) Daemon(log string, args ...string) (pid int, ended <-chan struct{}, stop func() error, err error) {
	file, err := os.Create(l.Path(log))
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = file.Close() }()
	cmd := exec.Command(args[0], args[1:]...) //nolint:noctx // it is ended in order, after the tools that use it
	cmd.Env, cmd.Dir = l.Environment(), l.dir
	cmd.Stdout, cmd.Stderr = file, file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the bench alone
	if err := cmd.Start(); err != nil {
		return 0, nil, nil, err
	}
	l.started = append(l.started, cmd.Process.Pid)
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(gone)
	}()
	stop = func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-gone:
			return nil
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-gone
			return fmt.Errorf("%s did not end by itself", args[0])
		}
	}
	return cmd.Process.Pid, gone, stop, nil
}

// await calls ready until it returns nil. What is said to be wrong is the end of the log of a process.
func (l *Lab) await(ctx context.Context, log string, ended <-chan struct{}, ready func() error) error {
	limit := time.After(30 * time.Second)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ended:
			text, _ := os.ReadFile(l.Path(log))
			return fmt.Errorf("ended while it started: %s", strings.TrimSpace(lastLines(strings.TrimSpace(string(text)), 1)))
		case <-limit:
			return fmt.Errorf("did not become ready: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// reapOrphans waits for the processes that ended commands left: a command may return a moment before its child is
// quite gone. One that goes on is left alone after that.
func (l *Lab) reapOrphans() {
	for _, pid := range childrenOf(os.Getpid()) {
		if !slices.Contains(l.started, pid) {
			reap(pid, 2*time.Second)
		}
	}
}

// reap waits up to limit for a child, and reports whether it has ended.
func reap(pid int, limit time.Duration) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		switch got, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil); {
		case got == pid:
			return true
		case err != nil && !errors.Is(err, syscall.EINTR):
			return false
		}
	}
	return false
}

// childrenOf lists the children of a process, ended ones too.
func childrenOf(parent int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var children []int
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// PID (NAME) STATE PPID ..., and NAME may hold anything.
		_, rest, _ := strings.Cut(string(data[max(0, strings.LastIndex(string(data), ")")):]), " ")
		fields := strings.Fields(rest)
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			children = append(children, pid)
		}
	}
	return children
}

// removeDir unmounts what ended processes left below the work folder and removes it.
func (l *Lab) removeDir() error {
	l.reapOrphans()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err
	}
	for _, path := range mountsBelow(string(mounts), l.dir) {
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			return fmt.Errorf("unmount %q: %w", path, err) // and remove nothing through it
		}
	}
	if l.keep {
		l.Logf("kept %s", l.dir)
		return nil
	}
	return os.RemoveAll(l.dir)
}

// mountsBelow returns the mount points below dir in the text of /proc/self/mounts, the last one first.
func mountsBelow(mounts, dir string) []string {
	var below []string
	for line := range strings.Lines(mounts) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], dir+"/") {
			below = append(below, fields[1])
		}
	}
	slices.Reverse(below)
	return below
}
