//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// A Machine is what one must know of the place of a measurement.
type Machine struct {
	Cores  int
	CPU    string
	Kernel string
	Load   string   // of the last 1, 5 and 15 minutes
	Tools  []string // the versions of what is on it
}

func (m Machine) String() string {
	return fmt.Sprintf("%d cores (%s), Linux %s, load %s; %s", m.Cores, m.CPU, m.Kernel, m.Load, strings.Join(m.Tools, ", "))
}

func describeMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), CPU: "unknown", Kernel: "unknown", Load: "unknown"}
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err == nil {
		m.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	}
	for _, program := range []string{"dockerd", "runc"} {
		if output, err := exec.Command(program, "--version").Output(); err == nil { //nolint:noctx // it answers at once
			first, _, _ := strings.Cut(string(output), "\n")
			m.Tools = append(m.Tools, strings.TrimSpace(first))
		}
	}
	return m
}
