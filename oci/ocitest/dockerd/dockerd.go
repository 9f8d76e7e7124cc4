// Package dockerd says how tests and benchmarks run a Docker Engine of their own, which leaves the machine's network,
// settings and engine alone.
package dockerd

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
)

// Socket is where an engine in dir listens.
func Socket(dir string) string { return filepath.Join(dir, "docker.sock") }

// Args writes the engine's settings into dir and returns its command line. Everything of it is below dir; its
// containers have no network but the machine's, and their control groups are below cgroup.
func Args(dir, cgroup string) ([]string, error) {
	file := filepath.Join(dir, "dockerd.json")
	content, err := settings(dir)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return nil, err
	}
	return []string{
		"dockerd", "--config-file", file, "--host", "unix://" + Socket(dir), "--pidfile", filepath.Join(dir, "docker.pid"),
		"--data-root", filepath.Join(dir, "docker"), "--exec-root", filepath.Join(dir, "docker-exec"), "--cgroup-parent", cgroup,
		"--bridge", "none", "--iptables=false", "--ip-masq=false", "--ip-forward=false", "--userland-proxy=false",
	}, nil
}

// RemoveCgroups removes the empty control groups that an ended engine leaves.
func RemoveCgroups(name string) error {
	var all []error
	for _, pattern := range []string{"/sys/fs/cgroup/" + name, "/sys/fs/cgroup/*/" + name} {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, dir := range dirs {
			all = append(all, removeCgroup(dir))
		}
	}
	return errors.Join(all...)
}

func removeCgroup(dir string) error {
	var below []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			below = append(below, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, path := range slices.Backward(below) {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}
