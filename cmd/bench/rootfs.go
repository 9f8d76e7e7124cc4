//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// rootfs returns the archive of the parent image: file, or a Debian that is made once and kept in the cache folder.
func rootfs(ctx context.Context, lab *Lab, file string) (string, error) {
	if file != "" {
		if _, err := os.Stat(file); err != nil {
			return "", fmt.Errorf("-rootfs: %w", err)
		}
		return filepath.Abs(file)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("a place for the parent image: %w", err)
	}
	file = filepath.Join(cache, "slipway-bench", "bookworm-2.tar")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	lab.Logf("making %s", file)
	// mmdebstrap knows what to write by the end of the name, and a half of an archive must not have the final one.
	part := filepath.Join(filepath.Dir(file), lab.ID+".tar")
	defer func() { _ = os.Remove(part) }()
	args := []string{"mmdebstrap", "--quiet", "--variant=minbase", "--include=" + rootfsPackages, "bookworm", part}
	if _, _, err := runCommand(ctx, lab, Command{Args: append(args, mirrors()...)}); err != nil {
		return "", fmt.Errorf("make the parent image: %w", err)
	}
	return file, os.Rename(part, file)
}

// Packages of the parent image that the commands of cases use.
const rootfsPackages = "openssl,libcap2-bin"

// mirrors is the file with this machine's package mirrors, if they are those of bookworm; else mmdebstrap's are used.
func mirrors() []string {
	for _, file := range []string{"/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"} {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "bookworm") {
			return []string{file}
		}
	}
	return nil
}
