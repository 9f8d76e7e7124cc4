//go:build linux

package integration

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// settleTime is how long what a build started may take to end after the build.
const settleTime = 15 * time.Second

// wantNothingLeft fails the test if a process, container or mount of this home lives on.
func (h *home) wantNothingLeft() {
	h.t.Helper()
	deadline := time.Now().Add(settleTime)
	for {
		left := h.leftovers()
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			h.t.Errorf("left behind after %v:\n%s", settleTime, strings.Join(left, "\n"))
			h.sweep()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// leftovers are mounts, processes and containers.
func (h *home) leftovers() []string {
	var left []string
	for _, mount := range h.mounts() {
		left = append(left, "mount "+mount)
	}
	for pid, command := range h.processes() {
		left = append(left, fmt.Sprintf("process %d: %s", pid, command))
	}
	bundles, _ := filepath.Glob(filepath.Join(h.dir, "buildkit", "runc-*", "executor", "*", "config.json"))
	for _, b := range bundles {
		left = append(left, "container "+filepath.Dir(b))
	}
	return left
}

// sweep ends what a failed test left behind, for the sake of the tests after it.
func (h *home) sweep() {
	for pid := range h.processes() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	for _, mount := range slices.Backward(h.mounts()) {
		_ = syscall.Unmount(mount, syscall.MNT_DETACH)
	}
	bundles, _ := filepath.Glob(filepath.Join(h.dir, "buildkit", "runc-*", "executor", "*", "config.json"))
	for _, b := range bundles {
		_ = os.RemoveAll(filepath.Dir(b))
	}
}

// processes finds the builder and runc by their command lines, or by the environment where the builder was started early,
// and processes in containers by their mounts, which are overlays of folders in the home.
func (h *home) processes() map[int]string {
	found := map[int]string{}
	own, _ := os.Readlink("/proc/self/ns/mnt")
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		line, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		command := strings.TrimSpace(strings.ReplaceAll(string(line), "\x00", " "))
		ns, _ := os.Readlink(filepath.Join("/proc", e.Name(), "ns/mnt"))
		inside := ns != "" && ns != own && slices.ContainsFunc(lines(filepath.Join("/proc", e.Name(), "mountinfo")),
			func(l string) bool { return strings.Contains(l, h.dir+"/buildkit/") })
		environment, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		early := strings.HasSuffix(command, "builder serve --standby") && bytes.Contains(environment, []byte("SLIPWAY_HOME="+h.dir+"\x00"))
		if inside || early || strings.Contains(command, h.dir+"/") {
			found[pid] = command
		}
	}
	return found
}

// mounts are the mount points below the home or with folders of it in them.
func (h *home) mounts() []string {
	var list []string
	for _, line := range lines("/proc/self/mountinfo") {
		if fields := strings.Fields(line); len(fields) > 4 && strings.Contains(line, h.dir+"/") {
			list = append(list, fields[4])
		}
	}
	return list
}

func lines(path string) []string {
	text, _ := os.ReadFile(path)
	return strings.Split(string(text), "\n")
}
