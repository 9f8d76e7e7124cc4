package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// leftovers finds the builder and runc by their command lines, and processes in containers by their mounts, which are
// overlays of folders in the home.
func (h *home) leftovers() []string {
	var left []string
	own, _ := os.Readlink("/proc/self/ns/mnt")
	for _, mount := range mounts("self") {
		if strings.HasPrefix(mount, h.dir+"/") {
			left = append(left, "mount "+mount)
		}
	}
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
		if inside || strings.Contains(command, h.dir+"/") {
			left = append(left, fmt.Sprintf("process %d: %s", pid, command))
		}
	}
	bundles, _ := filepath.Glob(filepath.Join(h.dir, "buildkit", "runc-*", "executor", "*", "config.json"))
	for _, b := range bundles {
		left = append(left, "container "+filepath.Dir(b))
	}
	return left
}

// mounts are the mount points of a process.
func mounts(pid string) []string {
	var list []string
	for _, line := range lines(filepath.Join("/proc", pid, "mountinfo")) {
		if fields := strings.Fields(line); len(fields) > 4 {
			list = append(list, fields[4])
		}
	}
	return list
}

func lines(path string) []string {
	text, _ := os.ReadFile(path)
	return strings.Split(string(text), "\n")
}
